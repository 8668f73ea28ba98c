"""How large what a worker says may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What the server takes, in bytes of UTF-8 unless the name says otherwise."""

    result: int = 262_144
    checkpoint: int = 262_144
    data: int = 65_536
    error: int = 4_096
    details: int = 16_384
    message: int = 1_024
    log_line: int = 8_192
    log_lines: int = 500
    """How many lines a batch may have."""

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Limits:
        """The limits that a session's answer names; the protocol's own for those that it does not."""
        return cls(
            members.get("resultBytes", cls.result),
            members.get("checkpointBytes", cls.checkpoint),
            members.get("dataBytes", cls.data),
            members.get("errorBytes", cls.error),
            members.get("detailsBytes", cls.details),
            members.get("messageBytes", cls.message),
            members.get("logLineBytes", cls.log_line),
            members.get("logLines", cls.log_lines),
        )
