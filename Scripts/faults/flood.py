"""A tenant with very many queued jobs, in a file that nobody has open: copies of a job that Errand stored itself."""

import contextlib
import os
import sqlite3

COPY = """
    WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < :count)
    INSERT INTO jobs ({columns}) SELECT {values} FROM jobs, copies
    WHERE number = (SELECT min(number) FROM jobs)
"""
QUEUED = """
    SELECT sum(queued) FROM job_counts JOIN lanes USING (lane) WHERE lanes.tenant = ?
"""


def copy(path, tenant, count):
    """Gives a tenant so many copies of the first job, with numbers and identifiers of their own."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO tenants (name) VALUES (?)", (tenant,))
        database.execute(
            "INSERT INTO lanes (queue, type, tenant) "
            "SELECT queue, type, ? FROM lanes WHERE lane = (SELECT lane FROM jobs ORDER BY number LIMIT 1)",
            (tenant,),
        )
        changed = {
            "number": "(SELECT max(number) FROM jobs) + n",
            "id": "new_id(id)",
            "lane": "(SELECT max(lane) FROM lanes)",
            "tenant": "(SELECT max(tenant) FROM tenants)",
        }
        # The first 9 bytes hold time, version and variant, the others are chance.
        database.create_function("new_id", 1, lambda id: id[:9] + os.urandom(7))
        columns = [name for _, name, *_ in database.execute("PRAGMA table_info(jobs)")]
        database.execute(
            COPY.format(columns=", ".join(columns), values=", ".join(changed.get(name, name) for name in columns)),
            {"count": count},
        )
        database.execute(
            "INSERT INTO job_counts SELECT max(lane), 0, ?, 0, 0, 0, 0 FROM lanes", (count,)
        )


def queued(path, tenant):
    """How many of its jobs wait."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(QUEUED, (tenant,)).fetchone()[0]
