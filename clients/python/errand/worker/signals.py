"""SIGTERM and SIGINT."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def on_first_signal(act: Callable[[], None]) -> Iterator[None]:
    """Calls a function at the first SIGTERM or SIGINT; a second one ends the process at once.

    The function is called wherever the main thread happens to be, so it must take no locks. Outside of the main
    thread, where signals cannot be handled, nothing is done.

    Parameters:
        act: What to call.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        # The system's own way to end a process works even while Python code hangs.
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        act()

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
