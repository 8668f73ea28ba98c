#!/usr/bin/env python3
"""Two thousand clients watch a job each on a server that is busy with others; some are cut off and come back.

    CLIENTS=2000 BUSY=6000 CUTS=400 SEED=4711 python3 Scripts/faults/streams.py

Every client has to see its job's final state and the end of its stream. One that was cut off and comes back has to see
the job as it is then, at once, whatever it missed. The server's memory has to stay within a bound for each client. One
client watches a job that nobody runs, and has to be the only one that is found without an end. Exits with 1 for what is
broken.
"""

import asyncio
import json
import os
import random
import resource
import sys
import tempfile
import time

import jobs
from patience import PATIENCE
from server import Server

CONFIGURATION = "types:\n  watched: {external: true}\n  busy: {external: true}\n  never: {external: true}\n"
BYTES_PER_CLIENT = 64 * 1024
BYTES_BESIDE = 96 * 1024 * 1024
# Far below the 15 s after which a stream without news beats: nobody has to wait for the next change.
AT_ONCE = 5.0 * PATIENCE
WORKERS = 4


class Connection:
    """Requests one after another on a connection that is kept."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    async def ask(self, method, path, body=None, headers=""):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{headers}"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        self.writer.write(head.encode() + b"\r\n" + data)
        status, length = await read_head(self.reader)
        return status, json.loads(await self.reader.readexactly(length)) if length else None

    def close(self):
        if self.writer:
            self.writer.close()


async def read_head(reader):
    """The status and the length of the body, 0 where it has none or is sent in chunks."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    lengths = [line.split(":")[1] for line in head.split("\r\n") if line.startswith("content-length:")]
    return int(head.split(" ")[1]), int(lengths[0]) if lengths else 0


class Client:
    """Watches a job to its end, over as many connections as it takes."""

    def __init__(self, port, job):
        self.port, self.job = port, job
        self.revision, self.state, self.ended = None, None, False
        self.writer = None
        self.opened = asyncio.Event()

    async def watch(self):
        while not self.ended:
            await self.connect()
            await self.follow()

    async def connect(self):
        reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        known = f"Last-Event-ID: {self.revision}\r\n" if self.revision is not None else ""
        self.writer.write(
            f"GET /api/jobs/{self.job}/events HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{known}\r\n".encode()
        )
        status, _ = await read_head(reader)
        self.reader = reader
        if status == 204:  # It has seen the end.
            self.ended = True
        elif status != 200:
            raise RuntimeError(f"the stream of {self.job} was answered {status}")

    async def follow(self):
        """Reads events until the stream ends, or the connection is cut."""
        event = None
        try:
            while not self.ended and (line := await self.reader.readline()):
                name, _, value = line.decode().rstrip().partition(": ")
                if name == "id":
                    revision = int(value)
                elif name == "event":
                    event = value
                elif name == "data" and event == "job":
                    self.revision, self.state = revision, json.loads(value)["status"]
                    self.opened.set()
                elif name == "data" and event == "end":
                    self.ended = True
        except ConnectionError:
            pass
        finally:
            self.writer.close()

    async def cut(self, connection):
        """Cuts the connection, and comes back; how long it took to see the job as it was by then, None if it did not.

        Whoever has the latest revision already is sent nothing, which is right.
        """
        self.writer.transport.abort()
        self.opened.clear()
        before = self.revision
        _, job = await connection.ask("GET", f"/api/jobs/{self.job}")
        began = time.monotonic()
        if job["rev"] == before:
            return 0.0
        while not self.ended and (self.revision or 0) < job["rev"]:
            if time.monotonic() - began > 30:
                return None
            await asyncio.sleep(0.005)
        return time.monotonic() - began


async def work(port, types, is_over):
    """Runs whatever there is, with progress, until told to stop."""
    connection = Connection(port)
    _, session = await connection.ask(
        "POST", "/api/worker/sessions", {"name": "streams", "types": types, "slots": 100, "protocol": 1}
    )
    while not is_over():
        status, found = await connection.ask(
            "POST", "/api/worker/claim", {"workerId": session["workerId"], "max": 20, "waitSeconds": 1}
        )
        if status not in (200, 204):
            raise RuntimeError(f"the claim was answered {status}: {found}")
        for job in found["jobs"] if found else []:
            lease = f"Job-Lease: {job['lease']['token']}\r\nJob-Fence: {job['lease']['fence']}\r\n"
            path = f"/api/worker/jobs/{job['id']}"
            for call, body in [("progress", {"progress": 50}), ("complete", {"result": {"done": True}})]:
                status, answer = await connection.ask("POST", f"{path}/{call}", body, lease)
                if status != 200:
                    raise RuntimeError(f"{call} was answered {status}: {answer}")
    connection.close()


