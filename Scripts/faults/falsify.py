"""Shows that the checks can fail: stores and ledgers that are falsified in one place each must be recognised."""

import json
import sqlite3

import invariants
from store import Store

COMPLETED = "status = 2 AND number IN (SELECT j.number FROM jobs j JOIN lanes l USING (lane) WHERE l.type = 'work')"
ONE = f"(SELECT min(number) FROM jobs WHERE {COMPLETED})"
LOST = "(SELECT min(number) FROM jobs WHERE json_extract(errors, '$[0].o') = 'lost')"

# Which invariant must complain, and what is done to the store.
STORES = [
    ("I1", f"DELETE FROM jobs WHERE number = {ONE}"),
    ("I1", f"UPDATE jobs SET status = 1 WHERE number = {ONE}"),
    ("I1", "UPDATE jobs SET id = randomblob(16) WHERE number = 1"),
    ("I2", f"UPDATE jobs SET fence = fence + 1 WHERE number = {ONE}"),
    ("I2", f"UPDATE jobs SET result = '{{\"fence\": 99}}' WHERE number = {ONE}"),
    ("I3", f"UPDATE jobs SET attempt = attempt + 1 WHERE number = {ONE}"),
    ("I4", f"UPDATE jobs SET errors = json_set(errors, '$[0].e', json_extract(errors, '$[0].e') + 60000) "
           f"WHERE number = {LOST}"),
    ("I5", f"UPDATE jobs SET failure_code = 'poison_pill' WHERE number = {ONE}"),
    ("I5", "UPDATE jobs SET status = 3 WHERE status = 2"),
    ("imported", "INSERT INTO dataset_rows SELECT generation, max(position) + 1, cells FROM dataset_rows GROUP BY 1"),
    ("imported", "DELETE FROM dataset_rows WHERE position = (SELECT min(position) + 1 FROM dataset_rows)"),
    ("I11", "UPDATE job_counts SET completed = completed + 1"),
]
# Which must complain about one more line in the ledger: the last of its kind again, changed.
LINES = [("I2", "start", {}), ("I6", "start", {"fence": 0}), ("I6", "seen", {"rev": 0})]


class Falsified:
    """A ledger with some lines more."""

    def __init__(self, ledger, more):
        self.all = ledger.entries() + more

    def entries(self, event=None):
        return [entry for entry in self.all if event in (None, entry["event"])]


def recognised(ledger, store, wanted, broken):
    """How many falsifications were recognised; what was not is added to `broken`."""
    count = 0
    for invariant, sql in STORES:
        copy = sqlite3.connect(":memory:")
        store.database.backup(copy)
        if copy.execute(sql).rowcount == 0:
            continue  # A short run may have no such job.
        if complains(invariant, ledger, Store(copy), wanted):
            count += 1
        else:
            broken.append(f"{invariant} says nothing about {sql}")
    for invariant, event, change in LINES:
        line = {**ledger.entries(event)[-1], **change}
        if complains(invariant, Falsified(ledger, [line]), store, wanted):
            count += 1
        else:
            broken.append(f"{invariant} says nothing about one more line {json.dumps(line)}")
    return count


def complains(invariant, ledger, store, wanted):
    return any(invariant in sentence for sentence in invariants.check(ledger, store, wanted))
