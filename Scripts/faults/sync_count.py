#!/usr/bin/env python3
"""Counts how often the server forces its files to the disk while jobs are submitted to it.

    python3 Scripts/faults/sync_count.py

Every submit that is acknowledged after the one before must have brought at least one sync of its own; submits that
come at the same time may share one. Exits with 1 when a submit was acknowledged without.
"""

import concurrent.futures
import pathlib
import shutil
import sys
import tempfile

from compiling import compiled
from ledger import Ledger
from server import Server

SEQUENTIAL, CALLERS, EACH = 50, 64, 8
JOB = {"type": "work", "payload": {"ms": 0, "end": "succeed"}, "delaySeconds": 3600}


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="errand-syncs-"))
    library, counted = folder / "sync_count.so", folder / "syncs"
    compiled("sync_count.c", library, "-shared", "-fPIC")
    environment = {"LD_PRELOAD": str(library), "SYNC_COUNT": str(counted)}
    server = Server(folder, Ledger(str(folder / "ledger")), environment=environment)
    server.wait_until_listening()
    without = sum(syncs_of(server, counted) == 0 for _ in range(SEQUENTIAL))
    before = counted.stat().st_size
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(lambda _: [submit(server) for _ in range(EACH)], range(CALLERS)))
    together = counted.stat().st_size - before
    server.terminate()
    code = server.end(60)
    print(f"{SEQUENTIAL} submits one after the other: {without} of them without a sync")
    print(f"{CALLERS * EACH} submits by {CALLERS} callers: {together} syncs")
    if without or code != 0 or together == 0:
        print(f"BROKEN an acknowledged submit was not on the disk, or the server ended with {code}; see {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def syncs_of(server, counted):
    before = counted.stat().st_size if counted.exists() else 0
    submit(server)
    return counted.stat().st_size - before


def submit(server):
    status, _, answer = server.ask("POST", "/api/jobs", JOB)
    if status != 202:
        sys.exit(f"submitting: {status} {answer}")


if __name__ == "__main__":
    sys.exit(main())
