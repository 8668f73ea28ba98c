"""Results that are files."""

from __future__ import annotations

import hashlib
import os
import shutil
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen


@dataclass(frozen=True)
class ResultFile:
    """A job's result that is a file: a link to it, which is valid for some minutes."""

    url: str
    """Where it can be fetched, without a key: whoever has the link can read the file."""
    filename: str | None = None
    """Its name."""
    size: int | None = None
    """How many bytes it has."""
    sha256: str | None = None
    """The SHA-256 of its content, in hexadecimal."""

    @classmethod
    def of(cls, members: Mapping[str, Any], base: str) -> ResultFile:
        """The file that an answer of the server describes; `base` is the URL that was asked."""
        url = urljoin(base, members["url"])
        return cls(url, members.get("filename"), members.get("size"), members.get("sha256"))

    def save(self, path: str | os.PathLike[str], *, timeout: float = 60.0, tls: ssl.SSLContext | None = None) -> None:
        """Fetches it.

        Parameters:
            path: The file to write; one that is there is replaced.
            timeout: For how many seconds the server may be silent.
            tls: How to check the server's certificate; None for the machine's way.

        Raises:
            OSError: It cannot be fetched or written, or is not what the server said it would be.
        """
        with urlopen(self.url, timeout=timeout, context=tls) as source, open(path, "w+b") as target:
            shutil.copyfileobj(source, target)
            target.seek(0)
            if self.sha256 and _sha256(target) != self.sha256.lower():
                raise OSError(f"{self.filename or self.url} came with another content than it should have.")


def _sha256(file: Any) -> str:
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()
