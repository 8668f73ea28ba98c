"""A job under its lease, and what the raw worker says of it."""

import json
import time

# The part of a lease after which it is dropped when it could not be renewed.
SAFE_PART = 0.9


class Run:
    """A job under its lease; `stops` when it is lost, cancelled, late or in the way of the worker's end."""

    def __init__(self, worker, job, sent):
        self.worker, self.job, self.id = worker, job, job["id"]
        self.fence, self.token = job["lease"]["fence"], job["lease"]["token"]
        self.until = 0
        self.renew(sent, job["lease"]["expiresIn"])
        self.deadline = sent + 0.8 * job["deadlineIn"] if "deadlineIn" in job else float("inf")
        self.why = None
        self.batch = 0

    def renew(self, sent, seconds):
        """The lease holds from when the request was sent, on this clock."""
        self.until = sent + SAFE_PART * seconds

    def stops(self):
        """Why the handler has to stop, if it has to."""
        now = time.monotonic()
        if self.why is None and now > self.until:
            self.why = "lost"
        if self.why is None and now > self.deadline:
            self.why = "timeout"
        return self.why

    def call(self, word, body=None, method="POST", **headers):
        """Calls about the job; the status and the answer."""
        headers.update({"Job-Lease": self.token, "Job-Fence": str(self.fence)})
        status, _, answer = self.worker.ask(method, f"/api/worker/jobs/{self.id}/{word}", body, headers)
        if status == 409 and answer["type"].endswith("/lease-lost"):
            self.why = "cancel" if answer.get("currentStatus") == "Cancelled" else "lost"
        elif status < 300 and (answer or {}).get("action") == "cancel":
            self.why = "cancel"
        return status, answer

    def report(self, word, body, method="POST"):
        """What may be lost: progress and logs; it is tried a few times."""
        for delay in (0.05, 0.2, 0.5):
            try:
                if self.call(word, body, method)[0] not in (429, 503):
                    return
            except OSError:
                pass
            time.sleep(delay)

    def log(self, lines):
        self.batch += 1
        self.report("logs", {"batch": self.batch, "lines": lines})

    def settle(self, word, body):
        """Says how it ended, again and again until somebody answers or the lease is over; the status."""
        delay, text = 0.05, json.dumps(body)
        while time.monotonic() < self.until:
            try:
                status, headers, answer = self.worker.ask(
                    "POST", f"/api/worker/jobs/{self.id}/{word}", text,
                    {"Job-Lease": self.token, "Job-Fence": str(self.fence)},
                    timeout=max(0.1, self.until - time.monotonic()),
                )
                if status != 429 and status < 500:
                    return status, answer
                time.sleep(float(headers.get("Retry-After", 0)))
            except OSError:
                pass
            time.sleep(delay)
            delay *= 2
        return None, None
