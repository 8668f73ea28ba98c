"""One run of a job in this worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..clock import Clock
from .claim import Claim
from .errors import JobCancelled
from .limits import Limits
from .reports import Reports
from .stop import Stop
from .time_limit import TimeLimit

logger = logging.getLogger("errand")


class Run:
    """A claimed job from its claim to its end: whether it may still write, and whether it has been told to stop.

    All threads of a worker know it: the one that runs the handler, the heartbeat, the watchdog and the reporter.
    """

    def __init__(self, claim: Claim, limits: Limits, clock: Clock, time_limit: TimeLimit | None = None) -> None:
        """A run that has not begun."""
        self.claim = claim
        self.lease = claim.lease
        self.limits = limits
        self.reports = Reports(limits, clock)
        self.time_limit = time_limit
        self.is_forced = False
        """Whether it was failed for its time while its handler went on."""
        self.upload_id: str | None = None
        """The uploaded file that is to be the result."""
        self.handler_ended = False
        """Whether nothing of the handler runs any more."""
        self.told = threading.Event()
        """Set when the handler should end."""
        self.end_sent = False
        """Whether its end was sent, and may have taken effect."""
        self.lost = threading.Event()
        """Set when nothing may be written any more."""
        self._clock = clock
        self._lock = threading.Lock()
        self._stop: Stop | None = None
        self._is_settling = False
        self._is_closed = False
        self._tell_handler: Callable[[], None] = lambda: None
        self._on_close: Callable[[Run], None] = lambda _: None

    @property
    def name(self) -> str:
        """The run in a log."""
        return f"Job #{self.claim.number} {self.claim.type}"

    @property
    def stop(self) -> Stop | None:
        """Why it should end, the lease's own end included; None while it may go on."""
        if self._stop is not Stop.LOST and self.lease.is_over(self._clock.now()):
            self.tell(Stop.LOST)
        return self._stop

    @property
    def is_closed(self) -> bool:
        """Whether everything about it is over here: it was settled or lost."""
        return self._is_closed

    def tell(self, stop: Stop) -> None:
        """Tells the handler to end, if nobody has; a weightier reason takes the place of a lighter one."""
        with self._lock:
            if self._is_closed or stop <= (self._stop or 0):
                return
            is_first, self._stop = self._stop is None, stop
            tell_handler = self._tell_handler
        logger.warning("%s should end: %s.", self.name, stop.word)
        if is_first:
            self.told.set()
            tell_handler()
        if stop is Stop.LOST:
            self.lost.set()
            self.close()

    def when_told(self, tell_handler: Callable[[], None]) -> None:
        """Calls a function once when the handler should end, or at once if it should already."""
        with self._lock:
            self._tell_handler = tell_handler
            is_late = self._stop is not None
        if is_late:
            tell_handler()

    def when_closed(self, on_close: Callable[[Run], None]) -> None:
        """Calls a function when everything about the run is over here."""
        self._on_close = on_close

    def check(self, *, even_cancelled: bool = False) -> None:
        """Makes sure that it may still write; called before each request about the job.

        Parameters:
            even_cancelled: Whether what will be written is that the cancelled job has stopped.

        Raises:
            JobCancelled: It may not.
        """
        stop = self.stop
        if self._is_closed or stop is Stop.LOST or (stop is Stop.CANCELLED and not even_cancelled):
            raise JobCancelled(f"The run was {stop.word}." if stop else "The run is over.")

    def begin_settling(self) -> bool:
        """Whether the caller is the one who settles it: a run has one end."""
        with self._lock:
            is_first = not (self._is_settling or self._is_closed)
            self._is_settling = True
            return is_first

    def close(self) -> None:
        """Ends everything about it here."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._on_close(self)
