"""The list of all checks, in the order in which they are run."""

from typing import Callable, NamedTuple


class Check(NamedTuple):
    """A promise that the protocol asks of workers, and the play that shows whether it is kept."""

    name: str
    play: Callable


CHECKS = []


def check(name):
    """Adds a function to the list; it gets a stage, and raises `Failed` when the promise is broken."""

    def add(play):
        CHECKS.append(Check(name, play))
        return play

    return add
