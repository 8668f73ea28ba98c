#!/usr/bin/env python3
"""Stops the server under load, as a service manager does, and looks at what became of the jobs that ran.

    python3 Scripts/faults/stop.py

One SIGTERM: what can end within the grace ends, the rest is given back uncharged, the exit code is 0. A second SIGTERM:
the end at once. Exits with 1 and says what is broken.
"""

import os
import pathlib
import shutil
import sys
import tempfile
import time

from ledger import Ledger
from patience import PATIENCE
from server import Server
from store import Store

GRACE = 4
SLACK = 2 * PATIENCE


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="errand-stop-"))
    ledger = Ledger(str(folder / "ledger"))
    broken = []
    soft_stop(folder, ledger, broken)
    hard_stop(folder, ledger, broken)
    for sentence in broken:
        print(f"BROKEN {sentence}")
    print(f"{len(broken)} things are broken; see {folder}" if broken else "both stops are as they should be")
    if not broken:
        shutil.rmtree(folder)
    return 1 if broken else 0


def soft_stop(folder, ledger, broken):
    server = Server(folder, ledger, "--concurrency", "12", "--grace", f"{GRACE}s")
    server.wait_until_listening()
    quick = submit(server, 4, ms=1500)
    slow = submit(server, 4, ms=120_000)
    waiting = submit(server, 40, ms=120_000)
    wait_until(lambda: set(quick + slow) <= {entry["id"] for entry in ledger.entries("start")})
    seconds, code = stopped(server, signals=1)
    print(f"one SIGTERM: exit code {code} after {seconds:.2f} s with a grace of {GRACE} s")
    if code != 0 or seconds > GRACE + SLACK:
        broken.append(f"one SIGTERM ended with {code} after {seconds:.2f} s")
    store = Store(folder / "errand.db")
    started = {entry["id"] for entry in ledger.entries("start")}
    for job in store.jobs.values():
        state = (job["status"], job["attempt"], job["lost_count"], [run["o"] for run in job["errors"]])
        if job["id"] in quick:
            right = [("Completed", 1, 0, [])]
        elif job["id"] in started:
            right = [("Queued", 0, 0, ["released"])]
        else:  # Claimed ahead, perhaps, and then given back without having run.
            right = [("Queued", 0, 0, []), ("Queued", 0, 0, ["released"])]
        if state not in right:
            broken.append(f"after one SIGTERM {job['id']} is {state}, and should be {right[0]}")
    if len(store.jobs) != len(quick + slow + waiting):
        broken.append(f"{len(store.jobs)} jobs of {len(quick + slow + waiting)} are left")
    broken += [f"program {pid} outlived the server" for pid in living(ledger)]


def hard_stop(folder, ledger, broken):
    """Under a grace that nobody would wait for; the jobs that run are of those that the first stop gave back."""
    count = len(ledger.entries("start"))
    server = Server(folder, ledger, "--concurrency", "12", "--grace", "300s")
    server.wait_until_listening()
    wait_until(lambda: len(ledger.entries("start")) >= count + 12)
    seconds, code = stopped(server, signals=2)
    print(f"two SIGTERMs: exit code {code} after {seconds:.2f} s with a grace of 300 s")
    if code != 143 or seconds > SLACK:
        broken.append(f"two SIGTERMs ended with {code} after {seconds:.2f} s")
    broken += [f"program {pid} outlived the second SIGTERM" for pid in living(ledger)]
    taken_back(folder, ledger, {entry["id"] for entry in ledger.entries("start")[count:]}, broken)


def taken_back(folder, ledger, cut_off, broken):
    """What the second SIGTERM cut off waits again after the next start, uncharged."""
    server = Server(folder, ledger, "--concurrency", "12", "--grace", "1s")
    server.wait_until_listening()
    stopped(server, signals=1)
    jobs = Store(folder / "errand.db").jobs
    for job in (jobs[id] for id in cut_off):
        outcomes = [run["o"] for run in job["errors"]]
        if job["status"] != "Queued" or job["attempt"] != 0 or outcomes.count("lost") != 1:
            broken.append(f"{job['id']} was cut off and is {job['status']}, attempt {job['attempt']}, {outcomes}")
    broken += [f"program {pid} outlived the last stop" for pid in living(ledger)]


def submit(server, count, ms):
    ids = []
    for _ in range(count):
        status, _, answer = server.ask("POST", "/api/jobs", {"type": "work", "payload": {"ms": ms, "end": "succeed"}})
        if status != 202:
            sys.exit(f"submitting: {status} {answer}")
        ids.append(answer["id"])
    return ids


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("the jobs were not started")
        time.sleep(0.02)


def stopped(server, signals):
    """How long the end took, and the exit code."""
    log = pathlib.Path(server.log.name)
    seen = log.stat().st_size
    start = time.monotonic()
    server.terminate()
    if signals == 2:
        # Two signals that come together are one; the second counts once the first was heard.
        while b"stopping" not in log.read_bytes()[seen:]:
            time.sleep(0.01)
        server.terminate()
    code = server.end(120)
    return time.monotonic() - start, code


def living(ledger):
    """The programs that run although their server has ended; they are ended here. A moment is theirs to die in."""
    pids = {entry["pid"] for entry in ledger.entries("start")}
    for _ in range(50):
        pids = {pid for pid in pids if is_program(pid)}
        if not pids:
            break
        time.sleep(0.02)
    for pid in pids:
        os.kill(pid, 9)
    return sorted(pids)


def is_program(pid):
    try:
        return b"program.py" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
