#!/usr/bin/env python3
"""Drives the built command into the ground, part by part, and says in a line or a few what each part counted.

    python3 Scripts/faults/all.py          as long as the promises ask: about ten minutes
    python3 Scripts/faults/all.py short    about two minutes; what `make test` does, SQLite included

The parts on PostgreSQL start servers of their own. SEED repeats the choices of a run that failed; the other variables
of a part are those of its own script. Exits with 1 when a part found something broken, and shows all that it said.
"""

import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
# The script, how many of its last lines tell what it counted, and what makes it short.
PARTS = [
    ("kill_loop.py", 5, {"KILLS": "10", "JOBS": "80"}),
    ("stop.py", 3, {}),
    ("sync_count.py", 2, {}),
    ("kill_workers.py", 1, {"JOBS": "1000", "SECONDS": "12"}),
    ("outages.py", 1, {"OUTAGES": "3"}),
    ("fairness.py", 3, {"FLOOD": "10000", "ROUNDS": "1"}),
    ("transactional_submit.py", 1, {}),
    ("streams.py", 1, {}),
    ("hostile_clients.py", 1, {"CLIENTS": "100"}),
    ("webhooks.py", 3, {"KILLS": "3", "JOBS": "40"}),
]


def main():
    if sys.argv[1:] not in ([], ["short"]):
        sys.exit(__doc__)
    failed = []
    for script, lines, shorter in PARTS:
        began = time.monotonic()
        # What was asked for in the environment is stronger.
        environment = {**(shorter if sys.argv[1:] else {}), "PYTHONDONTWRITEBYTECODE": "1", **os.environ}
        done = subprocess.run(
            [sys.executable, HERE / script], env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        said = done.stdout.splitlines()
        print(f"{script}, {time.monotonic() - began:.0f} s:")
        print("\n".join(f"  {line}" for line in (said[-lines:] if done.returncode == 0 else said)), flush=True)
        if done.returncode != 0:
            failed.append(script)
    print(f"broken: {', '.join(failed)}" if failed else "nothing was lost, doubled or left behind")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
