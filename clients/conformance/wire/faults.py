"""What a proxy can do to the calls of a worker, beside passing them on."""

import json
import threading
import time

from wire.message import Message

# How soon it is noticed that a worker has hung up on a call that is held up.
LOOKS_EVERY = 0.05
REASONS = {409: "Conflict", 429: "Too Many Requests", 503: "Service Unavailable"}


class Fault:
    """Something that happens to the next so many calls that match; to all of them when `times` is None."""

    def __init__(self, matches, times=1):
        self.matches, self.left = matches, times
        self.met = []
        # Set when what waits need not wait any more.
        self.is_over = threading.Event()
        self.lock = threading.Lock()

    def takes(self, exchange):
        """Whether it happens to this call; counts it if so."""
        with self.lock:
            if self.is_over.is_set() or self.left == 0 or not self.matches(exchange):
                return False
            if self.left is not None:
                self.left -= 1
            self.met.append(exchange)
            return True

    def end(self):
        self.is_over.set()

    def wait(self, exchange, seconds=float("inf")):
        """Waits until it is over, or for so long; what became of the call when the worker did not wait as long."""
        end = time.monotonic() + seconds
        while not self.is_over.wait(min(LOOKS_EVERY, max(0, end - time.monotonic()))):
            if exchange.has_left():
                return "abandoned by the worker"
            if time.monotonic() >= end:
                break
        return None

    def before(self, exchange):
        """Before the server gets the request; what became of the call when it ends here."""

    def after(self, exchange):
        """Before the worker gets the answer; what became of the call when it ends here."""


class Drop(Fault):
    """The server does it, and the worker never learns: the connection breaks instead of the answer."""

    def after(self, exchange):
        return "done by the server, and its answer dropped"


class Cut(Fault):
    """The connection breaks before the server has heard of the call."""

    def before(self, exchange):
        return "cut before the server heard of it"


class BlackHole(Fault):
    """Nothing comes back, and nothing says so, until it is over; then the connection breaks."""

    def __init__(self, matches=lambda exchange: True, times=None):
        super().__init__(matches, times)

    def before(self, exchange):
        return self.wait(exchange) or "black-holed"


class Delay(Fault):
    """The server gets the request some seconds later."""

    def __init__(self, matches, seconds, times=1):
        super().__init__(matches, times)
        self.seconds = seconds

    def before(self, exchange):
        return self.wait(exchange, self.seconds)


class Hold(Fault):
    """The answer waits until it is let go."""

    def after(self, exchange):
        return self.wait(exchange)


class Answer(Fault):
    """The proxy answers a problem itself; the server never hears of the call."""

    def __init__(self, matches, status, problem="storage-unavailable", times=1, **headers):
        super().__init__(matches, times)
        self.status, self.problem = status, problem
        self.headers = [(name.replace("_", "-"), str(value)) for name, value in headers.items()]

    def before(self, exchange):
        body = {"type": f"/problems/{self.problem}", "status": self.status, "title": "Answered by the conformance kit"}
        exchange.answer = Message(
            f"HTTP/1.1 {self.status} {REASONS[self.status]}",
            [("Content-Type", "application/problem+json"), *self.headers],
            json.dumps(body).encode(),
        )


class Alter(Fault):
    """Changes the JSON of answers that are objects."""

    def __init__(self, matches, change, times=None):
        super().__init__(matches, times)
        self.change = change

    def after(self, exchange):
        answered = exchange.answered
        if isinstance(answered, dict):
            exchange.answer.body = json.dumps(self.change(answered)).encode()


def calls(*words):
    """Matches calls by their word; see `Exchange.call`."""
    return lambda exchange: exchange.call in words
