"""Workers that are killed, frozen and ended, and a server that is; run where ERRAND_BINARY names it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from errand import Job

from .real_server import LEASE, PACKAGE, RealServerCase


class FaultTests(RealServerCase):
    def record(self, seconds: float) -> tuple[Job, Path]:
        """Submits a job that writes down when it begins and ends."""
        file = self.folder / "record"
        return self.client.submit("kit.record", {"file": str(file), "seconds": seconds}), file

    def wait_for_lines(self, file: Path, count: int) -> list[str]:
        """Waits until the file has so many lines; each without the job's id."""
        end = time.monotonic() + 20
        while True:
            lines = [line.split(" ", 1)[1] for line in file.read_text().splitlines()] if file.exists() else []
            if len(lines) >= count:
                return lines
            self.assertLess(time.monotonic(), end, f"There are only {lines}.")
            time.sleep(0.02)

    def test_a_killed_worker_is_followed_by_another_that_goes_on_from_the_checkpoint(self) -> None:
        first = self.conformance_worker()
        job = self.client.submit("kit.checkpoint", {"steps": 5, "dieAt": 3})
        first.wait(timeout=20)
        self.assertEqual(first.returncode, -signal.SIGKILL)
        self.conformance_worker()
        ended = self.client.wait(job.id, 20)
        self.assertEqual((ended.status, ended.result, ended.members["attempt"]), ("Completed", {"done": 5}, 1))

    def test_a_frozen_worker_drops_its_job_when_it_wakes(self) -> None:
        first = self.conformance_worker()
        job, file = self.record(seconds=1)
        self.wait_for_lines(file, 1)
        first.send_signal(signal.SIGSTOP)
        self.conformance_worker()
        ended = self.client.wait(job.id, 20)
        first.send_signal(signal.SIGCONT)
        fence = ended.result["fence"]
        lines = self.wait_for_lines(file, 4)
        self.assertEqual(lines, ["1 start", f"{fence} start", f"{fence} end", "1 stopped"])
        self.assertEqual(self.client.job(job.id).result, {"fence": fence})
        self.assertGreater(fence, 1)
        # It lives on, and runs jobs.
        self.assertEqual(self.client.wait(self.client.submit("kit.echo", {"a": 1}).id, 20).result, {"a": 1})
        self.assertIsNone(first.poll())

    def test_a_short_freeze_does_no_harm(self) -> None:
        worker = self.conformance_worker()
        job, file = self.record(seconds=1)
        self.wait_for_lines(file, 1)
        worker.send_signal(signal.SIGSTOP)
        time.sleep(LEASE / 4)
        worker.send_signal(signal.SIGCONT)
        self.assertEqual(self.client.wait(job.id, 20).result, {"fence": 1})

    def test_a_worker_that_is_told_to_end_gives_back_what_runs(self) -> None:
        first = self.conformance_worker()
        job, file = self.record(seconds=3)
        self.wait_for_lines(file, 1)
        began = time.monotonic()
        first.terminate()
        self.assertEqual(first.wait(timeout=20), 0)
        self.assertLess(time.monotonic() - began, 2.5)
        self.assertEqual(self.client.job(job.id).status, "Queued")
        self.conformance_worker()
        ended = self.client.wait(job.id, 20)
        self.assertEqual((ended.status, ended.members["attempt"]), ("Completed", 1))
        self.assertEqual(self.wait_for_lines(file, 4)[:2], ["1 start", "1 stopped"])

    def test_an_idle_worker_ends_at_once(self) -> None:
        worker = self.conformance_worker()
        self.assertEqual(self.client.wait(self.client.submit("kit.echo", {}).id, 20).status, "Completed")
        began = time.monotonic()
        worker.terminate()
        self.assertEqual(worker.wait(timeout=20), 0)
        self.assertLess(time.monotonic() - began, 1.9)

    def test_jobs_outlive_a_restart_of_the_server(self) -> None:
        self.conformance_worker()
        job, file = self.record(seconds=2 * LEASE)
        self.wait_for_lines(file, 1)
        self.server.stop()
        self.server.start()
        self.assertEqual(self.client.wait(job.id, 30).result, {"fence": 1})
        self.assertEqual(self.wait_for_lines(file, 2), ["1 start", "1 end"])

    def test_an_end_that_falls_into_a_restart_is_said_after_it(self) -> None:
        self.conformance_worker()
        job, file = self.record(seconds=0.5)
        self.wait_for_lines(file, 1)
        self.server.kill()
        self.wait_for_lines(file, 2)
        self.server.start()
        self.assertEqual(self.client.wait(job.id, 30).result, {"fence": 1})

    def test_the_example_runs(self) -> None:
        text = (PACKAGE / "examples/resize.py").read_text().replace("http://127.0.0.1:8080", self.server.url)
        example = self.folder / "resize.py"
        example.write_text(text)
        process = subprocess.Popen(
            [sys.executable, "-B", str(example)], env={"PYTHONPATH": str(PACKAGE)}, stderr=subprocess.PIPE, text=True
        )
        self.addCleanup(self._end, process)
        job = self.client.submit("resize", {"width": 640})
        self.assertEqual(self.client.wait(job.id, timeout=20).result, {"width": 320})
        process.terminate()
        _, errors = process.communicate(timeout=20)
        self.assertEqual((process.returncode, errors), (0, ""))
