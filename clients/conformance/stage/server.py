"""The server under which workers are tested: one of the kit's own, or one that runs already."""

import os
import secrets
import select
import signal
import subprocess
import time
from stage.patience import patient
from urllib.parse import urlsplit

from stage.failure import Failed
from stage.process import Process, environment
from wire.proxy import Target

TYPES = ("echo", "sleep", "record", "fail", "checkpoint", "log", "large", "upload")
# Short, so that losing one takes no time.
LEASE_SECONDS = 2
CONFIGURATION = "lease: {lease}s\ntypes:\n{types}"
KIT_SCOPES = "jobs:read,jobs:write,jobs:operate,queues:operate,admin"


class GivenServer:
    """A server that somebody else runs; it is neither stopped nor killed."""

    can_be_killed = False

    def __init__(self, url, key):
        parts = urlsplit(url)
        self.target = Target(parts.hostname, parts.port or 80)
        self.kit_key = self.worker_key = key

    def outlive_claims(self, seconds):
        """Returns when claims that nobody reads any more can be given no jobs: once they do not wait any longer."""
        time.sleep(seconds)

    def close(self):
        """Leaves it as it is."""


class OwnServer:
    """A server in a folder of its own, which wants keys: one for the kit, and one that may only work."""

    can_be_killed = True

    def __init__(self, binary, folder, store=None):
        self.binary, self.folder = os.path.abspath(binary), folder
        self.store = ["--store", store] if store else []
        self.target = Target("127.0.0.1", 0)
        types = "".join(f"  kit.{name}: {{external: true}}\n" for name in TYPES)
        (folder / "errand.yaml").write_text(CONFIGURATION.format(lease=LEASE_SECONDS, types=types))
        self._run("migrate")  # PostgreSQL takes no key before that.
        name = f"conformance-{secrets.token_hex(4)}"
        self.kit_key = self._key(name, KIT_SCOPES)
        self.worker_key = self._key(f"{name}-worker", "worker")
        self.process = None
        self.start()

    def _key(self, name, scopes):
        """Makes a key in the store; its secret."""
        said = self._run("keys", "create", name, "--scopes", scopes)
        return next(word for word in said.split() if word.startswith("ek_"))

    def _run(self, *words):
        """Runs a command of errand on the store; what it says."""
        command = [self.binary, *words, "--config", "errand.yaml", *self.store]
        done = subprocess.run(
            command, cwd=self.folder, env=environment(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        """Starts it on what is in its store; returns once it listens."""
        command = [self.binary, "serve", "--port", "0", "--config", "errand.yaml", "--auth", "keys", *self.store]
        self.process = Process(command, self.folder / "server.log", {}, self.folder, subprocess.PIPE)
        line = self._first_line(patient(30))
        if not line.startswith("Listening on http://"):
            raise Failed(f"the server said {line!r} and not where it listens:\n{self.process.said()}")
        self.target.port = urlsplit(line.split()[-1]).port

    def _first_line(self, seconds):
        text, end, pipe = b"", time.monotonic() + seconds, self.process.process.stdout
        while b"\n" not in text:
            ready, _, _ = select.select([pipe], [], [], max(0, end - time.monotonic()))
            chunk = os.read(pipe.fileno(), 4096) if ready else b""
            if not chunk:
                break
            text += chunk
        return text.split(b"\n")[0].decode()

    def outlive_claims(self, seconds):
        """Returns when claims that nobody reads any more can be given no jobs: a server that is started has none."""
        self.close()
        self.start()

    def kill(self):
        """Ends it as a crash does."""
        self.process.kill()
        self.process.process.stdout.close()

    def close(self):
        """Asks it to stop; what does not within ten seconds is killed."""
        if self.process is None or not self.process.is_alive:
            return
        self.process.signal(signal.SIGTERM)
        if self.process.wait(patient(10)) is None:
            self.process.kill()
        self.process.process.stdout.close()
