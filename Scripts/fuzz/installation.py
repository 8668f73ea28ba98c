"""A server to be asked, with jobs in every state, runs that are under way, and something of everything else."""

import contextlib
import pathlib
import subprocess
import sys

sys.path[:0] = [str(pathlib.Path(__file__).parent.parent / name) for name in ("faults", "schemathesis")]

import seeded  # noqa: E402
from server import Unanswered  # noqa: E402

# Webhooks go to this machine and nowhere else.
seeded.CONFIGURATION += "webhooks: {{allowPrivate: true, allowHTTP: true}}\n"


class Installation(seeded.SeededServer):
    """`known` has what there is by its kind, the newest last."""

    def __init__(self, store):
        self.round = 0
        self.known = {}
        super().__init__(store)

    def fill(self):
        super().fill()
        self.note("exported", self.names["ERRAND_EXPORTED"])
        self.note("file", self.names["ERRAND_FILE"])
        self.note("token", self.names["ERRAND_TOKEN"])
        self.note("key", self.names["ERRAND_RUN_KEY_ID"])
        self.note("secret", self.key["key"])
        self.note("other key", self.names["ERRAND_OTHER_KEY_ID"])
        self.replenish()

    def note(self, kind, value):
        self.known[kind] = self.known.get(kind, [])[-5:] + [value]

    def replenish(self):
        """Two more jobs in every state, sessions and a webhook, whatever became of those before."""
        self.round += 1
        queue = f"fuzz{self.round}"
        session = {"name": queue, "types": ["work"], "slots": 100}
        sessions = [self.ask("POST", "/api/worker/sessions", session)[2]["workerId"] for _ in range(2)]
        made = [self.job(queue, number=number) for number in range(16)]
        claim = {"workerId": sessions[0], "max": 8, "queues": [queue]}
        held = self.ask("POST", "/api/worker/claim", claim)[2]["jobs"]
        for state, job in zip(("completed", "completed", "failed", "failed"), held):
            self.settle(state, job)
        for job in held[4:]:
            self.note("running", job["id"])
            lease = {"id": job["id"], "fence": job["lease"]["fence"], "token": job["lease"]["token"]}
            self.note("lease", {**lease, "fence": str(lease["fence"]), "job": lease})
        queued = [job for job in made if job not in {one["id"] for one in held}]
        for state, job in zip(("cancelled", "cancelled", "deleted"), queued):
            self.ask("POST", f"/api/jobs/{job}/cancel", {"reason": state})
            if state == "deleted":
                self.ask("DELETE", f"/api/jobs/{job}")
            self.note(state, job)
        for job in queued[3:5]:
            self.note("queued", job)
            self.note("scheduled", self.job(queue, runAt="2099-01-01T00:00:00Z"))
            self.note("blocked", self.job(queue, after=[job]))
        for worker in sessions:
            self.note("session", worker)
        rows = {"Content-Type": "text/csv"}
        upload = self.ask("POST", "/api/uploads?filename=odd.csv", b"name,count\na,1\nb\n", rows)[2]
        self.note("upload", upload["uploadId"])
        for hook in self.ask("GET", "/api/webhooks")[2]:
            self.ask("DELETE", f"/api/webhooks/{hook['id']}")
        hook = {"url": "http://127.0.0.1:9/odd", "events": ["job.failed"]}
        for _ in range(2):
            self.note("webhook", self.ask("POST", "/api/webhooks", hook)[2]["id"])
        self.work_off(sessions[1])

    def work_off(self, worker):
        """Runs what waits in any queue, as odd requests may have left it."""
        for job in (self.ask("POST", "/api/worker/claim", {"workerId": worker, "max": 20})[2] or {"jobs": []})["jobs"]:
            self.settle("failed" if job["number"] % 2 else "completed", job)

    def job(self, queue, **more):
        number = more.pop("number", 0)
        body = {"type": "work", "queue": queue, "payload": {"number": number}, **more}
        return self.ask("POST", "/api/jobs", body)[2]["id"]

    def settle(self, state, job):
        call = {"completed": ("complete", {"result": {"odd": 1}}),
                "failed": ("fail", {"message": "odd", "retryable": False})}[state]
        headers = {"Job-Lease": job["lease"]["token"], "Job-Fence": str(job["lease"]["fence"])}
        self.ask("POST", f"/api/worker/jobs/{job['id']}/{call[0]}", call[1], headers)
        self.note(state, job["id"])

    def beat(self):
        """Renews the leases until the end, be it that of the server."""
        with contextlib.suppress(Unanswered):
            super().beat()

    def ended(self, seconds=0):
        """The exit code of a server that has ended, or does within some seconds; None while it lives."""
        try:
            return self.server.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def log_end(self, lines=12):
        """What the log says of a crash, or else its end."""
        text = (self.folder / "server.log").read_text(errors="replace").splitlines()
        crash = next((place for place, line in enumerate(text) if "Fatal error" in line or "Crash" in line), None)
        return "\n".join(text[-lines:] if crash is None else text[crash:crash + 4 * lines])
