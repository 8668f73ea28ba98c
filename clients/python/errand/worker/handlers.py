"""Which function runs which jobs."""

from __future__ import annotations

from typing import Generic, TypeVar

H = TypeVar("H")


class Handlers(Generic[H]):
    """The handlers of one worker, by type."""

    def __init__(self) -> None:
        self._by_type: dict[str, H] = {}

    def add(self, type: str, handler: H) -> None:
        """Registers a handler.

        Raises:
            ValueError: The type has no name, or a handler already.
        """
        if not type:
            raise ValueError("A job type has a name.")
        if type in self._by_type:
            raise ValueError(f"The type {type!r} has a handler already.")
        self._by_type[type] = handler

    def all(self) -> dict[str, H]:
        """The handlers by type, for a worker that begins.

        Raises:
            ValueError: There are none.
        """
        if not self._by_type:
            raise ValueError("A worker needs at least one handler: decorate a function with @worker.job(type).")
        return dict(self._by_type)
