"""A server that asks for keys and has something of everything: jobs in each state, files, a dataset, leases."""

import atexit
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

from database import Database
from server import Server, binary

ROOT = pathlib.Path(__file__).parent.parent.parent
CONFIGURATION = """\
# The run sends wrong credentials to every operation.
limits: {{wrongCredentials: 1000000}}
types:
  wordcount: {{command: [{python}, {root}/Examples/wordcount.py]}}
  broken: {{command: ["false"], maxAttempts: 1}}
  work: {{external: true, queue: work, maxAttempts: 3}}
"""
SCOPES = "jobs:read,jobs:write,jobs:operate,queues:operate,worker,admin"
# The calls of a worker about a job: each gets a lease of its own, as some end it.
CALLS = ["progress", "logs", "checkpoint", "result-upload", "complete", "fail", "release", "cancelled"]


class SeededServer:
    """`errand serve` on a temporary folder; `names` are the things in it, as schemathesis.toml knows them."""

    def __init__(self, store):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="errand-schemathesis-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.database = Database() if store == "postgres" else None
        self.store = ["--store", self.database.url] if self.database else ["--store", "sqlite:errand.db"]
        configuration = CONFIGURATION.format(python=sys.executable, root=ROOT)
        (self.folder / "errand.yaml").write_text(configuration)
        if self.database:
            self.command("migrate")
        self.key = self.make_key("run", "--tenant", "default")
        self.names = {
            "ERRAND_RUN_KEY": self.key["key"],
            "ERRAND_INSTALLATION_KEY": self.make_key("metrics", "--installation")["key"],
            "ERRAND_RUN_KEY_ID": self.key["id"],
            "ERRAND_OTHER_KEY_ID": self.make_key("other", "--tenant", "default")["id"],
        }
        self.server = Server(self.folder, None, "--auth", "keys", *self.store)
        self.server.wait_until_listening()
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.fill()
        self.beating = threading.Event()
        threading.Thread(target=self.beat, daemon=True).start()

    def make_key(self, name, *reach):
        return json.loads(self.command("keys", "create", name, "--scopes", SCOPES, *reach, "--json"))

    def command(self, *words):
        """What a command on the store itself says; ends everything when it fails."""
        arguments = [binary(), *words, "--config", "errand.yaml", *self.store]
        done = subprocess.run(arguments, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"errand {' '.join(words)}: {done.stderr}")
        return done.stdout

    def ask(self, method, path, body=None, more=None):
        """An answer of the server; ends everything when it is no success."""
        headers = {"Authorization": f"Bearer {self.key['key']}", **(more or {})}
        status, fields, answer = self.server.ask(method, path, body, headers=headers)
        if status >= 300:
            sys.exit(f"{method} {path}: {status} {answer}")
        return status, fields, answer

    def submit(self, **job):
        return self.ask("POST", "/api/jobs", job, {"Prefer": "wait=60"} if job["type"] != "work" else {})[2]

    def fill(self):
        """Something of everything."""
        csv = b"name,count\n" + b"".join(b"row %d,%d\n" % (row, row) for row in range(300))
        upload = self.ask("POST", "/api/uploads?filename=rows.csv", csv, {"Content-Type": "text/csv"})[2]
        source = {"source": {"upload": upload["uploadId"]}, "dataset": "rows"}
        self.submit(type="Import", projectId="demo", payload=source)
        exported = self.submit(type="Export", projectId="demo", payload={"dataset": "rows"})
        counted = self.submit(type="wordcount", payload={"text": "to be or not to be"}, tags=["words"])
        failed = self.submit(type="broken", projectId="demo")
        for job in (exported, counted, failed):
            if job["status"] == "Queued":
                sys.exit(f"a job did not end: {job}")
        for number in range(20):
            self.submit(type="work", projectId="demo", payload={"number": number})
        link = self.ask("GET", f"/api/jobs/{exported['id']}/result?redirect=false")[2]
        self.names |= {
            "ERRAND_COUNTED": str(counted["number"]), "ERRAND_EXPORTED": str(exported["number"]),
            "ERRAND_FILE": link["filename"], "ERRAND_TOKEN": link["url"].rsplit("/", 1)[1],
        }
        self.lease()

    def lease(self):
        """Sessions of workers, and a job for each call about one."""
        session = {"name": "schemathesis", "types": ["work"], "slots": 100}
        opened = [self.ask("POST", "/api/worker/sessions", session)[2]["workerId"] for _ in range(2)]
        self.names |= {"ERRAND_WORKER": opened[0], "ERRAND_OTHER_WORKER": opened[1]}
        claim = {"workerId": opened[0], "max": len(CALLS)}
        jobs = self.ask("POST", "/api/worker/claim", claim)[2]["jobs"]
        self.held = [{"id": job["id"], **{name: job["lease"][name] for name in ("fence", "token")}} for job in jobs]
        for call, held in zip(CALLS, self.held, strict=True):
            name = call.replace("-", "_").upper()
            self.names |= {f"ERRAND_{name}_JOB": held["id"], f"ERRAND_{name}_LEASE": held["token"]}
            self.names |= {f"ERRAND_{name}_FENCE": str(held["fence"])}
        self.ask("POST", f"/api/jobs/{self.held[-1]['id']}/cancel")

    def beat(self):
        """Renews the leases until the end."""
        while not self.beating.wait(5):
            beat = {"state": "run", "jobs": self.held}
            self.server.ask("POST", f"/api/worker/sessions/{self.names['ERRAND_WORKER']}/heartbeat", beat, headers={
                "Authorization": f"Bearer {self.key['key']}"})

    def stop(self):
        """Ends the server as an operator does; its exit code."""
        self.beating.set()
        self.server.terminate()
        return self.server.end(60)

    def clean(self):
        """Leaves nothing behind, whatever happened."""
        self.beating.set()
        if self.server.process.poll() is None:
            self.server.kill()
        if self.database:
            self.database.close()
