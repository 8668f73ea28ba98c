"""A job as the API shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .json_text import JSON

ENDED = frozenset({"Completed", "Failed", "Cancelled"})
"""The statuses in which a job has ended."""


@dataclass(frozen=True)
class Failure:
    """Why a job failed."""

    code: str
    """A word for a program."""
    message: str
    """A sentence for a person."""
    details: JSON = None
    """What else its handler said."""


@dataclass(frozen=True)
class Job:
    """The state of a job at one moment."""

    id: str
    """Its identifier, a UUID."""
    number: int
    """Its number, for people."""
    type: str
    """What runs it."""
    status: str
    """Queued, Running, Completed, Failed or Cancelled."""
    progress: int
    """How far it is, in percent."""
    result: JSON
    """What it gave, where that is JSON; None until it has completed."""
    failure: Failure | None
    """Why it failed, or why its last run did."""
    members: Mapping[str, Any]
    """All that the server said about it, by the names that the API has."""
    tags: tuple[str, ...] = ()
    """The tags that it was submitted with."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """The submitter's own object; what looks like a secret in it is not shown."""

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Job:
        """The job that an answer of the server describes."""
        failure = members.get("failure")
        return cls(
            id=members["id"],
            number=members["number"],
            type=members["type"],
            status=members["status"],
            progress=members.get("progress") or 0,
            result=members.get("result"),
            failure=Failure(failure["code"], failure["message"], failure.get("details")) if failure else None,
            members=members,
            tags=tuple(members.get("tags") or ()),
            metadata=members.get("metadata") or {},
        )

    @property
    def has_ended(self) -> bool:
        """Whether it is Completed, Failed or Cancelled."""
        return self.status in ENDED
