"""A server that answers as a test says."""

from __future__ import annotations

import json
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .manual_clock import PATIENCE


@dataclass(frozen=True)
class Answer:
    """What to answer."""

    status: int
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], object] | None = None
    """Called before it is sent."""


def problem(type: str, status: int, headers: Mapping[str, str] | None = None, **members: Any) -> Answer:
    """A problem document."""
    body = {"type": f"/problems/{type}", "status": status, "title": "It is so.", **members}
    return Answer(status, body, {"Content-Type": "application/problem+json", **(headers or {})})


DROP = Answer(0)
"""No answer: the connection is closed."""


@dataclass(frozen=True)
class Call:
    """A request that came."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    port: int
    """The client's port: one per connection."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FakeServer:
    """The worker's endpoints, behaving well unless a test scripts something else; all other paths are scripted."""

    def __init__(self, heartbeat: float = 5, lease: float = 30) -> None:
        self.terms: dict[str, Any] = {"heartbeatSeconds": heartbeat, "leaseSeconds": lease, "maxClaim": 100}
        self.actions: dict[str, str] = {}
        """What heartbeats answer about a job; continue unless said otherwise."""
        self.state = "run"
        """What heartbeats wish for the worker."""
        self._changed = threading.Condition()
        self._calls: list[Call] = []
        self._scripts: dict[str, deque[Answer]] = defaultdict(deque)
        self._always: dict[str, Answer] = {}
        self._jobs: deque[dict[str, Any]] = deque()
        self._session_ended = False
        self._fences = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": self}))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def end_claims(self) -> None:
        """Answers the claims that wait."""
        with self._changed:
            self._session_ended = True
            self._changed.notify_all()

    def close(self) -> None:
        self.end_claims()
        self._http.shutdown()
        self._http.server_close()

    def script(self, name: str, *answers: Answer) -> None:
        """Gives the next calls of a name these answers; after them they are as usual."""
        self._scripts[name].extend(answers)

    def always(self, name: str, answer: Answer | None) -> None:
        """Gives all calls of a name this answer; None ends that."""
        if answer is None:
            self._always.pop(name)
        else:
            self._always[name] = answer

    def job(self, type: str = "work", **members: Any) -> dict[str, Any]:
        """A job that was never claimed before, as a claim answers it."""
        with self._changed:
            self._fences += 1
            number = self._fences
        lease = {"token": f"secret-{number}", "fence": number, "expiresIn": self.terms["leaseSeconds"]}
        return {
            "id": f"job-{number}",
            "number": number,
            "type": type,
            "queue": "default",
            "attempt": 1,
            "maxAttempts": 3,
            "lostCount": 0,
            "payload": {},
            "createdAt": "2026-01-01T00:00:00Z",
            "lease": lease,
            "somethingNew": True,
        } | members

    def give(self, type: str = "work", **members: Any) -> dict[str, Any]:
        """Has the next claim find a job."""
        job = self.job(type, **members)
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()
        return job

    def calls(self, *names: str) -> list[Call]:
        """The calls so far, of some names or all."""
        with self._changed:
            return [call for call in self._calls if not names or call.name in names]

    def wait_for(self, name: str, count: int = 1) -> Call:
        """Waits for the so many-th call of a name."""
        with self._changed:
            found = self._changed.wait_for(lambda: len(self._named(name)) >= count, PATIENCE)
            if not found:
                seen = ", ".join(call.name for call in self._calls)
                raise AssertionError(f"Call {count} of {name} did not come; there were: {seen}")
            return self._named(name)[count - 1]

    def _named(self, name: str) -> list[Call]:
        return [call for call in self._calls if call.name == name]

    def answer(self, call: Call) -> Answer:
        with self._changed:
            self._calls.append(call)
            self._changed.notify_all()
            if self._scripts[call.name]:
                return self._scripts[call.name].popleft()
        if call.name in self._always:
            return self._always[call.name]
        usual = getattr(self, "_usual_" + call.name.replace("-", "_"), None)
        return usual(call) if usual else Answer(500, {"type": "/problems/unscripted", "detail": call.name})

    def _usual_session(self, call: Call) -> Answer:
        self._session_ended = False
        return Answer(201, {"workerId": "w_1", "limits": {"logLines": 500}} | self.terms)

    def _usual_end_session(self, call: Call) -> Answer:
        self.end_claims()
        return Answer(204)

    def _usual_claim(self, call: Call) -> Answer:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._session_ended, PATIENCE)
            count = min(call.json["max"], len(self._jobs))
            jobs = [self._jobs.popleft() for _ in range(count)]
        return Answer(200, {"jobs": jobs}) if jobs else Answer(204)

    def _usual_heartbeat(self, call: Call) -> Answer:
        jobs: list[dict[str, Any]] = []
        for job in call.json["jobs"]:
            action = self.actions.get(job["id"], "continue")
            renewed = {"expiresIn": self.terms["leaseSeconds"]} if action == "continue" else {}
            jobs.append({"id": job["id"], "fence": job["fence"], "action": action} | renewed)
        return Answer(200, {"state": self.state, "jobs": jobs})

    def _usual_progress(self, call: Call) -> Answer:
        return Answer(200, {"action": "continue"})

    def _usual_logs(self, call: Call) -> Answer:
        return Answer(202, {"action": "continue"})

    def _usual_checkpoint(self, call: Call) -> Answer:
        return Answer(204)

    def _usual_result_upload(self, call: Call) -> Answer:
        return Answer(201, {"uploadId": "upload-1", "filename": "x", "size": len(call.body), "sha256": ""})

    def _usual_complete(self, call: Call) -> Answer:
        return Answer(200, {"status": "Completed"})

    def _usual_fail(self, call: Call) -> Answer:
        return Answer(200, {"status": "Failed"})

    def _usual_release(self, call: Call) -> Answer:
        return Answer(200, {"status": "Queued"})

    def _usual_cancelled(self, call: Call) -> Answer:
        return Answer(204)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it, an answer's head and body wait for each other's acknowledgement.
    disable_nagle_algorithm = True
    fake: FakeServer

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            return  # The client gave up on the way.
        name = _name(self.command, self.path)
        call = Call(name, self.command, self.path, dict(self.headers), body, self.client_address[1])
        answer = self.fake.answer(call)
        if answer.before:
            answer.before()
        if answer is DROP:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def send(self, answer: Answer) -> None:
        body = b"" if answer.status in (204, 304) else json.dumps(answer.json).encode()
        self.send_response(answer.status)
        for name, value in ({"Content-Type": "application/json"} | dict(answer.headers)).items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            pass  # The client went away.

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _name(method: str, path: str) -> str:
    parts = path.partition("?")[0].split("/")[1:]
    if parts[:2] != ["api", "worker"]:
        return f"{method} {path.partition('?')[0]}"
    if parts[2:] == ["sessions"]:
        return "session"
    if method == "DELETE":
        return "end-session"
    return parts[-1]
