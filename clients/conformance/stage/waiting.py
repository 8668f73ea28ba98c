"""Waiting for what tells nobody when it happens: lines in files, ends of processes."""

import time

from stage.failure import Failed


def until(condition, seconds, what, pause=0.01):
    """What the condition gives as soon as that is true; fails with what was waited for when it takes too long."""
    end = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() > end:
            raise Failed(f"{what} did not come within {seconds:.1f} s")
        time.sleep(pause)
