"""Files that become results."""

from __future__ import annotations

import io
import mimetypes
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from ..exchange import Request
from .job_calls import JobCalls
from .run import Run

PIECE = 1 << 18
"""How many bytes are written at a time."""


class Upload:
    """A file on its way to the server."""

    def __init__(self, source: bytes | str | os.PathLike[str], filename: str | None) -> None:
        """Sends nothing yet.

        Parameters:
            source: The content, or the path of the file that has it.
            filename: How it should be called; None for the name in the path.

        Raises:
            ValueError: There is no name.
            OSError: The file cannot be read.
        """
        if isinstance(source, (bytes, bytearray, memoryview)):
            content = bytes(source)
            self._open: Callable[[], BinaryIO] = lambda: io.BytesIO(content)
            self._size = len(content)
        else:
            path = Path(source)
            self._open = lambda: path.open("rb")
            self._size = path.stat().st_size
            filename = filename or path.name
        if not filename:
            raise ValueError("The file needs a name.")
        self._filename = filename

    def request(self, run: Run) -> Request:
        """The request that sends it, from its beginning."""
        headers = {
            "Content-Type": mimetypes.guess_type(self._filename)[0] or "application/octet-stream",
            "Content-Length": str(self._size),
        }
        path = f"/api/worker/jobs/{quote(run.claim.id, safe='')}/result-upload"
        query = f"?filename={quote(self._filename, safe='')}"
        return Request("POST", path + query, self._pieces(run), JobCalls.lease_of(run) | headers)

    def _pieces(self, run: Run) -> Iterator[bytes]:
        """The content, for as long as the run may write it: a large file can outlast a lease that is not renewed."""
        with self._open() as file:
            left = self._size
            while left > 0 and (piece := file.read(min(PIECE, left))):
                run.check()
                left -= len(piece)
                yield piece
        if left > 0:
            raise ValueError(f"{self._filename} has become shorter while it was sent.")
