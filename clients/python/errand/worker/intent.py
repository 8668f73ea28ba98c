"""What a worker is up to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger("errand")


class Intent:
    """Whether the worker claims jobs, claims none for now, or ends."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        """Set for good when the worker is to end."""
        self._is_quiet = False
        self._listeners: list[Callable[[], None]] = []

    @property
    def state(self) -> str:
        """The state as heartbeats say it: run, quiet or stopping."""
        if self.stopping.is_set():
            return "stopping"
        return "quiet" if self._is_quiet else "run"

    def when_changed(self, listener: Callable[[], None]) -> None:
        """Calls a function after each change."""
        self._listeners.append(listener)

    def stop(self) -> None:
        """The worker is to end; there is no way back."""
        self.stopping.set()
        self._changed()

    def obey(self, wish: str) -> None:
        """Takes what an operator wishes, as a heartbeat's answer says it: run, quiet or stop."""
        if wish == "stop":
            if not self.stopping.is_set():
                logger.info("An operator stops this worker.")
                self.stop()
        elif self._is_quiet != (wish == "quiet"):
            self._is_quiet = wish == "quiet"
            logger.info("This worker claims %s.", "nothing for now" if self._is_quiet else "jobs again")
            self._changed()

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()
