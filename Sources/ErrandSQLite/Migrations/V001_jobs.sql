-- One row per (queue, type, tenant): jobs carry the small number, and a claim walks the lanes that have work.
CREATE TABLE lanes (
    lane INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    type TEXT NOT NULL,
    tenant TEXT
) STRICT;

CREATE TABLE tenants (
    tenant INTEGER PRIMARY KEY, -- 1 is 'default'; 0, which has no row, is the system
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO tenants VALUES (1, 'default');

CREATE TABLE projects (
    project INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    UNIQUE (tenant, id)
) STRICT;

CREATE TABLE queues (
    name TEXT PRIMARY KEY,
    paused_since INTEGER,
    paused_by TEXT,
    pause_reason TEXT,
    concurrency INTEGER
) STRICT, WITHOUT ROWID;

-- Columns that every run writes stand first, long texts last. A text over 2 KiB is kept in job_texts and the column
-- holds an empty blob, so that a claim or a progress report never rewrites it. Hence columns of type ANY.
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    lane INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    project INTEGER,
    status INTEGER NOT NULL,       -- 0 Queued, 1 Running, 2 Completed, 3 Failed, 4 Cancelled
    phase INTEGER,                 -- of a job that has not ended, see JobPhase: 0 due, 1 scheduled, 2 tracked, 3 blocked
    rank INTEGER NOT NULL,         -- orders jobs within a phase and lane: the priority once due, 0 before
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,       -- all times are milliseconds since 1970
    fence INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    lost_count INTEGER NOT NULL,
    blocked_by INTEGER NOT NULL,
    tracked INTEGER NOT NULL,      -- 1: something else runs it
    expiry_fixed INTEGER NOT NULL, -- 1: the submitter gave expires_at
    session INTEGER NOT NULL,      -- 1: the worker lives outside this process
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    expires_at INTEGER,            -- seconds since 1970
    progress INTEGER,
    worker TEXT,
    stale_after INTEGER,           -- seconds, tracked jobs only
    stale_at INTEGER,              -- when it becomes stale; null once ended
    bad_end INTEGER,               -- the status of a job that ended as 3 or 4
    timeout INTEGER,               -- seconds
    cancel_acknowledged_at INTEGER,
    unique_key TEXT,
    active_key TEXT,               -- the unique key with type and tenant in front, see UniqueKey; null once ended
    fingerprint TEXT,              -- of the submit, where the client made the id
    project_name TEXT,
    created_by TEXT,
    created_by_name TEXT,
    traceparent TEXT,
    progress_message TEXT,
    result_type INTEGER,           -- 0 INLINE, 1 S3, 2 URL
    result_location TEXT,
    failure_code TEXT,
    failure_message TEXT,
    failure_details ANY,
    after TEXT,                    -- ids with a space between
    errors ANY,                    -- JSON array of run records
    metadata ANY,
    data ANY,
    internal_data ANY,
    checkpoint ANY,
    result ANY,
    payload ANY NOT NULL
) STRICT;
CREATE UNIQUE INDEX jobs_id ON jobs (id);
-- Claims and ends write each index that one of their columns is in, so few indexes share columns: this one holds what
-- has not ended, and the others are on columns that only rarer transitions write. A claim leaves it alone: claimed jobs
-- stand among those that can be claimed, and the leases in memory tell them apart.
CREATE INDEX jobs_active ON jobs (phase, lane, rank, run_at) WHERE phase IS NOT NULL;
CREATE INDEX jobs_stale ON jobs (stale_at) WHERE stale_at IS NOT NULL;
CREATE INDEX jobs_ended_badly ON jobs (bad_end, number) WHERE bad_end IS NOT NULL;
CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE expires_at IS NOT NULL;
CREATE UNIQUE INDEX jobs_unique ON jobs (active_key) WHERE active_key IS NOT NULL;
-- An installation without authentication has one tenant, whose list is the table itself.
CREATE INDEX jobs_tenant ON jobs (tenant, number) WHERE tenant <> 1;
CREATE INDEX jobs_project ON jobs (project, number) WHERE project IS NOT NULL;

CREATE TABLE job_texts (
    place INTEGER PRIMARY KEY,     -- 8 * job number + field, see LongText
    text TEXT NOT NULL
) STRICT;

CREATE TABLE job_dependencies (
    dependency INTEGER NOT NULL,
    dependent INTEGER NOT NULL,
    PRIMARY KEY (dependency, dependent)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_logs (
    number INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (number, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_files (
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content_type TEXT NOT NULL,
    PRIMARY KEY (number, name)
) STRICT, WITHOUT ROWID;

-- How many jobs are in each status, kept true by every transition, so that a count never reads jobs.
CREATE TABLE job_counts (
    lane INTEGER NOT NULL,
    project INTEGER NOT NULL,      -- 0 is none
    queued INTEGER NOT NULL,
    running INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    PRIMARY KEY (lane, project)
) STRICT, WITHOUT ROWID;

-- Ids of deleted records, kept for a day so that they answer 'gone'.
CREATE TABLE tombstones (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    tenant INTEGER NOT NULL,
    project INTEGER,
    deleted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tombstones_age ON tombstones (deleted_at);

CREATE TABLE uploads (
    id BLOB PRIMARY KEY,
    tenant TEXT,
    key TEXT NOT NULL,
    filename TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    job INTEGER                    -- the last job that uses it; it goes when that job's record does
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_job ON uploads (job) WHERE job IS NOT NULL;
CREATE INDEX uploads_unused ON uploads (expires_at) WHERE job IS NULL;

-- Objects that no record names any more, until somebody says they are deleted.
CREATE TABLE orphaned_files (
    key TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE datasets (
    dataset INTEGER PRIMARY KEY,
    tenant TEXT,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    columns TEXT NOT NULL,         -- JSON array of names
    generation INTEGER NOT NULL,   -- what readers see
    row_count INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX datasets_name ON datasets (project, name, ifnull(tenant, x''));

-- What running imports fill: an append fills the generation readers see, a replace its own.
CREATE TABLE dataset_writes (
    dataset INTEGER NOT NULL,
    job INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    mode TEXT NOT NULL,
    columns TEXT NOT NULL,
    row_count INTEGER NOT NULL,    -- rows of the generation now
    base_count INTEGER NOT NULL,   -- rows of the generation when the job first began
    PRIMARY KEY (dataset, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE dataset_rows (
    generation INTEGER NOT NULL,
    position INTEGER NOT NULL,
    cells TEXT NOT NULL,           -- JSON array
    PRIMARY KEY (generation, position)
) STRICT, WITHOUT ROWID;

-- Generations that nobody sees any more, deleted in small batches.
CREATE TABLE dead_generations (
    generation INTEGER PRIMARY KEY
) STRICT;

-- Counters that outlive the rows they counted.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('last_deleted_number', 0), ('last_generation', 0);

-- The copy that filled the file; while it is not finished, the file is nobody's to work with.
CREATE TABLE copies (
    source TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,     -- of what was in the source
    begun_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;
