"""Processes under test: a real `errand serve` with a client that knows it may die, and a real `errand worker`."""

import http.client
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
CONFIGURATION = """\
types:
  work: {{command: [{python}, {program}, {ledger}], grace: 1s}}
"""


class Unanswered(Exception):
    """The server died, or did not answer; what was asked may or may not have happened."""


def binary():
    path = os.environ.get("ERRAND_BINARY") or str(HERE.parent.parent / ".build/release/errand")
    if not os.access(path, os.X_OK):
        sys.exit(f"There is no errand at {path}: build it with Scripts/build, or name one with ERRAND_BINARY.")
    return os.path.abspath(path)


class Process:
    """One life of a process of errand, from its start to its end; what it logs is appended to NAME.log."""

    def __init__(self, folder, name, arguments, environment=None):
        self.folder = pathlib.Path(folder)
        self.log = open(self.folder / f"{name}.log", "ab")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ERRAND_")}
        if "ERRAND_TEST_RUN" in os.environ:  # By which the test runner finds what was left running.
            kept["ERRAND_TEST_RUN"] = os.environ["ERRAND_TEST_RUN"]
        self.process = subprocess.Popen(
            [binary(), *arguments], cwd=self.folder, env={**kept, **(environment or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
        )

    @property
    def pid(self):
        return self.process.pid

    def kill(self):
        self.process.kill()
        self.end()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def end(self, seconds=None):
        """Waits for the end; the exit code."""
        code = self.process.wait(seconds)
        self.process.stdout.close()
        self.log.close()
        return code


class Worker(Process):
    """One life of `errand worker`, with the configuration that is in its folder."""

    def __init__(self, folder, name, *arguments, environment=None):
        super().__init__(folder, name, ["worker", "--config", "errand.yaml", *arguments], environment)


class Server(Process):
    """One life of `errand serve`; with a ledger it makes the configuration, else it takes what is there."""

    def __init__(self, folder, ledger, *arguments, environment=None):
        if ledger is not None:
            (pathlib.Path(folder) / "errand.yaml").write_text(
                CONFIGURATION.format(python=sys.executable, program=HERE / "program.py", ledger=ledger.path)
            )
        serve = ["serve", "--port", "0", "--config", "errand.yaml", *arguments]
        super().__init__(folder, "server", serve, environment)
        self.port = None

    def wait_until_listening(self, seconds=30):
        """Reads the port it chose; raises `Unanswered` when it ends before it says one."""
        text, end = b"", time.monotonic() + seconds
        while b"\n" not in text:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            if not chunk:
                raise Unanswered(f"the server said {text!r} and not where it listens; see {self.log.name}")
            text += chunk
        self.port = int(text.split(b"\n")[0].rsplit(b":", 1)[1])

    def ask(self, method, path, body=None, content_type="application/json", seconds=20, headers=None):
        """The status, the headers and the parsed body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
            kind = {"Content-Type": content_type} if data is not None else {}
            connection.request(method, path, data, {**kind, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text.startswith((b"{", b"[")) else text
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            raise Unanswered(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()

    def unfinished(self):
        status, _, jobs = self.ask("GET", "/api/jobs?status=Queued,Running&limit=200")
        if status != 200:
            raise Unanswered(f"listing jobs: {status} {jobs}")
        return jobs
