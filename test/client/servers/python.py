"""python.py: an echo server made with Python's websockets; it says its port on standard output."""
import asyncio
import sys

try:
    import websockets
except ImportError:
    print("SKIP Python has no websockets (Debian: python3-websockets)")
    sys.exit()


async def echo(socket, path=None):
    await socket.ping("from the server")
    async for message in socket:
        if message == "close 4321":
            await socket.close(4321, "as you said")
        else:
            await socket.send(message)


async def main():
    server = await websockets.serve(echo, "127.0.0.1", 0, subprotocols=["echo"])
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


asyncio.run(main())
