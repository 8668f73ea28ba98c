#!/usr/bin/env python3
"""Receives webhooks of servers that are killed, and looks at every delivery with the reference verifier.

    python3 Scripts/faults/webhooks.py

On SQLite and on PostgreSQL (without it with STORES=sqlite) jobs end while the process that delivers is killed again
and again: each end must arrive, always under the same webhook-id. On PostgreSQL two processes deliver, and what
nobody disturbs must arrive once. Then the receiver fails, secrets are rotated and a delivery is replayed. The verifier,
standardwebhooks from PyPI, must accept what came and refuse it altered. KILLS and JOBS make it longer. Exits with 1
when something is broken.
"""

import json
import os
import random
import subprocess
import sys
import time

from environment import environment_with
from installation import Installation
from receiver import Receiver
from server import Server, Unanswered

HERE = __file__.rpartition("/")[0] or "."
KILLS = int(os.environ.get("KILLS", "4"))
JOBS = int(os.environ.get("JOBS", "60"))
SECONDS = 60 * int(os.environ.get("PATIENCE", "1"))
DEVELOPMENT = {"ERRAND_WEBHOOKS_ALLOW_PRIVATE": "true", "ERRAND_WEBHOOKS_ALLOW_HTTP": "true"}
VERIFIER = "standardwebhooks==1.0.0"


class Run:
    """One store's turn."""

    def __init__(self, store, receiver, seed):
        self.store, self.receiver, self.random = store, receiver, random.Random(seed)
        sqlite = f"sqlite:{store}.db" if store == "sqlite" else None
        self.installation = Installation(lease=2, store=sqlite)
        self.installation.environment.update(DEVELOPMENT)
        self.server, self.worker, self.broken = None, None, []
        self.path, self.secrets = f"/{store}", []
        self.start()
        self.hook = self.ask("POST", "/api/webhooks", {"url": receiver.url + self.path}, 201)
        self.secrets.append(self.hook["secret"])

    def start(self):
        """On PostgreSQL a server without a worker and a worker, of which both deliver."""
        if self.store == "sqlite":
            self.server = Server(self.installation.folder, None, environment=self.installation.environment)
            self.server.wait_until_listening()
        else:
            self.server = self.server or self.installation.server()
            self.worker = self.installation.worker("worker", "--concurrency", "4")

    def kill(self):
        victim = self.server if self.store == "sqlite" else self.worker
        victim.kill()
        self.start()

    def ask(self, method, path, body=None, expected=200):
        status, _, answer = self.server.ask(method, path, body)
        if status != expected:
            raise Unanswered(f"{method} {path} was answered with {status} {answer}")
        return answer

    def submit(self, count, **more):
        job = {"type": "work", "payload": {"ms": 5, "end": "succeed"}, "maxAttempts": 100, **more}
        return [self.ask("POST", "/api/jobs", job, 202)["id"] for _ in range(count)]

    def wait(self, what, condition):
        end = time.monotonic() + SECONDS
        while not condition():
            if time.monotonic() > end:
                self.broken.append(f"{self.store}: after {SECONDS} s {what}")
                return
            time.sleep(0.05)

    def arrive(self, jobs, path=None):
        path = path or self.path
        self.wait(
            f"some of {len(jobs)} ends did not arrive", lambda: set(jobs) <= set(self.receiver.job_ids(path))
        )

    def undisturbed(self):
        """Nobody dies, so that nothing may come twice."""
        jobs = self.submit(JOBS)
        self.arrive(jobs)
        twice = len(self.receiver.job_ids(self.path)) - len(set(self.receiver.job_ids(self.path)))
        if twice:
            self.broken.append(f"{self.store}: {twice} deliveries came twice although nobody died")

    def killed(self):
        """Each end arrives, whenever the process dies."""
        jobs = []
        for _ in range(KILLS):
            jobs += self.submit(JOBS)
            time.sleep(self.random.uniform(0, 0.3))  # The moment is the point.
            self.kill()
        self.arrive(jobs)
        messages = {}
        for each in self.receiver.taken(self.path):
            messages.setdefault(json.loads(each["body"])["data"]["id"], set()).add(each["headers"]["webhook-id"])
        if any(len(ids) != 1 for ids in messages.values()):
            self.broken.append(f"{self.store}: the end of a job came under several ids")

    def failing(self):
        """A delivery that is refused comes again, five seconds later."""
        self.receiver.answer(500)
        self.arrive(self.submit(1))

    def own(self):
        """A job's own webhook hears of it, under the secret of the submit."""
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        webhook = {"url": self.receiver.url + self.path + "/own", "secret": secret}
        jobs = self.submit(3, webhook=webhook)
        others = self.submit(3)
        self.arrive(jobs, self.path + "/own")
        # The endpoint hears of all of them, before anybody rotates what they are signed with.
        self.arrive(jobs + others)
        if sorted(self.receiver.job_ids(self.path + "/own")) != sorted(jobs):
            self.broken.append(f"{self.store}: a job's own webhook heard of others")
        return [{**each, "good": [secret], "bad": self.secrets} for each in self.receiver.taken(self.path + "/own")]

    def rotation(self):
        """Both secrets sign, then the new one alone; what is replayed is the message it was."""
        before = len(self.receiver.taken(self.path))
        seen = [{**each, "good": self.secrets[:], "bad": []} for each in self.receiver.taken(self.path)]
        for options, valid in (({}, 2), ({"oldValidSeconds": 0}, 1)):
            rotate = f"/api/webhooks/{self.hook['id']}/rotate-secret"
            self.secrets.append(self.ask("POST", rotate, options)["secret"])
            self.arrive(self.submit(1))
            new = self.receiver.taken(self.path)[before:]
            before += len(new)
            seen += [{**each, "good": self.secrets[-valid:], "bad": self.secrets[:-valid]} for each in new]
        deliveries = f"/api/webhooks/{self.hook['id']}/deliveries"
        first = self.ask("GET", f"{deliveries}?limit=1")[0]
        self.ask("POST", f"{deliveries}/{first['id']}/replay", None, 202)
        self.wait("a replay did not arrive", lambda: len(self.receiver.taken(self.path)) > before)
        again = self.receiver.taken(self.path)[before:]
        if [each["headers"]["webhook-id"] for each in again] != [first["messageId"]]:
            self.broken.append(f"{self.store}: a replay has another id")
        return seen + [{**each, "good": self.secrets[-1:], "bad": self.secrets[:-1]} for each in again]

    def counted(self):
        """The process that delivered says so to Prometheus."""
        _, _, metrics = self.server.ask("GET", "/metrics")
        if b'errand_webhook_deliveries_total{result="delivered"}' not in metrics:
            self.broken.append(f"{self.store}: the server counted no delivery")

    def close(self):
        for process in (self.worker, self.server):
            if process:
                process.terminate()
                process.end(60)
        self.installation.close(self.broken)


