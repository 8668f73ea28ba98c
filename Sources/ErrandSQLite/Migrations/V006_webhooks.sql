-- Addresses that hear of the ends of jobs.
CREATE TABLE webhooks (
    id BLOB PRIMARY KEY,
    tenant TEXT,                   -- null: the whole installation
    projects TEXT,                 -- JSON array of names; null: all of them
    job INTEGER,                   -- the number of the one job it came with; null: an endpoint
    url TEXT NOT NULL,
    events TEXT NOT NULL,          -- names with spaces between them
    format TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    disabled_because TEXT,
    secrets TEXT NOT NULL,         -- the present one first; behind a comma the milliseconds at which one ends
    created_at INTEGER NOT NULL,
    failures INTEGER NOT NULL,     -- attempts in a row
    throttled_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX webhooks_job ON webhooks (job) WHERE job IS NOT NULL;
