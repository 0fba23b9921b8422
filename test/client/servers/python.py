"""python.py: an echo server made with Python's websockets; it says its port on standard output.

With E2E_TLS=FOLDER it speaks TLS with p256.pem of it."""
import asyncio
import os
import ssl
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
    folder, tls = os.environ.get("E2E_TLS"), None
    if folder:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder + "/p256.pem", folder + "/p256.key")
    server = await websockets.serve(echo, "127.0.0.1", 0, subprotocols=["echo"], ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


asyncio.run(main())
