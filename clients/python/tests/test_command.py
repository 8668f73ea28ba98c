"""`python -m errand.worker`, and signals, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from .fake_server import FakeServer
from .manual_clock import PATIENCE

PACKAGE = Path(__file__).parent.parent
MODULE = """
import asyncio, os, time
from errand import AsyncWorker, Worker

plain = Worker(os.environ["URL"], grace=0.05)
loop = AsyncWorker(os.environ["URL"], grace=0.05)

@plain.job("work")
def work(job):
    while True:
        time.sleep(0.01)

@loop.job("work")
async def work(job):
    await asyncio.Event().wait()

@loop.job("block")
async def block(job):
    while True:
        time.sleep(0.01)

nothing = 1
"""


class CommandTests(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.addCleanup(self.server.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "jobs.py").write_text(MODULE)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-B", "-W", "error", "-m", "errand.worker", *arguments],
            env=os.environ | {"PYTHONPATH": str(PACKAGE), "URL": self.server.url},
            cwd=self.folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE)

    def end_once(self, name: str, word: signal.Signals) -> None:
        """Sends a worker whose job goes on a signal."""
        process = self.start(f"jobs:{name}")
        self.server.give()
        self.server.wait_for("claim", 2)
        process.send_signal(word)
        _, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(len(self.server.calls("release")), 1)
        self.assertEqual(self.server.calls()[-1].name, "end-session")
        self.assertEqual(self.server.calls("heartbeat")[-1].json["state"], "stopping")

    def test_a_signal_gives_back_what_runs_and_ends_with_0(self) -> None:
        self.end_once("plain", signal.SIGTERM)

    def test_a_signal_gives_back_what_runs_in_a_loop_and_ends_with_0(self) -> None:
        self.end_once("loop", signal.SIGINT)

    def end_twice(self, name: str) -> None:
        """Sends a worker whose job goes on two signals."""
        (self.folder / "patient.py").write_text(MODULE.replace("grace=0.05", "grace=1000"))
        process = self.start(f"patient:{name}")
        self.server.give()
        self.server.wait_for("claim", 2)
        process.send_signal(signal.SIGTERM)
        self.server.wait_for("heartbeat")  # It says that it stops.
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual(self.server.calls("heartbeat")[-1].json["state"], "stopping")
        self.assertEqual(self.server.calls("release", "end-session"), [])

    def test_a_second_signal_ends_it_at_once(self) -> None:
        self.end_twice("plain")

    def test_a_second_signal_ends_an_asynchronous_one_at_once(self) -> None:
        self.end_twice("loop")

    def test_a_signal_is_heard_even_while_a_handler_blocks_the_loop(self) -> None:
        process = self.start("jobs:loop")
        self.server.give(type="block")
        self.server.wait_for("claim", 2)
        process.send_signal(signal.SIGTERM)
        self.server.wait_for("release")
        self.server.wait_for("end-session")

    def test_what_is_no_worker_is_refused(self) -> None:
        for arguments, words in (([], "usage"), (["jobs"], "usage"), (["jobs:nothing"], "no worker 'nothing'")):
            with self.subTest(arguments=arguments):
                process = self.start(*arguments)
                _, errors = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, 2)
                self.assertIn(words, errors)
