"""A PostgreSQL server of one's own, and the jobs that a store left in it."""

import json
import pathlib
import shutil
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).parent.parent / "postgres-test-server"
STATUSES = ["Queued", "Running", "Completed", "Failed", "Cancelled"]
STATES = "number, status, fence, rev, attempt, lost_count, failure_code, completed_at, errors, result"
JOBS = f"""
    SELECT row_to_json(found) FROM (
        SELECT j.id, j.type, s.* FROM errand.jobs j
        JOIN (SELECT {STATES} FROM errand.live UNION ALL SELECT {STATES} FROM errand.ended) s USING (number)) found
"""
# Every job stands once where its life is written down.
MISPLACED = """
    SELECT count(*) FROM (
        SELECT number FROM errand.jobs FULL JOIN
            (SELECT number FROM errand.live UNION ALL SELECT number FROM errand.ended) s USING (number)
        GROUP BY number HAVING count(*) <> 1 OR count(jobs.number) <> count(s.number)) misplaced
"""
# Reads every index beside its table and fails where they differ.
INDEXES = """
    SELECT count(bt_index_check(i.indexrelid, true)) FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE c.relnamespace = 'errand'::regnamespace AND a.amname = 'btree'
"""
COUNTED = """
    SELECT json_agg(c ORDER BY type, status) FROM (
        SELECT j.type, s.status, count(*) AS jobs FROM errand.jobs j
        JOIN (SELECT number, status FROM errand.live UNION ALL SELECT number, status FROM errand.ended) s USING (number)
        GROUP BY 1, 2) c
"""
KEPT = """
    SELECT json_agg(c ORDER BY type, status) FROM (
        SELECT type, status, sum(jobs)::bigint AS jobs FROM errand.job_counts GROUP BY 1, 2 HAVING sum(jobs) <> 0) c
"""


class Database:
    """A server that ends with this process, however that ends."""

    def __init__(self, *, durable=False):
        arguments = [SCRIPT, "hold"] + (["--durable"] if durable else [])
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.url = self.process.stdout.readline().decode().strip()
        if not self.url:
            sys.exit("the PostgreSQL server did not start")

    def ask(self, sql):
        """What a statement answers, a line for each row."""
        command = [psql(), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, self.url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(sql.split())[:200]}: {done.stderr.strip()}")
        return done.stdout.splitlines()

    def number(self, sql):
        return int(self.ask(sql)[0])

    def unfinished(self):
        return self.number("SELECT count(*) FROM errand.live")

    def halt(self):
        """Ends the server as a crash would."""
        subprocess.run([SCRIPT, "halt", self.url], check=True)

    def resume(self):
        """Starts it again; returns once it answers."""
        subprocess.run([SCRIPT, "resume", self.url], check=True)

    def end_backends(self):
        """Ends all of its connections but the one that asks; how many."""
        return self.number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


class DatabaseStore:
    """What `Store` is for a file: every job by its identifier, and what else there is to check."""

    def __init__(self, database):
        self.database = database
        self.jobs = {job["id"]: job for job in map(self._job, map(json.loads, database.ask(JOBS)))}

    def _job(self, job):
        job["status"] = STATUSES[job["status"]]
        job["errors"] = json.loads(job["errors"]) if job["errors"] else []
        job["result"] = json.loads(job["result"]) if job["result"] else None
        return job

    def integrity(self):
        try:
            self.database.ask("CREATE EXTENSION IF NOT EXISTS amcheck")
            self.database.ask(INDEXES)
            misplaced = self.database.number(MISPLACED)
        except RuntimeError as error:
            return str(error)
        return f"{misplaced} jobs do not stand where they should" if misplaced else "ok"

    def counts(self):
        """What counting gives, and what was kept."""
        return [self.database.ask(sql) for sql in (COUNTED, KEPT)]


def psql():
    return shutil.which("psql") or sys.exit("There is no psql: make setup installs it.")
