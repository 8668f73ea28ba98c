"""Processes that the kit starts, and that end with it."""

import contextlib
import os
import signal
import subprocess


def environment(**more):
    """That of the kit without what configures Errand, which is the kit's to say."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ERRAND_", "CONFORMANCE_"))}
    if "ERRAND_TEST_RUN" in os.environ:  # By which a test runner finds what was left running.
        kept["ERRAND_TEST_RUN"] = os.environ["ERRAND_TEST_RUN"]
    return {**kept, **more}


class Process:
    """One life of a process in a group of its own; what it says on standard error goes to a file."""

    def __init__(self, command, log, variables, folder=None, stdout=None):
        self.log = log
        with open(log, "ab") as file:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment(**variables), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=stdout or file, stderr=file,
            )

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """Ends it as a crash does, with all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self, seconds):
        """The exit code; None when it has not ended in time."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def said(self, count=10):
        """The last lines that it wrote."""
        with open(self.log, encoding="utf-8", errors="replace") as lines:
            return "".join(lines.readlines()[-count:])
