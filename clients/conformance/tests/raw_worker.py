#!/usr/bin/env python3
"""The smallest worker that obeys the protocol, without a client library: a thread for each job, and one for heartbeats.

    python3 clients/conformance/kit.py --server .build/release/errand -- python3 clients/conformance/tests/raw_worker.py

`raw_run.py` has what it says of a job, `raw_jobs.py` what it runs.
"""

import http.client
import json
import os
import signal
import threading
import time
from urllib.parse import urlsplit

import raw_jobs
from raw_run import Run

GRACE = 1


class Worker:
    """Claims as many jobs as it has free slots, runs each in a thread, and renews all leases by one."""

    def __init__(self):
        self.server = urlsplit(os.environ["ERRAND_URL"])
        self.key, self.slots = os.environ.get("ERRAND_KEY"), int(os.environ["CONFORMANCE_SLOTS"])
        self.runs, self.changed = {}, threading.Condition()
        self.state, self.session = "run", {}

    def ask(self, method, path, body=None, headers=None, timeout=5):
        """The status, the headers and the parsed body of an answer; `OSError` when there is none."""
        sent = dict(headers or {})
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        if body is not None and not isinstance(body, bytes):
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, str) else json.dumps(body)
        connection = http.client.HTTPConnection(self.server.hostname, self.server.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else None
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def begin_session(self):
        body = {"name": f"raw:{os.getpid()}", "language": "python", "types": list(raw_jobs.HANDLERS),
                "slots": self.slots, "protocol": 1}
        if self.session:
            body["workerId"] = self.session["workerId"]
        status, _, answer = self.ask("POST", "/api/worker/sessions", body)
        if status == 201:
            self.session = answer

    def patiently(self, action):
        """Does it, and waits a little where the server is not there or not well."""
        try:
            action()
        except OSError:
            time.sleep(0.1)

    def claim(self):
        with self.changed:
            self.changed.wait_for(lambda: len(self.runs) < self.slots and self.state == "run", 0.2)
            free = self.slots - len(self.runs)
        if free < 1 or self.state != "run":
            return
        sent = time.monotonic()
        # Short, so that a signal is not heard too late.
        body = {"workerId": self.session["workerId"], "max": free, "waitSeconds": 1}
        status, headers, answer = self.ask("POST", "/api/worker/claim", body)
        if status == 409:
            self.begin_session()
        elif status == 200:
            for job in answer["jobs"]:
                self.start(Run(self, job, sent))
        elif status != 204:
            time.sleep(float(headers.get("Retry-After", 0.2)))

    def start(self, run):
        with self.changed:
            self.runs[run.id, run.fence] = run
        threading.Thread(target=self.run, args=(run,), daemon=True).start()

    def run(self, run):
        try:
            raw_jobs.run(run)
        finally:
            with self.changed:
                del self.runs[run.id, run.fence]
                self.changed.notify_all()

    def beat(self):
        with self.changed:
            runs = [run for run in self.runs.values() if time.monotonic() < run.until]
        jobs = [{"id": run.id, "fence": run.fence, "token": run.token} for run in runs]
        sent = time.monotonic()
        path = f"/api/worker/sessions/{self.session['workerId']}/heartbeat"
        status, _, answer = self.ask("POST", path, {"state": self.state, "jobs": jobs}, timeout=1)
        if status == 409:
            self.begin_session()
        if status == 200:
            self.obey(answer["state"])
        for told in answer["jobs"] if status == 200 else []:
            run = next(run for run in runs if (run.id, run.fence) == (told["id"], told["fence"]))
            if told["action"] == "continue":
                run.renew(sent, told["expiresIn"])
            else:
                run.why = run.why or told["action"]

    def obey(self, wanted):
        """Does what an operator wants."""
        with self.changed:
            if wanted == "stop" and self.state != "stopping" or wanted == "quiet" and self.state == "run":
                self.state = {"stop": "stopping", "quiet": "quiet"}[wanted]
                self.changed.notify_all()

    def beats(self):
        while True:
            begun = time.monotonic()
            self.patiently(self.beat)
            time.sleep(max(0, begun + self.session["heartbeatSeconds"] - time.monotonic()))

    def stop(self, *_):
        if self.state == "stopping":
            os._exit(143)
        self.state = "stopping"

    def end(self):
        """Gives what runs a while, releases the rest, and takes its leave."""
        with self.changed:
            if not self.changed.wait_for(lambda: not self.runs, GRACE):
                for run in self.runs.values():
                    run.why = run.why or "shutdown"
                self.changed.wait_for(lambda: not self.runs, 2)
        self.patiently(lambda: self.ask("DELETE", f"/api/worker/sessions/{self.session['workerId']}"))

    def main(self):
        signal.signal(signal.SIGTERM, self.stop)
        while not self.session and self.state != "stopping":
            self.patiently(self.begin_session)
        threading.Thread(target=self.beats, daemon=True).start()
        while self.state != "stopping":
            self.patiently(self.claim)
        self.end()


if __name__ == "__main__":
    Worker().main()
