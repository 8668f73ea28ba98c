"""Clients of a server that go on submitting, cancelling, retrying and looking until they are told to stop."""

import collections
import itertools
import threading
import time

import jobs
from server import Unanswered

SUBMITTERS = 6
# What an answer of 503 may ask for, in seconds, is not waited for in full: the tests want to see many of them.
LONGEST_WAIT = 0.2


class Load:
    """Threads that carry out a plan; what should not have been answered is added to `broken`."""

    def __init__(self, server, ledger, plan, random, broken):
        self.server, self.ledger, self.plan, self.random, self.broken = server, ledger, plan, random, broken
        self.statuses = collections.Counter()
        self.acked, self.wishes = [], []
        self.isOver = threading.Event()
        self.lock = threading.Lock()
        self.numbers = itertools.count()
        self.threads = [threading.Thread(target=self.submit_all, daemon=True) for _ in range(SUBMITTERS)]
        self.looker = threading.Thread(target=self.look_around, daemon=True)

    def start(self):
        for thread in self.threads + [self.looker]:
            thread.start()

    def finish(self, seconds):
        """Waits until everything is submitted and every wish is granted."""
        end = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0, end - time.monotonic()))
        self.isOver.set()
        self.looker.join(max(0, end - time.monotonic()))
        if any(thread.is_alive() for thread in self.threads + [self.looker]):
            self.broken.append(f"I10 not everything was submitted: {len(self.acked)} of {len(self.plan)} jobs")

    def submit_all(self):
        while (index := next(self.numbers)) < len(self.plan):
            job = self.plan[index]
            with self.lock:  # Chance is one sequence for all.
                earlier = [other["id"] for other in self.acked[-50:] if other["kind"] == "succeed"]
                body = jobs.submission(job, self.random, earlier, longest=200)
            self.pace(index)
            self.ledger.add("sent", id=job["id"], kind=job["kind"])
            status, answer = self.ask("POST", "/api/jobs", body)
            if status not in (200, 202):
                self.broken.append(f"submitting {job['id']} was answered {status} {answer}")
                continue
            self.ledger.add("acked", id=job["id"])
            self.acked.append(job)
            if job["kind"] == "cancelled":
                self.operate("cancel", job)
            if job["kind"] == "retried":
                self.wishes.append(job)

    def pace(self, index):
        """When the job with this place in the plan may be submitted: at once."""

    def look_around(self):
        """One thread, so that what it sees of a job comes in order."""
        while not self.isOver.is_set() or self.wishes:
            if self.wishes:
                job = self.wishes.pop(0)
                if not self.operate("retry", job):
                    self.wishes.append(job)
            if self.acked:
                self.look(self.acked[int(time.monotonic() * 1000003) % len(self.acked)])
            time.sleep(0.01)

    def operate(self, operation, job):
        """Whether it is done with; a job that has not failed yet is not retried."""
        status, answer = self.ask("POST", f"/api/jobs/{job['id']}/{operation}", {})
        if status == 409 and operation == "retry":
            return answer["currentStatus"] not in ("Queued", "Running")
        if status not in (200, 409):
            self.broken.append(f"{operation} of {job['id']} was answered {status} {answer}")
        if status == 200 and operation == "cancel":
            self.ledger.add("cancelled", id=job["id"])
        return True

    def look(self, job):
        status, answer = self.ask("GET", f"/api/jobs/{job['id']}")
        if status != 200:
            self.broken.append(f"reading {job['id']} was answered {status} {answer}")
            return
        self.ledger.add("seen", id=job["id"], status=answer["status"], rev=answer["rev"])

    def ask(self, method, path, body=None):
        """The answer, once there is one that is not 503."""
        while True:
            try:
                status, headers, answer = self.server.ask(method, path, body)
            except Unanswered as error:
                return "not at all:", error
            self.statuses[status] += 1
            if status != 503:
                return status, answer
            if not headers.get("Retry-After", "").isdigit():
                self.broken.append(f"503 without Retry-After for {method} {path}")
            time.sleep(min(int(headers.get("Retry-After", "0")), LONGEST_WAIT))
