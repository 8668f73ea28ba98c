"""Runs a worker that stands in a module: `python -m errand.worker module:worker`."""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys

from ..problem import Problem
from .async_worker import AsyncWorker
from .worker import Worker

USAGE = "usage: python -m errand.worker module:worker"


def main(arguments: list[str]) -> int:
    """Runs the worker that the only argument names; returns the exit code."""
    module, _, name = arguments[0].partition(":") if len(arguments) == 1 else ("", "", "")
    if not module or not name:
        print(USAGE, file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # As `python -m` does for the module it is given: the program is where it is called.
    sys.path.insert(0, "")
    worker = getattr(importlib.import_module(module), name, None)
    try:
        if isinstance(worker, Worker):
            worker.run()
        elif isinstance(worker, AsyncWorker):
            asyncio.run(worker.run())
        else:
            print(f"{module} has no worker {name!r}.", file=sys.stderr)
            return 2
    except Problem as problem:
        print(f"The server refuses this worker: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
