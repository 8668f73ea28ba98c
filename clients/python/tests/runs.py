"""Runs for tests that need no server."""

from __future__ import annotations

from typing import Any

from errand.worker.claim import Claim
from errand.worker.limits import Limits
from errand.worker.run import Run

from .manual_clock import ManualClock


def make_run(clock: ManualClock | None = None, limits: Limits | None = None, **members: Any) -> Run:
    """A run of job 1 with fence 7 and a lease of 30 s from now."""
    clock = clock or ManualClock()
    lease = {"token": "secret", "fence": 7, "expiresIn": 30}
    claim = Claim.of({"id": "job-1", "number": 1, "type": "work", "lease": lease} | members, clock.now())
    return Run(claim, limits or Limits(), clock)
