"""What a worker asked and what it was answered, one exchange at a time."""

import json
import time
from urllib.parse import unquote

SETTLES = ("complete", "fail", "release", "cancelled")
JOB_CALLS = (*SETTLES, "progress", "logs", "checkpoint", "result-upload")
SHOWN_BYTES = 600


class Exchange:
    """A request of a worker, what became of it, and the answer."""

    def __init__(self, number, request, has_left=lambda: False):
        self.number, self.request = number, request
        # Whether the worker has hung up meanwhile.
        self.has_left = has_left
        # When the request had arrived whole: soon after it was sent.
        self.at, self.ended = time.monotonic(), None
        self.answer = None
        self.fate = "under way"
        self.method, target = request.first.split(" ")[:2]
        self.path, _, self.query = target.partition("?")
        self.parts = [unquote(part) for part in self.path.split("/") if part]

    def finish(self, fate):
        """Says what became of it; the first time tells when."""
        self.fate, self.ended = fate, self.ended or time.monotonic()

    @property
    def call(self):
        """What it asks for: `session`, `end-session`, `claim`, `heartbeat`, or the last word of a call about a job."""
        match (self.method, *self.parts):
            case ("POST", "api", "worker", "sessions"):
                return "session"
            case ("DELETE", "api", "worker", "sessions", _):
                return "end-session"
            case ("POST", "api", "worker", "sessions", _, "heartbeat"):
                return "heartbeat"
            case ("POST", "api", "worker", "claim"):
                return "claim"
            case ("PUT", "api", "worker", "jobs", _, "checkpoint"):
                return "checkpoint"
            case ("POST", "api", "worker", "jobs", _, word) if word in JOB_CALLS and word != "checkpoint":
                return word
        return None

    @property
    def job(self):
        return self.parts[3] if self.call in JOB_CALLS else None

    @property
    def fence(self):
        text = self.request.header("Job-Fence", "")
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def token(self):
        return self.request.header("Job-Lease")

    @property
    def json(self):
        """The body of the request; None where there is none, or none that is JSON."""
        return parsed(self.request.body)

    @property
    def status(self):
        return int(self.answer.first.split(" ")[1]) if self.answer else None

    @property
    def answered(self):
        """The body of the answer, as `json`."""
        return parsed(self.answer.body) if self.answer else None

    @property
    def problem(self):
        """The last word of the problem's type: `lease-lost`."""
        answered = self.answered
        if self.status is None or self.status < 400 or not isinstance(answered, dict):
            return None
        return str(answered.get("type", "")).rsplit("/", 1)[-1]

    @property
    def took_effect(self):
        """Whether the server did it, whoever learned of it."""
        return self.status is not None and self.status < 300 and self.fate != "answered by the kit"

    @property
    def is_delivered(self):
        """Whether the worker was given an answer."""
        return self.fate in ("passed", "answered by the kit")

    def describe(self):
        """As a person wants to read it."""
        shown = {"job-lease", "job-fence", "content-type", "retry-after"}
        lines = [f"> {self.method} {self.path}{'?' + self.query if self.query else ''}"]
        lines += [f"> {name}: {value}" for name, value in self.request.headers if name.lower() in shown]
        lines += [f"> {cut(self.request.body)}"] if self.request.body else []
        lines += [f"< {self.answer.first.split(' ', 1)[1]}"] if self.answer else []
        if self.answer:
            lines += [f"< {name}: {value}" for name, value in self.answer.headers if name.lower() in shown]
        lines += [f"< {cut(self.answer.body)}"] if self.answer and self.answer.body else []
        return "\n".join([*lines, f"  ({self.fate})"])


def parsed(body):
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def cut(body):
    text = body[:SHOWN_BYTES].decode("utf-8", "replace")
    return text if len(body) <= SHOWN_BYTES else f"{text}... ({len(body)} bytes)"
