"""The jobs of a kill loop: what is asked for, decided by a seed before anything runs."""

import os
import time

IMPORT_ROWS = 20000


def new_id(random):
    """A version 7 identifier, so that a submit whose answer was lost can be repeated."""
    bits = int(time.time() * 1000) << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62 | random.getrandbits(62)
    text = f"{bits:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


MIXED = ["succeed"] * 8 + ["fail"] * 2 + ["later"] * 2 + ["import"] * 3 + ["delayed"] * 2
MIXED += ["cancelled"] * 3 + ["dependent"] * 3 + ["retried"] * 2
# Where thousands run: mostly what ends well, and no imports.
MANY = ["succeed"] * 40 + ["fail", "later", "delayed", "delayed", "cancelled", "dependent", "dependent", "retried"]


def plan(random, count, kinds=MIXED):
    """As many jobs as were asked for, of all kinds, mixed."""
    jobs = [{"kind": kinds[index % len(kinds)]} for index in range(count)]
    random.shuffle(jobs)
    return jobs


def submission(job, random, earlier, longest=500):
    """The body of the submit; imports get their upload later, dependents name jobs that are acknowledged.

    A run takes up to the longest time, in milliseconds.
    """
    job["id"] = new_id(random)
    end = {"fail": "fail", "retried": "fail", "later": "later"}.get(job["kind"], "succeed")
    body = {"id": job["id"], "type": "work", "payload": {"ms": random.randint(5, longest), "end": end, "until": 2}}
    if job["kind"] == "delayed":
        body["delaySeconds"] = random.randint(1, 3)
    if job["kind"] == "dependent" and earlier:
        body["after"] = random.sample(earlier, min(len(earlier), random.randint(1, 2)))
    if job["kind"] == "import":
        job["dataset"] = f"d{job['id']}"
        body.update(type="Import", projectId="faults", payload={"dataset": job["dataset"], "mode": "append"})
    job["after"] = body.get("after", [])
    return body


def csv():
    """Rows that are told apart by their number."""
    return "number,text\n".encode() + b"".join(b"%d,row %d\n" % (row, row) for row in range(IMPORT_ROWS))


def seed_from_environment():
    text = os.environ.get("SEED")
    return int(text) if text else int.from_bytes(os.urandom(4), "big")