async def submit(connection, job_type, count, part=0):
    ids = []
    for first in range(0, count, 1000):
        batch = [{"type": job_type}] * min(1000, count - first)
        status, answer = await connection.ask(
            "POST", "/api/jobs/bulk", {"jobs": batch}, f'Idempotency-Key: "{job_type} {part} {first}"\r\n'
        )
        if status != 202:
            raise RuntimeError(f"the submit was answered {status}: {answer}")
        ids += answer["ids"]
    return ids


def without_end(clients):
    """The jobs whose clients have not seen the end, or another state than the final one."""
    return [client.job for client in clients if not client.ended or client.state != "Completed"]


def memory(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field))


async def run(server, chance, counts, broken):
    connection = Connection(server.port)
    # Jobs run in the order they were submitted: the watched ones between the others.
    await submit(connection, "busy", counts["BUSY"] // 2)
    watched = await submit(connection, "watched", counts["CLIENTS"])
    await submit(connection, "busy", counts["BUSY"] - counts["BUSY"] // 2, 1)
    never = (await submit(connection, "never", 1))[0]
    before = memory(server.pid, "VmRSS")
    clients = [Client(server.port, job) for job in watched]
    lonely = Client(server.port, never)
    tasks = [asyncio.create_task(client.watch()) for client in [*clients, lonely]]
    await asyncio.wait_for(asyncio.gather(*(client.opened.wait() for client in [*clients, lonely])), 120)
    is_open = memory(server.pid, "VmRSS")
    over = asyncio.Event()
    workers = [asyncio.create_task(work(server.port, ["busy", "watched"], over.is_set)) for _ in range(WORKERS)]
    back = []
    for _ in range(counts["CUTS"]):
        # Spread over the time in which the jobs run.
        await asyncio.sleep(chance.uniform(0, 0.02))
        client = chance.choice([client for client in clients if not client.ended] or clients)
        if client.ended:
            break
        back.append((await client.cut(connection), client.job))
    watching = asyncio.gather(*tasks[:-1])
    # A worker ends by itself only when something went wrong.
    await asyncio.wait([watching, *workers], timeout=300, return_when=asyncio.FIRST_COMPLETED)
    over.set()
    await asyncio.gather(*workers)
    tasks[-1].cancel()
    if not watching.done():
        broken.append("after five minutes some clients still wait for the end of their jobs")
        watching.cancel()
    await asyncio.gather(watching, return_exceptions=not watching.done() or watching.cancelled())
    check(clients, lonely, back, broken)
    peak = memory(server.pid, "VmHWM")
    limit = before + len(clients) * BYTES_PER_CLIENT + BYTES_BESIDE
    if peak > limit:
        broken.append(f"the server took {peak >> 20} MiB at its peak, more than {limit >> 20}")
    slowest = max((seconds for seconds, _ in back if seconds is not None), default=0)
    print(f"streams: {len(clients)} clients, {counts['BUSY']} jobs beside theirs, {len(back)} cut off and back, "
          f"the slowest saw the present state after {slowest:.2f} s; memory {before >> 20} MiB before, "
          f"{is_open >> 20} with all streams open, {peak >> 20} at its peak", flush=True)


def check(clients, lonely, back, broken):
    missing = without_end([*clients, lonely])
    if lonely.job not in missing:
        broken.append("the client of a job that nobody runs was not found")
    for job in missing[:10]:
        if job != lonely.job:
            broken.append(f"the client of {job} has not seen its final state")
    for seconds, job in back:
        if seconds is None or seconds > AT_ONCE:
            broken.append(f"the client of {job} came back and saw the present state after {seconds} s")


def main():
    counts = {name: int(os.environ.get(name, value)) for name, value in
              [("CLIENTS", "2000"), ("BUSY", "6000"), ("CUTS", "400")]}
    seed, broken = jobs.seed_from_environment(), []
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if files != resource.RLIM_INFINITY and files < counts["CLIENTS"] + 200:
        print(f"this machine allows {files} open files: {files - 200} clients and not {counts['CLIENTS']}")
        counts["CLIENTS"] = files - 200
    with tempfile.TemporaryDirectory(prefix="errand-streams-") as folder:
        with open(f"{folder}/errand.yaml", "w", encoding="utf-8") as file:
            file.write(CONFIGURATION)
        server = Server(folder, None, "--no-worker")
        try:
            server.wait_until_listening()
            asyncio.run(run(server, random.Random(seed), counts, broken))
        finally:
            server.terminate()
            if server.end(60) != 0:
                broken.append("the server did not end well")
    for sentence in broken:
        print(f"BROKEN {sentence} (SEED={seed})")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
