#!/usr/bin/env python3
"""Submits from Python by the SQL function, in a transaction that is rolled back and in one that is committed.

    python3 Scripts/faults/transactional_submit.py

psycopg comes from PyPI into a virtual environment of this run. No job may be left of the first transaction, and that of
the second must run. Exits with 1 when it is not so.
"""

import subprocess
import sys
import time

from database import DatabaseStore
from environment import environment_with
from installation import Installation

HERE = __file__.rpartition("/")[0] or "."
SECONDS = 30


def main():
    installation, broken = Installation(lease=10), []
    python = environment_with("psycopg[binary]", installation.folder / "environment")
    server = installation.server()
    worker = installation.worker("worker", "--concurrency", "2")
    told = subprocess.run(
        [python, f"{HERE}/submit_by_sql.py", installation.database.url], capture_output=True, text=True, check=False
    )
    if told.returncode != 0:
        sys.exit(f"submitting by SQL failed: {told.stderr}")
    rolled_back, committed = told.stdout.split()
    wait_for_end(server, committed, broken)
    status, _, _ = server.ask("GET", f"/api/jobs/{rolled_back}")
    if status != 404:
        broken.append(f"the job whose transaction was rolled back is answered with {status}")
    jobs = DatabaseStore(installation.database).jobs
    ran = [entry["id"] for entry in installation.ledger.entries("start")]
    if list(jobs) != [committed] or ran != [committed]:
        broken.append(f"there are the jobs {list(jobs)} and {ran} ran; it should be {committed} alone, once")
    print(f"transactional submit: {len(jobs)} job of 2 is there, {len(ran)} ran")
    for process in (server, worker):
        process.terminate()
        process.end(60)
    for sentence in broken:
        print(f"BROKEN {sentence}")
    installation.close(broken)
    return 1 if broken else 0


def wait_for_end(server, job, broken):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        status, _, answer = server.ask("GET", f"/api/jobs/{job}")
        if status == 200 and answer["status"] == "Completed":
            return
        time.sleep(0.05)
    broken.append(f"the job whose transaction was committed is, after {SECONDS} s: {status} {answer}")


if __name__ == "__main__":
    sys.exit(main())
