"""JSON as the server reads and writes it."""

from __future__ import annotations

import json
from typing import Any

JSON = Any
"""What JSON can say: None, bool, int, float, str, lists, and dicts with str keys."""


def encode(value: JSON) -> bytes:
    """A value as JSON in UTF-8, in as few bytes as possible: limits are in bytes.

    Raises:
        TypeError: Something in the value has no JSON form.
        ValueError: The value has NaN, an infinity, a lone surrogate or itself in it.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def decode(text: bytes) -> JSON:
    """The value of a JSON text.

    Raises:
        ValueError: The text is no JSON.
    """
    return json.loads(text)


def cut(text: str, limit: int) -> str:
    """A text without what the server refuses, cut to a number of bytes of UTF-8.

    NUL and lone surrogates come from other programs' output and from file names; a message with a mark in their place
    says more than a refused one.
    """
    clean = text.replace("\0", "\ufffd").encode("utf-8", "replace")
    return clean.decode() if len(clean) <= limit else clean[:limit].decode("utf-8", "ignore")
