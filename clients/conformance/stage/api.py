"""The kit's own way to the server: submit, look at jobs, operate."""

import http.client
import json
import time
import urllib.parse

from stage.failure import Failed
from stage.patience import patient

ENDED = ("Completed", "Failed", "Cancelled")


class Refused(Exception):
    """An answer that is no success: status and problem."""

    def __init__(self, what, status, answer):
        super().__init__(f"{what} was answered {status} {answer}")
        self.status, self.answer = status, answer


class API:
    """Asks a server; `target` says where it is at present."""

    def __init__(self, target, key):
        self.target, self.key = target, key

    def ask(self, method, path, body=None, seconds=patient(70), **headers):
        """The status, the headers and the bytes of an answer."""
        connection = http.client.HTTPConnection(self.target.host, self.target.port, timeout=seconds)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.update({"Authorization": f"Bearer {self.key}"} if self.key else {})
        sent.update({"Content-Type": "application/json"} if body is not None else {})
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, **headers):
        """What a request that has to succeed is answered."""
        status, _, answer = self.ask(method, path, body, **headers)
        text = answer.decode()
        if status >= 300:
            raise Refused(f"{method} {path}", status, json.loads(text) if text.startswith("{") else text)
        return json.loads(text) if text else None

    def submit(self, type, payload, **options):
        """Submits a job; its identifier."""
        return self.json("POST", "/api/jobs", {"type": type, "payload": payload, **options})["id"]

    def submit_all(self, jobs, key):
        """Submits many at once, under an idempotency key; their identifiers."""
        answer = self.json("POST", "/api/jobs/bulk", {"jobs": jobs}, Idempotency_Key=f'"{key}"')
        return answer["ids"]

    def job(self, id):
        return self.json("GET", f"/api/jobs/{id}")

    def attempts(self, id):
        return self.json("GET", f"/api/jobs/{id}/attempts")

    def logs(self, id):
        return self.json("GET", f"/api/jobs/{id}/logs?limit=1000")

    def files(self, id):
        return self.json("GET", f"/api/jobs/{id}/files")

    def result(self, id):
        """The bytes of a result that is a file."""
        link = self.json("GET", f"/api/jobs/{id}/result?redirect=false")["url"]
        parts = urllib.parse.urlsplit(link)
        status, _, answer = self.ask("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        if status != 200:
            raise Refused(f"GET {link}", status, answer[:200])
        return answer

    def cancel(self, id):
        return self.json("POST", f"/api/jobs/{id}/cancel")

    def retry(self, id):
        return self.json("POST", f"/api/jobs/{id}/retry")

    def order(self, worker, state):
        """Wants a worker to be quiet, or to stop."""
        return self.json("POST", f"/api/workers/{worker}/{state}")

    def pause(self, queue):
        return self.json("POST", f"/api/queues/{queue}/pause", {"create": True})

    def resume(self, queue):
        return self.json("POST", f"/api/queues/{queue}/resume")

    def unfinished(self):
        """Up to 200 jobs that have not ended."""
        return self.json("GET", "/api/jobs?status=Queued,Running&limit=200")

    def wait(self, id, seconds, where, what):
        """The job as soon as it is so; asks the server to answer when the job changes."""
        end, etag = time.monotonic() + seconds, None
        while True:
            left = end - time.monotonic()
            headers = {"If_None_Match": etag, "Prefer": f"wait={max(1, min(10, int(left)))}"} if etag else {}
            status, answered, body = self.ask("GET", f"/api/jobs/{id}", **headers)
            if status == 200:
                etag, job = answered.get("ETag"), json.loads(body)
                if where(job):
                    return job
            elif status != 304:
                raise Refused(f"GET /api/jobs/{id}", status, body)
            if time.monotonic() > end:
                raise Failed(f"job {id} {what} did not come within {seconds:.1f} s; it is {shown(job)}")

    def wait_for_status(self, id, seconds, *statuses):
        return self.wait(id, seconds, lambda job: job["status"] in statuses, f"becoming {' or '.join(statuses)}")

    def wait_for_end(self, id, seconds, status="Completed"):
        """Waits for the end of a job, which has to be this one."""
        job = self.wait_for_status(id, seconds, *ENDED)
        if job["status"] != status:
            raise Failed(f"job {id} ended {shown(job)}, and had to end {status}")
        return job


def shown(job):
    """The part of a job that matters in a sentence."""
    return {key: job[key] for key in ("status", "attempt", "substate", "failure", "progress") if key in job}
