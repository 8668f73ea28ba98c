"""Requests and their answers, whatever carries them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from .json_text import JSON, decode

TRANSIENT = frozenset({429, 502, 503, 504})
"""Statuses that say "not now": the same request may succeed later."""


class Unreachable(ConnectionError):
    """A request had no answer.

    Attributes:
        sent: Whether the server may have received the request, and acted on it.
        retry_after: None; a `Problem` has it, too, and says more.
    """

    retry_after: float | None = None

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


@dataclass(frozen=True)
class Request:
    """A request to the API."""

    method: str
    """The HTTP method."""
    path: str
    """The path and query, after the installation's URL."""
    body: bytes | Iterable[bytes] | None = None
    """The body; one in parts needs its Content-Length among the headers."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header fields beside those that every request has."""
    hold: float = 0.0
    """For how many seconds the server was asked to hold the answer back; added to the time allowed for it."""
    after: float = 0.0
    """How many seconds to pause before it is sent."""
    repeatable: bool = True
    """Whether sending it twice does no more than sending it once."""


@dataclass(frozen=True)
class Response:
    """An answer of the API."""

    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The header fields, with names in lower case."""
    body: bytes = b""
    """The whole body."""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> JSON:
        """The body's value.

        Raises:
            Unreachable: The body is no JSON, so what answered is not the API.
        """
        try:
            return decode(self.body)
        except ValueError:
            raise self._foreign() from None

    def members(self) -> dict[str, Any]:
        """The members of the body's object.

        Raises:
            Unreachable: The body is no JSON object, so what answered is not the API.
        """
        value = self.json()
        if not isinstance(value, dict):
            raise self._foreign()
        return value

    def _foreign(self) -> Unreachable:
        return Unreachable(f"What answered with status {self.status} is not Errand.", sent=True)

    @property
    def retry_after(self) -> float | None:
        """For how many seconds `Retry-After` asks to wait; None where it says nothing that can be understood."""
        text = self.headers.get("retry-after", "").strip()
        if text.isdecimal():
            return float(text)
        try:
            date = parsedate_to_datetime(text)
        except ValueError:
            return None
        # "-0000" says that the zone is not known; HTTP has no other than GMT.
        aware = date if date.tzinfo else date.replace(tzinfo=timezone.utc)
        return max(0.0, (aware - datetime.now(timezone.utc)).total_seconds())
