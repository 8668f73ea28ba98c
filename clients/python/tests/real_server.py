"""Errand itself, for tests that a fake server cannot replace."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from errand import Client

PACKAGE = Path(__file__).parent.parent
BINARY = os.environ.get("ERRAND_BINARY")
LEASE = 2.0
"""Seconds; short, because tests that need a lease to run out wait for it."""
KIT = ("echo", "sleep", "record", "fail", "checkpoint", "log", "large", "upload")
CONFIGURATION = f"lease: {LEASE:.0f}s\ntypes:\n" + "".join(
    f"  {name}: {{external: true}}\n" for name in ("resize", "work", *(f"kit.{name}" for name in KIT))
)
CONFIGURATION += "  shaky: {external: true, maxAttempts: 2}\n"


class RealServer:
    """A server in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "errand.yaml").write_text(CONFIGURATION)
        self._port = 0
        self.start()
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Starts it, at its port of before if there was one."""
        assert BINARY
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [BINARY, "serve", "--port", str(self._port), "--config", "errand.yaml"],
                cwd=self._folder,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout
        for line in self._process.stdout:
            if found := re.search(r"Listening on http://127\.0\.0\.1:(\d+)", line):
                self._port = int(found[1])
                return
        raise AssertionError(f"The server did not start: {(self._folder / 'server.log').read_text()}")

    def stop(self) -> None:
        """Ends it as an operator does."""
        self._process.terminate()
        self._process.communicate(timeout=20)

    def kill(self) -> None:
        """Ends it as a crash does."""
        self._process.kill()
        self._process.communicate(timeout=20)

    def get(self, path: str) -> Any:
        """What the API answers to a path."""
        with urlopen(self.url + path, timeout=10) as response:
            return json.load(response)

    def delete(self, path: str) -> int:
        """Deletes something; the status."""
        with urlopen(Request(self.url + path, method="DELETE"), timeout=10) as response:
            status: int = response.status
            return status


@unittest.skipUnless(BINARY, "ERRAND_BINARY names no server.")
class RealServerCase(unittest.TestCase):
    """Starts a server for a class of tests, and ends what its tests have started."""

    server: RealServer
    _folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls._folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._folder.cleanup)
        cls.server = RealServer(Path(cls._folder.name))
        cls.addClassCleanup(lambda: cls.server.stop())

    def setUp(self) -> None:
        self.client = Client(self.server.url)
        self.addCleanup(self.client.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def conformance_worker(self, slots: int = 4) -> subprocess.Popen[str]:
        """Starts the conformance kit's worker in a process of its own."""
        process = subprocess.Popen(
            [sys.executable, "-B", str(PACKAGE / "conformance_worker.py")],
            env=os.environ | {"ERRAND_URL": self.server.url, "ERRAND_KEY": "", "CONFORMANCE_SLOTS": str(slots)},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> None:
        # Not killed: a claim of a dead worker would be given the next test's job.
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)
