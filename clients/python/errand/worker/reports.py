"""What a handler says while it runs, until it is sent."""

from __future__ import annotations

import logging
import threading
from collections import deque
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ..clock import Clock
from ..json_text import JSON, cut, encode
from .limits import Limits

logger = logging.getLogger("errand")

INTERVAL = 0.25
"""The time between two reports of a job, in seconds."""
BATCH_BYTES = 262_144
"""The most bytes of lines in one request."""
MOST_LINES = 10_000
"""How many lines wait while the server is away; more are left out."""
LEVELS = ("trace", "debug", "info", "notice", "warning", "error", "critical")


class Batch(NamedTuple):
    """Lines under a number by which the server knows them when they come again."""

    number: int
    body: bytes


class Reports:
    """The progress and log of one run that wait to be sent: of progress the latest, of the log every line."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        """Nothing waits."""
        self.sending = threading.Lock()
        """Held by whoever sends them, so that they arrive in order."""
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._progress: dict[str, Any] = {}
        self._lines: deque[bytes] = deque()
        self._left_out = 0
        self._is_closed = False
        self._batch: Batch | None = None
        self._last_batch = 0
        self._not_before = clock.now()

    def progress(self, percent: float | None, message: str | None, data: dict[str, JSON] | None) -> None:
        """Takes a report; each field takes the place of one that still waits.

        Raises:
            TypeError: The data is no dict, or has no JSON form.
            ValueError: The data is too large.
        """
        report: dict[str, Any] = {}
        if percent is not None:
            report["progress"] = max(0, min(100, int(percent)))
        if message is not None:
            report["message"] = cut(message, self._limits.message)
        if data is not None:
            if not isinstance(data, dict):
                raise TypeError("The data of a progress report is a dict.")
            if len(encode(data)) > self._limits.data:
                raise ValueError(f"The data of a progress report is over {self._limits.data} bytes.")
            report["data"] = data
        with self._lock:
            if not self._is_closed:
                self._progress |= report

    def log(self, message: str, level: str) -> None:
        """Takes a line.

        Raises:
            ValueError: There is no such level.
        """
        if level not in LEVELS:
            raise ValueError(f"The level {level!r} is none of {', '.join(LEVELS)}.")
        line = _line(cut(message, self._limits.log_line), level)
        with self._lock:
            if self._is_closed:
                return
            if len(self._lines) < MOST_LINES:
                self._lines.append(line)
            else:
                self._left_out += 1

    def due_at(self) -> float | None:
        """When something should be sent, in seconds of the clock; None while nothing waits."""
        with self._lock:
            return self._not_before if self._progress or self._lines or self._batch else None

    def close(self) -> None:
        """Takes nothing more; what waits still does."""
        with self._lock:
            self._is_closed = True

    def pause(self, seconds: float) -> None:
        """Sends nothing for a while."""
        self._not_before = self._clock.now() + seconds

    def take_progress(self) -> dict[str, Any] | None:
        """Takes the report that waits, to send it."""
        with self._lock:
            progress, self._progress = self._progress, {}
            return progress or None

    def give_back(self, progress: dict[str, Any]) -> None:
        """Puts a report back that could not be sent; newer fields stay."""
        with self._lock:
            self._progress = progress | self._progress

    def batch(self) -> Batch | None:
        """The next lines to send: the same under the same number until they are `stored`."""
        with self._lock:
            if self._batch is None and self._lines:
                self._last_batch += 1
                self._batch = Batch(self._last_batch, self._body(self._last_batch))
            return self._batch

    def stored(self) -> None:
        """The batch has arrived, or never will."""
        with self._lock:
            self._batch = None

    def _body(self, number: int) -> bytes:
        lines: list[bytes] = []
        size = 0
        while self._lines and len(lines) < self._limits.log_lines:
            size += len(self._lines[0])
            if lines and size > BATCH_BYTES:
                break
            lines.append(self._lines.popleft())
        if self._left_out and not self._lines:
            self._lines.append(_line(f"{self._left_out} lines were left out here: they came too fast.", "warning"))
            self._left_out = 0
        return b'{"batch":%d,"lines":[%s]}' % (number, b",".join(lines))


def _line(message: str, level: str) -> bytes:
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return encode({"ts": now.replace("+00:00", "Z"), "level": level, "msg": message})
