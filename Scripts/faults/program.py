"""The program behind the test's job type: says in the ledger that it runs and what it did, and ends as it was told.

    python3 program.py LEDGER <payload.json

The payload says how long it takes (`ms`) and how it ends (`end`): succeed, fail, or later, which asks for another run
until the attempt `until`.
"""

import json
import os
import sys
import time

from ledger import Ledger


def main():
    job = os.environ["ERRAND_JOB_ID"]
    fence, attempt = int(os.environ["ERRAND_FENCE"]), int(os.environ["ERRAND_ATTEMPT"])
    payload = json.load(sys.stdin)
    ledger = Ledger(sys.argv[1])
    ledger.add("start", id=job, fence=fence, attempt=attempt, pid=os.getpid())
    time.sleep(payload["ms"] / 1000)
    ledger.add("effect", id=job, fence=fence)
    if payload["end"] == "fail":
        print("told to fail", file=sys.stderr)
        return 1
    if payload["end"] == "later" and attempt < payload["until"]:
        return 75
    print(json.dumps({"result": {"fence": fence}}), flush=True)
    return 0


sys.exit(main())
