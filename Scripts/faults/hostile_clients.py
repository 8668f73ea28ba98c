#!/usr/bin/env python3
"""Hundreds of clients that send a byte now and then, or take nothing, and some that send far too much.

    CLIENTS=500 MEGABYTES=1024 python3 Scripts/faults/hostile_clients.py

All of them at once: heads that never end, bodies that never come, answers that nobody takes, a body of a gigabyte in
chunks, one that says it is packed. Every one has to be let go soon after its time, meanwhile others have to be
answered, and the server's memory has to stay within a bound. A client that is slow but honest has to succeed. Exits
with 1 for what is broken.
"""

import asyncio
import os
import resource
import sys
import tempfile
import time

from patience import PATIENCE
from server import Server
from streams import memory, read_head

CONFIGURATION = """\
types:
  never: {external: true}
limits: {headTimeout: 2s, bodyTimeout: 2s, answerTimeout: 2s}
"""
TIMEOUT = 2.0
# A timeout runs from the last progress, and may begin anew when bytes were on their way.
LET_GO_WITHIN = (2 * TIMEOUT + 3) * PATIENCE
ANSWERS_WITHIN = 1.0 * PATIENCE
MOST_BYTES = 256 * 1024 * 1024


async def dripped(port, head, drip, pause=0.3):
    """Sends a head and then a few bytes again and again; how long until the server ended it, and what it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()

    async def send():
        writer.write(head)
        while True:
            await asyncio.sleep(pause)
            writer.write(drip)

    sending = asyncio.create_task(send())
    said = b""
    try:
        # In parts: where one more drip finds the connection closed, what was not taken before is lost with the error.
        while part := await reader.read(4096):
            said += part
    except ConnectionError:
        pass
    sending.cancel()
    writer.close()
    return time.monotonic() - began, said


async def untaken(port):
    """Asks for much and takes nothing; how long until the server ended it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    began = time.monotonic()
    writer.transport.pause_reading()
    request = f"GET /api/jobs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    # Many times what the buffers of two sockets hold.
    writer.write(request * 100)
    # A connection that was closed shows when something is written to it.
    while not writer.transport.is_closing():
        writer.write(request)
        await asyncio.sleep(0.3)
        if time.monotonic() - began > 60 * PATIENCE:
            break
    del reader
    return time.monotonic() - began


async def flooded(port, megabytes):
    """Sends a body in chunks for as long as the server takes it; its status, and how many megabytes it took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode()
    )
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    status = asyncio.create_task(read_head(reader))
    sent = 0
    try:
        while sent < megabytes:
            writer.write(chunk)
            await writer.drain()
            sent += 1
    except ConnectionError:
        pass
    try:
        return (await status)[0], sent
    except (ConnectionError, asyncio.IncompleteReadError):
        return None, sent
    finally:
        writer.close()


async def packed(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x00\x00\x00".encode()
    )
    status, _ = await read_head(reader)
    writer.close()
    return status


async def honest(port):
    """Sends an upload slowly, but not too slowly, over several timeouts; the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    parts, size = 20, 16 * 1024
    writer.write(
        f"POST /api/uploads?filename=slow.bin HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {parts * size}\r\n\r\n".encode()
    )
    for _ in range(parts):
        await asyncio.sleep(0.3)
        writer.write(b"x" * size)
        await writer.drain()
    status, _ = await read_head(reader)
    writer.close()
    return status


async def probe(port, is_over):
    """Asks whether the server lives, again and again; the longest that an answer took."""
    slowest = 0.0
    while not is_over():
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /livez HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        status, _ = await read_head(reader)
        writer.close()
        if status != 200:
            raise RuntimeError(f"/livez was answered {status}")
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.1)
    return slowest


async def fill(port):
    """Stores jobs, so that there is a long list to ask for."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b'{"jobs":[' + b",".join([b'{"type":"never","tags":["%s"]}' % (b"x" * 60)] * 1000) + b"]}"
    writer.write(
        f"POST /api/jobs/bulk HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f'Idempotency-Key: "fill"\r\nContent-Length: {len(body)}\r\n\r\n'.encode() + body
    )
    status, _ = await read_head(reader)
    writer.close()
    if status != 202:
        raise RuntimeError(f"the jobs were answered {status}")


async def run(server, clients, megabytes, broken):
    port, host = server.port, f"Host: 127.0.0.1:{server.port}\r\n"
    await fill(port)
    before = memory(server.pid, "VmRSS")
    over = asyncio.Event()
    probing = asyncio.create_task(probe(port, over.is_set))
    post = f"POST /api/jobs HTTP/1.1\r\n{host}Content-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
    heads = [dripped(port, f"GET /livez HTTP/1.1\r\n{host}X-".encode(), b"a") for _ in range(clients)]
    bodies = [dripped(port, post.encode(), b" ") for _ in range(clients)]
    takers = [untaken(port) for _ in range(max(1, clients // 10))]
    slow = asyncio.gather(*heads, *bodies)
    lazy = asyncio.gather(*takers)
    status, taken = await flooded(port, megabytes)
    if status not in (413, None) or taken >= megabytes:
        broken.append(f"a body of {megabytes} MiB was answered {status} after {taken} MiB")
    if (status := await packed(port)) != 415:
        broken.append(f"a packed body was answered {status}")
    if (status := await honest(port)) != 201:
        broken.append(f"a slow but honest upload was answered {status}")
    ends, left = await slow, await lazy
    over.set()
    slowest = await probing
    for seconds, said in ends:
        if seconds > LET_GO_WITHIN or not said.startswith(b"HTTP/1.1 408"):
            broken.append(f"a slow client was let go after {seconds:.1f} s with {said[:40]!r}")
    broken += [f"a client that took nothing was let go after {seconds:.1f} s" for seconds in left
               if seconds > LET_GO_WITHIN]
    if slowest > ANSWERS_WITHIN:
        broken.append(f"/livez took {slowest:.2f} s")
    peak = memory(server.pid, "VmHWM")
    if peak > MOST_BYTES:
        broken.append(f"the server took {peak >> 20} MiB at its peak, more than {MOST_BYTES >> 20}")
    print(f"hostile clients: {len(ends)} slow ones let go after at most {max(end[0] for end in ends):.1f} s, "
          f"{len(left)} that took nothing after {max(left):.1f} s, {taken} MiB taken of {megabytes}; "
          f"/livez within {slowest:.2f} s; memory {before >> 20} MiB before, {peak >> 20} at its peak", flush=True)


def main():
    clients, megabytes = int(os.environ.get("CLIENTS", "500")), int(os.environ.get("MEGABYTES", "1024"))
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    broken = []
    with tempfile.TemporaryDirectory(prefix="errand-hostile-") as folder:
        with open(f"{folder}/errand.yaml", "w", encoding="utf-8") as file:
            file.write(CONFIGURATION)
        server = Server(folder, None, "--no-worker")
        try:
            server.wait_until_listening()
            asyncio.run(run(server, clients, megabytes, broken))
        finally:
            server.terminate()
            if server.end(60) != 0:
                broken.append("the server did not end well")
    for sentence in broken[:20]:
        print(f"BROKEN {sentence}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
