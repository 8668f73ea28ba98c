"""What happened, in lines of JSON outside the store: the witness that the store is held against."""

import json
import os
import time


class Ledger:
    """A file to which several processes append; a line is on the disk before the writer goes on."""

    def __init__(self, path):
        self.path = path
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, event, **members):
        line = json.dumps({"event": event, "at": time.time(), **members}) + "\n"
        os.write(self.descriptor, line.encode())
        os.fsync(self.descriptor)

    def tail(self, size=1 << 20):
        """The last entries: those of about so many bytes."""
        with open(self.path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            lines = file.read().splitlines()
        # The first line may be half of one, the last one still to be written.
        return [json.loads(line) for line in lines[1:] if line.endswith(b"}")]

    def entries(self, event=None):
        with open(self.path, encoding="utf-8") as lines:
            entries = [json.loads(line) for line in lines]
        return [entry for entry in entries if event in (None, entry["event"])]
