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
lease: {lease}
types:
  work: {{command: [{program}, {ledger}], grace: 1s}}
"""


class Installation:
    """A database, and a folder with the configuration, the program of its job type, ledger and logs."""

    def __init__(self, *, lease, durable=False, more=""):
        # In memory where there is such a place: a line of the ledger costs nothing there. Nothing here ends the machine.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="errand-faults-", dir=memory))
        self.ledger = Ledger(str(self.folder / "ledger"))
        self.database = Database(durable=durable)
        self.lease = lease
        program = compiled("program.c", self.folder / "program")
        (self.folder / "errand.yaml").write_text(
            CONFIGURATION.format(
                store=self.database.url, folder=self.folder, lease=f"{lease}s", program=program,
                ledger=self.ledger.path,
            ) + more
        )

    def server(self, *arguments):
        """A server that listens and runs no job."""
        server = Server(self.folder, None, "--no-worker", *arguments)
        server.wait_until_listening()
        return server

    def worker(self, name, *arguments):
        return Worker(self.folder, name, *arguments)

    def logs(self):
        """The lines of each process's log."""
        return {
            path.stem: path.read_text(encoding="utf-8", errors="replace").splitlines()
            for path in sorted(self.folder.glob("*.log"))
        }

    def close(self, broken):
        """Stops the database; the folder is kept where something is broken."""
        self.database.close()
        if not broken:
            shutil.rmtree(self.folder)
