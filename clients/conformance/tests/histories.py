"""A history in which everything is as it should be, made by hand."""

import json

from oracle.fence_rules import Record
from oracle.history import History
from stage.ledger import Entry
from wire.exchange import Exchange
from wire.message import Message

KEY = "ek_test"
PATHS = {
    "session": ("POST", "/api/worker/sessions"), "claim": ("POST", "/api/worker/claim"),
    "heartbeat": ("POST", "/api/worker/sessions/w/heartbeat"),
}


def exchange(call, at, body, status, answer, job=None, fence=None, lasts=0.01):
    """A call and its answer, which the worker got."""
    method, path = PATHS.get(call, ("PUT" if call == "checkpoint" else "POST", f"/api/worker/jobs/{job}/{call}"))
    headers = [("Authorization", f"Bearer {KEY}"), ("Content-Type", "application/json")]
    headers += [("Job-Lease", f"token {job} {fence}"), ("Job-Fence", str(fence))] if job else []
    made = Exchange(0, Message(f"{method} {path} HTTP/1.1", headers, json.dumps(body).encode()))
    made.at, made.ended, made.fate = at, at + lasts, "passed"
    made.answer = Message(f"HTTP/1.1 {status} X", [], json.dumps(answer).encode())
    return made


def claim(at, jobs, maximum=2):
    given = [
        {"id": job, "lease": {"token": f"token {job} {fence}", "fence": fence, "expiresIn": 2}} for job, fence in jobs
    ]
    return exchange("claim", at, {"workerId": "w", "max": maximum}, 200, {"jobs": given})


def heartbeat(at, jobs, action="continue"):
    named = [{"id": job, "fence": fence, "token": f"token {job} {fence}"} for job, fence in jobs]
    told = [{"id": job, "fence": fence, "action": action, "expiresIn": 2} for job, fence in jobs]
    return exchange("heartbeat", at, {"state": "run", "jobs": named}, 200, {"state": "run", "jobs": told})


def complete(at, job, fence):
    return exchange("complete", at, {"result": {"fence": fence}}, 200, {"status": "Completed"}, job, fence)


def session(at=0.0):
    return exchange("session", at, {"slots": 2}, 201, {"workerId": "w", "heartbeatSeconds": 0.5})


def undisturbed():
    """A worker with two slots: job `a` in its first run, job `b` in its second; a heartbeat every half second."""
    jobs = [("a", 1), ("b", 3)]
    beats = [heartbeat(at / 2, jobs if 2 <= at <= 5 else []) for at in range(1, 9)]
    return [session(), claim(0.6, jobs), *beats, complete(2.8, "a", 1), complete(2.9, "b", 3)]


def good():
    """The whole: `b` was lost once, by a worker of which nothing is recorded."""
    run = {"attempt": 1}
    records = {
        "a": Record("a", "Completed", [{**run, "fence": 1, "outcome": "completed"}], {"fence": 1}),
        "b": Record("b", "Completed",
                    [{**run, "fence": 1, "outcome": "lost"}, {**run, "fence": 3, "outcome": "completed"}],
                    {"fence": 3}),
    }
    entries = [Entry("b", 1, "start"), Entry("a", 1, "start"), Entry("b", 3, "start"), Entry("a", 1, "end"),
               Entry("b", 3, "end")]
    return History(entries, records, [undisturbed()], slots=2, key=KEY)
