"""A job as it was claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..json_text import JSON
from .lease import Lease


@dataclass(frozen=True)
class Claim:
    """What a worker is given to run."""

    id: str
    """The job's identifier."""
    number: int
    """Its number, for people."""
    type: str
    """What should run it."""
    queue: str
    """Where it waited."""
    payload: JSON
    """What it should work on."""
    attempt: int
    """Which attempt this is, from 1."""
    max_attempts: int
    """After how many attempts it fails for good."""
    lost_count: int
    """How many runs in a row were lost, without a word from their worker."""
    project_id: str | None
    """The project it belongs to."""
    tenant_id: str | None
    """The tenant it belongs to."""
    checkpoint: JSON
    """What the run before saved last; None where there is nothing."""
    created_at: str
    """When it was submitted, as RFC 3339 writes it."""
    created_by: str | None
    """Who submitted it."""
    traceparent: str | None
    """The trace it belongs to (W3C Trace Context)."""
    deadline_in: float | None
    """How many seconds the run may take; None for no limit."""
    lease: Lease
    """The right to write to it."""

    @classmethod
    def of(cls, members: Mapping[str, Any], sent_at: float) -> Claim:
        """The claim that one job of an answer is; `sent_at` is when the request was sent.

        Raises:
            KeyError: A member is missing that no job is without.
        """
        lease = members["lease"]
        return cls(
            id=members["id"],
            number=members.get("number", 0),
            type=members["type"],
            queue=members.get("queue", ""),
            payload=members.get("payload"),
            attempt=members.get("attempt", 1),
            max_attempts=members.get("maxAttempts", 1),
            lost_count=members.get("lostCount", 0),
            project_id=members.get("projectId"),
            tenant_id=members.get("tenantId"),
            checkpoint=members.get("checkpoint"),
            created_at=members.get("createdAt", ""),
            created_by=members.get("createdBy"),
            traceparent=members.get("traceparent"),
            deadline_in=members.get("deadlineIn"),
            lease=Lease(lease["token"], lease["fence"], sent_at, lease["expiresIn"]),
        )
