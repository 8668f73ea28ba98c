"""How a worker works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..address import Address
from ..clock import Clock


@dataclass(frozen=True)
class Options:
    """What was given to a worker's constructor; see `BaseWorker`."""

    address: Address
    slots: int
    queues: Sequence[str] | None
    name: str
    grace: float
    version: str | None
    labels: Mapping[str, str] | None
    timeout: float
    clock: Clock

    def __post_init__(self) -> None:
        """Refuses what the server would refuse, where the mistake was made."""
        if not 1 <= self.slots <= 1000:
            raise ValueError(f"A worker has 1 to 1,000 slots, not {self.slots}.")
        if not 1 <= len(self.name.encode()) <= 200:
            raise ValueError("A worker's name has 1 to 200 bytes.")
        if isinstance(self.queues, str):
            raise ValueError("queues is a list of names, not one.")
        if self.grace < 0 or self.timeout <= 0:
            raise ValueError("grace and timeout are times in seconds.")
