"""What one check gets to play with; everything ends with it."""

import contextlib
import time

from oracle import wire_rules
from stage.api import ENDED, API, Refused
from stage.failure import expect_none
from stage.ledger import Ledger
from stage.worker import Worker


class Stage:
    """The server of the kit's run, and the workers, jobs and ledgers of one check."""

    def __init__(self, server, command, folder, options):
        self.server, self.command, self.folder, self.options = server, command, folder, options
        self.api = API(server.target, server.kit_key)
        self.workers, self.jobs, self.notes = [], [], []
        self.ledgers = 0
        self.folder.mkdir()

    def worker(self, slots=2, *, waits=True):
        """Starts a worker; returns once it has a session."""
        worker = Worker(self.command, self.server, slots, self.folder / f"worker-{len(self.workers) + 1}.log")
        self.workers.append(worker)
        if waits:
            self.lease = worker.ready()["leaseSeconds"]
        return worker

    def submit(self, type, payload=None, **options):
        """Submits a job of a type of the kit; its identifier."""
        self.jobs.append(self.api.submit(f"kit.{type}", payload or {}, **options))
        return self.jobs[-1]

    def ledger(self):
        self.ledgers += 1
        return Ledger(self.folder / f"ledger-{self.ledgers}")

    def record(self, ledger, seconds, **options):
        """Submits a job that says in the ledger what it does; its identifier."""
        return self.submit("record", {"file": str(ledger.path), "seconds": seconds, "lines": 4}, **options)

    def note(self, sentence):
        """Something to be printed beside the check's line: a seed, what was counted."""
        self.notes.append(sentence)

    def verify(self):
        """The rules that no worker may break, whatever happens to it."""
        for worker in self.workers:
            expect_none(wire_rules.check(worker.recording.all(), worker.slots, worker.key))

    def close(self):
        """Ends the workers, and leaves nothing to the next check: no jobs, and no claims that would take its own."""
        for worker in self.workers:
            worker.close()
        for job in self.jobs:
            with contextlib.suppress(Refused, OSError):
                if self.api.job(job)["status"] not in ENDED:
                    self.api.cancel(job)
        # A claim whose worker died may be given jobs, which come back with the end of the lease.
        waiting = max((claim_end(each) for worker in self.workers for each in worker.recording.all("claim")), default=0)
        if waiting > time.monotonic():
            self.server.outlive_claims(waiting - time.monotonic())


def claim_end(claim):
    """Until when the server may hold on to a claim; 0 where it was answered."""
    if claim.status is not None or claim.fate == "black-holed":
        return 0
    return claim.at + (claim.json or {}).get("waitSeconds", 0)
