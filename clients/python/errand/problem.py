"""The refusals of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .exchange import Response, Unreachable


@dataclass(frozen=True)
class ProblemPart:
    """What is wrong with one part of a request."""

    code: str
    """A word for a program."""
    detail: str
    """A sentence for a person."""
    pointer: str | None = None
    """A JSON pointer into the body; None for a parameter."""
    parameter: str | None = None
    """The parameter; None for the body."""


class Problem(Exception):
    """A request that the server refused, as a problem document (RFC 9457) says it.

    Attributes:
        type: What kind it is, in a word: "not-found", "lease-lost"; "unknown" where the answer was no problem document.
        status: The HTTP status.
        detail: What happened this time, for a person; may be empty.
        errors: What is wrong where.
        current_status: The job's status, where that is the reason.
        current_fence: The job's fence, where that is the reason.
        request_id: By what name the server's log knows the request.
        retry_after: In how many seconds another try may succeed, where the server said so.
    """

    def __init__(
        self,
        type: str,
        status: int,
        detail: str = "",
        *,
        members: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        members = members or {}
        self.type = type
        self.status = status
        self.detail = detail
        self.errors = _parts(members.get("errors"))
        self.current_status: str | None = members.get("currentStatus")
        self.current_fence: int | None = members.get("currentFence")
        self.request_id: str | None = members.get("requestId")
        self.retry_after = retry_after
        super().__init__(f"{type} ({status}){': ' if detail else ''}{detail}")

    @classmethod
    def of(cls, response: Response) -> Problem:
        """The problem that a response is.

        A proxy's page is one, too: of type "unknown", with nothing but its status.
        """
        members: Any = None
        if "json" in response.headers.get("content-type", ""):
            try:
                members = response.json()
            except Unreachable:
                pass  # Cut off on the way; its status still says something.
        if not isinstance(members, dict):
            return cls("unknown", response.status, retry_after=response.retry_after)
        type = re.split("[/#]", str(members.get("type", "unknown")))[-1]
        detail = members.get("detail") or members.get("title") or ""
        return cls(type, response.status, detail, members=members, retry_after=response.retry_after)


def _parts(errors: Any) -> list[ProblemPart]:
    return [
        ProblemPart(error.get("code", ""), error.get("detail", ""), error.get("pointer"), error.get("parameter"))
        for error in errors or []
        if isinstance(error, dict)
    ]