def drive(store, receiver, seed):
    run = Run(store, receiver, seed)
    try:
        run.undisturbed()
        run.killed()
        run.failing()
        seen = run.own() + run.rotation()
        if store == "sqlite":  # Elsewhere the other process may have delivered all of it.
            run.counted()
    except Unanswered as error:
        run.broken.append(f"{store}: {error}")
        seen = []
    run.close()
    print(f"{store}: {len(receiver.taken(run.path))} deliveries, {KILLS} kills")
    return seen, run.broken


def main():
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    receiver, seen, broken = Receiver(), [], []
    for store in os.environ.get("STORES", "sqlite,postgres").split(","):
        more, wrong = drive(store, receiver, seed)
        seen, broken = seen + more, broken + wrong
    receiver.close()
    scratch = Installation(lease=2, store="sqlite:none.db")
    verifier = environment_with(VERIFIER, scratch.folder / "environment")
    told = subprocess.run(
        [verifier, f"{HERE}/verify_webhooks.py"], input="\n".join(json.dumps(each) for each in seen),
        capture_output=True, text=True, check=False,
    )
    print(told.stdout, told.stderr, sep="", end="")
    if told.returncode != 0:
        broken.append("the verifier found what it must not find")
    scratch.close(broken)
    for sentence in broken:
        print(f"BROKEN {sentence}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
