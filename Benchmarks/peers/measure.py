#!/usr/bin/env python3
"""Measures a peer on PostgreSQL with the workloads of `errand bench`: no-op jobs with the payload {"n": i}.

    Benchmarks/peers/measure.py PEER URL [SCALE] [WORKLOAD...]

PEER is pgqueuer or procrastinate, URL an empty database; SCALE 0.01 runs a hundredth of the size. Prints a JSON line
for each of W1, W2, W3 and W4, or for those named; one database is good for one workload, as W3 and W4 expect it empty.
"""
import asyncio
import gc
import importlib
import json
import logging
import resource
import sys
import time

import uvloop

PEERS = ("pgqueuer", "procrastinate")
JOBS_A_CALL = 1000
PAUSE = 0.02
JOBS = {"W1": 5_000, "W2": 100_000, "W4": 1_000}


async def submit_one_by_one(peer, count):
    for n in range(count):
        await peer.submit(n)


async def submit_in_calls(peer, count):
    for first in range(0, count, JOBS_A_CALL):
        await peer.submit_all(range(first, min(first + JOBS_A_CALL, count)))


async def latency(peer, count):
    """The milliseconds from each submit to the start of its handler, sorted; the worker is idle in between."""
    loop = asyncio.get_running_loop()
    submitted, started = [0.0] * count, [0.0] * count
    ready, all_ran = asyncio.Event(), asyncio.Event()
    left = count

    def starts(n):
        nonlocal left
        if n < 0:
            ready.set()
            return
        started[n] = time.perf_counter()
        left -= 1
        if left == 0:
            all_ran.set()

    async with peer.worker(starts):
        # The first job only says that the worker is there.
        await peer.submit(-1)
        await ready.wait()
        due = loop.time() + 0.2
        for n in range(count):
            await asyncio.sleep(max(0, due - loop.time()))
            submitted[n] = time.perf_counter()
            await peer.submit(n)
            due += PAUSE
        await all_ran.wait()
    return sorted((end - begin) * 1e3 for begin, end in zip(submitted, started))


async def measured(peer, workload, count):
    if workload == "W3":
        await submit_in_calls(peer, count)
    gc.collect()
    before, start = time.process_time(), time.perf_counter()
    if workload == "W4":
        # A worker that has failed would never start a handler.
        took = await asyncio.wait_for(latency(peer, count), timeout=60 + count * PAUSE)
        figures = {"p50Milliseconds": took[count // 2], "p99Milliseconds": took[count * 99 // 100]}
    else:
        if workload == "W1":
            await submit_one_by_one(peer, count)
        elif workload == "W2":
            await submit_in_calls(peer, count)
        else:
            ran = await peer.drain()
            if ran != count:
                raise SystemExit(f"{peer.name} ran {ran} of {count} jobs")
        figures = {"perSecond": count / (time.perf_counter() - start)}
    figures = {name: round(value, 3) for name, value in figures.items()}
    # Linux counts kilobytes here.
    figures["peakBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    figures["cpuSeconds"] = round(time.process_time() - before, 3)
    return figures


async def main(arguments):
    if len(arguments) < 2 or arguments[0] not in PEERS:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    name, url, *rest = arguments
    scale = float(rest[0]) if rest else 1.0
    logging.disable(logging.WARNING)
    module = importlib.import_module(f"with_{name}")
    for workload in rest[1:] or ("W1", "W2", "W3", "W4"):
        full = module.STORED_JOBS if workload == "W3" else JOBS[workload]
        count = max(10, round(full * scale))
        async with module.opened(url) as peer:
            figures = await measured(peer, workload, count)
        print(json.dumps({"name": workload, "peer": name, "jobs": count, **figures}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(uvloop.run(main(sys.argv[1:])))
