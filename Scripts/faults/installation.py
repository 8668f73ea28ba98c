"""Several processes of errand on one PostgreSQL, as an installation on many machines has them."""

import os
import pathlib
import shutil
import tempfile

from compiling import compiled
from database import Database
from ledger import Ledger
from server import Server, Worker

CONFIGURATION = """\
store: "{store}"
files: {folder}/files
types:
  work: {{command: [{program}, {ledger}], grace: 1s}}
"""


class Installation:
    """A folder with the configuration, the program of its job type, ledger and logs, and a database for it.

    With a store named there is no database: then one process at a time works on it.
    """

    def __init__(self, *, lease, durable=False, more="", store=None):
        # In memory where there is such a place: a line of the ledger costs little there, and nothing ends the machine.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="errand-faults-", dir=memory))
        self.ledger = Ledger(str(self.folder / "ledger"))
        self.database = None if store else Database(durable=durable)
        self.environment = {"ERRAND_LEASE": f"{lease}s"}
        program = compiled("program.c", self.folder / "program")
        (self.folder / "errand.yaml").write_text(
            CONFIGURATION.format(
                store=store or self.database.url, folder=self.folder, program=program, ledger=self.ledger.path
            ) + more
        )

    def server(self, *arguments):
        """A server that listens and runs no job."""
        server = Server(self.folder, None, "--no-worker", *arguments, environment=self.environment)
        server.wait_until_listening()
        return server

    def worker(self, name, *arguments):
        worker = Worker(self.folder, name, *arguments, environment=self.environment)
        self.ledger.add("launched", worker=worker.pid)
        return worker

    def logs(self):
        """The lines of each process's log."""
        return {
            path.stem: path.read_text(encoding="utf-8", errors="replace").splitlines()
            for path in sorted(self.folder.glob("*.log"))
        }

    def close(self, broken):
        """Stops the database; the folder is kept where something is broken."""
        if self.database:
            self.database.close()
        if not broken:
            shutil.rmtree(self.folder)
