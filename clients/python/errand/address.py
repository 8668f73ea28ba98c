"""Where an installation is, and how to be let in."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from urllib.parse import urlsplit

from .exchange import Request

VERSION = "0.1.0"
"""The version of this package."""


class Address:
    """An installation's URL and key, in the parts that a connection needs. The key is never shown."""

    def __init__(self, url: str, key: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        """Takes a URL apart.

        Parameters:
            url: The installation, such as `https://errand.example`; with a path where a proxy adds one.
            key: An API key; None or empty where the installation asks for none.
            tls: How to check the server's certificate; None for the machine's way.

        Raises:
            ValueError: The URL or the key cannot be one.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the URL of an installation, such as http://127.0.0.1:8080.")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("The URL of an installation has no user, query or fragment; give the key as key.")
        # Checked here because the standard library would quote a key it cannot send in its error.
        if key and not all("!" <= character <= "~" for character in key):
            raise ValueError("The key has characters that no key has.")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.path = parts.path.rstrip("/")
        self.url = url
        self.tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._key = key

    def headers(self, request: Request) -> dict[str, str]:
        """All header fields of a request but those that say how it is carried.

        Raises:
            ValueError: A value has a line break or another control character.
        """
        headers = {"Accept": "application/json, application/problem+json", "User-Agent": f"errand-python/{VERSION}"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        headers |= request.headers
        for name, value in headers.items():
            if any(character < " " for character in value):
                raise ValueError(f"{name} has a control character.")
        return headers

    def __repr__(self) -> str:
        return f"Address({self.host}:{self.port}{self.path})"


def lowered(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header fields with their names in lower case, as `Response` has them."""
    return {name.lower(): value for name, value in fields}
