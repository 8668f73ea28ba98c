#!/usr/bin/env python3
"""Asks every operation of a real server with extreme values in every spot, and fails when it does not bear them.

    python3 Scripts/fuzz/api.py                      both stores, 10 minutes each
    python3 Scripts/fuzz/api.py sqlite --requests 3000
    SEED=4711 python3 Scripts/fuzz/api.py sqlite     the same choices once more

It has failed when the process ended, an answer is a 5xx other than a declared 503, a request gets none, or `/livez`
stops answering; it then prints the least request that still does it. The released program is asked unless
ERRAND_BINARY names another.
"""

import argparse
import collections
import os
import random
import sys
import time

from described import operations
from drawing import Drawing
from installation import Installation, Unanswered
from least import least
from sending import Client, Gone, Wire, is_plain

# Generous: other tests may want the same machine.
PATIENCE = 60
# Drawn values are nested deeper than Python would follow them.
sys.setrecursionlimit(20_000)
REPLENISH_AFTER = 100
LOOK_AFTER = 25


class Run:
    """One store's server, asked until it fails or there was enough."""

    def __init__(self, store, seed):
        self.store, self.seed = store, seed
        # What was asked since the installation was last seen to be well, as it was sent.
        self.recent = []
        self.statuses = collections.Counter()
        self.installation = self.client = None

    def start(self):
        self.installation = Installation(self.store)
        self.client = Client(self.installation.server.port, PATIENCE)

    def clean(self):
        if self.client:
            self.client.close()
        if self.installation:
            self.installation.clean()

    def until(self, is_enough):
        """Asks; the fault that was found, or None."""
        self.start()
        document = self.installation.ask("GET", "/api/openapi.json")[2]
        drawing = Drawing(operations(document), random.Random(f"{self.seed} {self.store}"))
        count, fault = 0, None
        while fault is None and not is_enough(count):
            fault = self.fault_of(drawing.next(), looks=count % LOOK_AFTER == 0)
            count += 1
            if fault is None and count % REPLENISH_AFTER == 0:
                fault = self.replenished()
                self.recent = self.recent if fault else []
        return fault

    def replenished(self):
        """Makes new jobs in every state and runs what waits; what was wrong with that, or None."""
        try:
            self.installation.replenish()
        except (Unanswered, SystemExit) as error:
            return self.death(seconds=60) or f"the installation cannot be used any more: {error}"
        return None

    def fault_of(self, request, looks=True):
        """Sends a request; what is wrong with what came of it, or None."""
        wire = Wire(request, self.installation.known, self.installation.key["key"])
        self.recent.append(wire)
        try:
            status = self.client.ask(wire)
        except TimeoutError:
            return self.death() or f"no answer within {PATIENCE} s"
        except Gone as error:
            return self.silence() or (f"no answer: {error}" if is_plain(wire) else None)
        self.statuses[status] += 1
        if status is not None and status >= 500 and not (status == 503 and 503 in request.operation.statuses):
            return f"the answer is {status}"
        return self.death() or (self.silence() if looks else None)

    def death(self, seconds=0):
        """How the process ended, if it has, or does soon."""
        code = self.installation.ended(seconds)
        return None if code is None else f"the process ended with {code}"

    def silence(self):
        """Whether the server still says that it lives; what is wrong if it does not."""
        try:
            status = self.installation.server.ask("GET", "/livez", seconds=PATIENCE)[0]
        except Unanswered as error:
            return self.death(seconds=60) or f"/livez does not answer: {error}"
        return None if status == 200 else f"/livez answers {status}"


def holds(store, seed, is_enough):
    """Whether a store's server bore it all; prints what it did not."""
    run = Run(store, seed)
    began = time.monotonic()
    try:
        fault = run.until(is_enough)
        known = sorted((status, count) for status, count in run.statuses.items() if status)
        sums = ", ".join(f"{status}: {count}" for status, count in known) + f", hung up: {run.statuses[None]}"
        total, seconds = sum(run.statuses.values()), time.monotonic() - began
        print(f"{store}: {total} requests in {seconds:.0f} s, seed {seed} ({sums})", flush=True)
        if fault:
            report(run, fault)
        return fault is None
    finally:
        run.clean()


def report(run, fault):
    print(f"{run.store}: {fault}\n--- the log\n{run.installation.log_end()}\n--- the last request\n{run.recent[-1]}")
    print("--- looking for the least that does it ...", flush=True)
    found = least([wire.request for wire in run.recent], fault, lambda: Run(run.store, run.seed))
    if found:
        print("--- the least that does it on a new server", *found, sep="\n\n", flush=True)
    else:
        before = run.recent[-20:-1]
        print("--- on a new server it does not happen; asked before it was", *before, sep="\n\n", flush=True)


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("stores", nargs="*", metavar="sqlite|postgres")
    reader.add_argument("--minutes", type=float, default=10)
    reader.add_argument("--requests", type=int, help="as many and not as long")
    asked = reader.parse_args()
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))

    def enough():
        end = time.monotonic() + asked.minutes * 60
        return lambda count: count >= asked.requests if asked.requests else time.monotonic() >= end

    return 0 if all([holds(store, seed, enough()) for store in asked.stores or ["sqlite", "postgres"]]) else 1


if __name__ == "__main__":
    sys.exit(main())
