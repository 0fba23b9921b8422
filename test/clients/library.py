"""library.py: clients made with Python's websockets library."""
import asyncio

from server import LOCAL, SCHEME, TLS, Server, check, deadline, end, skip

try:
    import websockets
except ImportError:
    skip("library.py", "Python has no websockets (Debian: python3-websockets)")


async def talk(url):
    async with websockets.connect(url, ssl=TLS) as a, websockets.connect(url, ssl=TLS) as b:
        check(not a.extensions and a.subprotocol is None, "no extension is taken")
        for message in ("text", "Grüße 🌍", b"\x00\xff", "", "x" * 65536, b"y" * 65536):
            await a.send(message)
            check(await b.recv() == message, "to the other: %r" % message[:10])
            check(await a.recv() == message, "to the sender: %r" % message[:10])
        await a.send(["in ", "several ", "fragments"])
        check(await b.recv() == "in several fragments", "fragments")
        pong = await a.ping(b"payload")
        await asyncio.wait_for(pong, 5)
        check(True, "ping")
    check(a.close_code == 1000 and b.close_code == 1000, "%s %s" % (a.close_code, b.close_code))


async def many(url):
    """Twenty clients send at once; all of them see the same sequence."""
    clients = [await websockets.connect(url, ssl=TLS) for _ in range(20)]

    async def sender(i):
        for n in range(25):
            await clients[i].send("%d %d" % (i, n))

    async def receiver(i):
        return [await clients[i].recv() for _ in range(20 * 25)]

    results = await asyncio.gather(*[receiver(i) for i in range(20)],
                                   *[sender(i) for i in range(20)])
    for i in range(20):
        check(results[i] == results[0], "the order at client %d" % i)
        own = [m for m in results[0] if m.startswith("%d " % i)]
        check(own == ["%d %d" % (i, n) for n in range(25)], "the order of sender %d" % i)
    for c in clients:
        await c.close()


async def refusals(url):
    client = await websockets.connect(url, ssl=TLS)
    await client.send(b"x" * 65537)
    try:
        await client.recv()
        check(False, "a message that is too large came back")
    except websockets.ConnectionClosed:
        check(client.close_code == 1009, "too large: %s" % client.close_code)
    client = await websockets.connect(url, ssl=TLS)
    await client.close(4321, "mine")
    check(client.close_code == 4321, "an application's code: %s" % client.close_code)


async def echo(url):
    async with websockets.connect(url, ssl=TLS) as a, websockets.connect(url, ssl=TLS) as b:
        await a.send("a")
        await b.send("b")
        check(await a.recv() == "a" and await b.recv() == "b", "echo")


def run(work):
    loop.run_until_complete(asyncio.wait_for(work, 30))


deadline(90)
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
server = Server()
address = "%s://127.0.0.1:%d/" % (SCHEME, server.port)
run(talk(address))
run(many(address))
run(refusals(address))
server.stop()
server = Server("app: echo\n" + LOCAL)
run(echo("%s://127.0.0.1:%d/" % (SCHEME, server.port)))
server.stop()
end()
