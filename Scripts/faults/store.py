"""The store's file, read after its owner has closed it."""

import json
import sqlite3
import uuid

STATUSES = ["Queued", "Running", "Completed", "Failed", "Cancelled"]
JOBS = "SELECT jobs.*, lanes.type FROM jobs JOIN lanes USING (lane)"
COUNTS = """
    SELECT lane, ifnull(project, 0), sum(status = 0), sum(status = 1), sum(status = 2), sum(status = 3), sum(status = 4)
    FROM jobs GROUP BY 1, 2
"""
KEPT_COUNTS = """
    SELECT lane, project, queued, running, completed, failed, cancelled FROM job_counts
    WHERE queued <> 0 OR running <> 0 OR completed <> 0 OR failed <> 0 OR cancelled <> 0
"""


class Store:
    """Every job of the file by its identifier, and what else there is to check."""

    def __init__(self, database):
        """Takes the path of the file, or a connection to a copy of it."""
        self.database = database if isinstance(database, sqlite3.Connection) else sqlite3.connect(database)
        self.database.row_factory = sqlite3.Row
        self.jobs = {job["id"]: job for job in map(self._job, self.database.execute(JOBS))}

    def _job(self, row):
        job = dict(row)
        job["id"] = str(uuid.UUID(bytes=row["id"]))
        job["status"] = STATUSES[row["status"]]
        errors = row["errors"] if isinstance(row["errors"], str) else self._long_errors(row)
        # a attempt, f fence, s started, e ended, o outcome, c code
        job["errors"] = json.loads(errors) if errors else []
        job["result"] = json.loads(row["result"]) if row["result"] else None
        return job

    def _long_errors(self, row):
        """A text over 2 KiB is kept in a table of its own; the column then holds an empty blob."""
        if row["errors"] is None:
            return None
        texts = self.database.execute(
            "SELECT text FROM job_texts WHERE place BETWEEN ?1 * 8 AND ?1 * 8 + 7", (row["number"],)
        )
        return next(text for (text,) in texts if text.startswith('[{"a":'))

    def integrity(self):
        return "; ".join(row[0] for row in self.database.execute("PRAGMA integrity_check"))

    def counts(self):
        """What counting gives, and what was kept."""
        return [sorted(map(tuple, self.database.execute(sql))) for sql in (COUNTS, KEPT_COUNTS)]

    def dataset(self, name):
        """The rows that readers see; None when there is no such dataset."""
        found = self.database.execute("SELECT generation FROM datasets WHERE name = ?", (name,)).fetchone()
        if found is None:
            return None
        rows = self.database.execute("SELECT cells FROM dataset_rows WHERE generation = ? ORDER BY position", found[:1])
        return [json.loads(cells) for (cells,) in rows]
