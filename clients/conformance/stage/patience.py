"""How long the kit waits: as long as it says, or PATIENCE times that, on a machine that has more to do."""

import os

PATIENCE = float(os.environ.get("PATIENCE", "1"))


def patient(seconds):
    """The longest that something may take here which may take so many seconds on a machine of its own."""
    return seconds * PATIENCE
