-- Runs once in a schema of its own; "errand." stands for the schema's name. All times are milliseconds since 1970 UTC.
-- Names are compared byte for byte, whatever the database's collation.
-- A job's row in "jobs" says what was submitted and is written once. Where the job is in its life stands in "live"
-- until it ends and in "ended" from then on: claims and ends write narrow rows, and what has ended weighs on neither.

CREATE SEQUENCE errand.job_numbers;

CREATE TABLE errand.jobs (
    number bigint PRIMARY KEY,
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    stale_after bigint,                -- seconds, tracked jobs only
    max_attempts integer NOT NULL,
    timeout integer,                   -- seconds
    tracked boolean NOT NULL,          -- something else runs it
    expiry_fixed boolean NOT NULL,     -- the submitter gave expires_at
    type text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    tenant text COLLATE "C",           -- null is the system
    project text COLLATE "C",
    project_name text,
    unique_key text COLLATE "C",
    fingerprint text,                  -- of the submit, where the client made the id
    created_by text COLLATE "C",
    created_by_name text,
    traceparent text,
    after_ids uuid[],
    tags text[] COLLATE "C",           -- metadata.tags, where that is an array of strings
    -- JSON as it was spelled; jsonb would change numbers and spaces.
    metadata text NOT NULL,
    payload text NOT NULL              -- changes when a submit with the same unique key replaces it
);
CREATE UNIQUE INDEX jobs_id ON errand.jobs (id);
CREATE INDEX jobs_tenant ON errand.jobs (tenant, number) WHERE tenant IS NOT NULL;
CREATE INDEX jobs_project ON errand.jobs (project, number) WHERE project IS NOT NULL;
CREATE INDEX jobs_tags ON errand.jobs USING gin (tags) WHERE tags IS NOT NULL;

-- Jobs that are Queued or Running.
CREATE TABLE errand.live (
    number bigint PRIMARY KEY,
    fence bigint NOT NULL,
    rev bigint NOT NULL,
    run_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    started_at bigint,
    completed_at bigint,
    expires_at bigint,                 -- seconds since 1970
    lease_end bigint,                  -- microseconds of the store's steady clock: the server's
    cancel_acknowledged_at bigint,
    stale_at bigint,                   -- when a tracked job becomes stale
    attempt integer NOT NULL,
    lost_count integer NOT NULL,
    blocked_by integer NOT NULL,
    status smallint NOT NULL,          -- 0 Queued, 1 Running, 2 Completed, 3 Failed, 4 Cancelled
    priority smallint NOT NULL,
    progress smallint,
    result_type smallint,              -- 0 INLINE, 1 S3, 2 URL
    has_dependents boolean NOT NULL,   -- job_dependencies names it as a dependency
    tracked boolean NOT NULL,          -- this and the next four are those of "jobs"
    type text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    tenant text COLLATE "C",
    project text COLLATE "C",
    unique_key text COLLATE "C",
    waiting boolean NOT NULL,          -- Queued, for workers, and nothing blocks it: due or not
    claimable boolean NOT NULL,        -- waiting, and found due; set in batches by claims
    worker text,
    progress_message text,
    result_location text,
    failure_code text,
    failure_message text,
    failure_details text,
    errors text,
    data text,
    internal_data text,
    checkpoint text,
    result text
-- A part of each page is left free for renewals and reports, which then write no index. Claims leave dead entries at
-- the front of their index: they are cleared away early, by the number of rows and not by their share.
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
-- What a claim may take, lane by lane in the order of its turns. A tenant named '' would share the system's lane.
CREATE INDEX live_claimable ON errand.live (queue, (coalesce(tenant, '')), priority, run_at, number) WHERE claimable;
-- The first finds what fell due, the second when the next job of a worker's types does.
CREATE INDEX live_scheduled ON errand.live (run_at) WHERE waiting AND NOT claimable;
CREATE INDEX live_scheduled_type ON errand.live (type, run_at) WHERE waiting AND NOT claimable;
-- Few rows at any time. The end of the lease is not in it, so that a renewal writes no index.
CREATE INDEX live_running ON errand.live (queue) WHERE status = 1 AND NOT tracked;
CREATE INDEX live_stale ON errand.live (stale_at) WHERE stale_at IS NOT NULL;
CREATE INDEX live_expiring ON errand.live (expires_at, number) WHERE tracked AND expires_at IS NOT NULL;
CREATE UNIQUE INDEX live_unique ON errand.live (unique_key, type, (coalesce(tenant, '')), (tenant IS NULL))
    WHERE unique_key IS NOT NULL;

-- Jobs that are Completed, Failed or Cancelled.
CREATE TABLE errand.ended (
    number bigint PRIMARY KEY,
    fence bigint NOT NULL,
    rev bigint NOT NULL,
    run_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    started_at bigint,
    completed_at bigint,
    expires_at bigint,
    lease_end bigint,                  -- kept after a cancel until the worker acknowledges it
    cancel_acknowledged_at bigint,
    attempt integer NOT NULL,
    lost_count integer NOT NULL,
    blocked_by integer NOT NULL,
    status smallint NOT NULL,
    priority smallint NOT NULL,
    progress smallint,
    result_type smallint,
    has_dependents boolean NOT NULL,
    worker text,
    progress_message text,
    result_location text,
    failure_code text,
    failure_message text,
    failure_details text,
    errors text,
    data text,
    internal_data text,
    checkpoint text,
    result text
);
CREATE INDEX ended_expiring ON errand.ended (expires_at, number) WHERE expires_at IS NOT NULL;
CREATE INDEX ended_badly ON errand.ended (status, number) WHERE status > 2;

-- How many jobs there are, by status: the sum of what every transaction adds. Nothing is updated, so that two never
-- wait for each other; the rows are added up from time to time.
CREATE TABLE errand.job_counts (
    tenant text COLLATE "C",
    project text COLLATE "C",
    type text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    status smallint NOT NULL,
    jobs bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE errand.job_dependencies (
    dependency bigint NOT NULL,
    dependent bigint NOT NULL,
    PRIMARY KEY (dependency, dependent)
);

CREATE TABLE errand.job_logs (
    number bigint NOT NULL,
    sequence bigint NOT NULL,
    attempt integer NOT NULL,
    at bigint NOT NULL,
    level text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (number, sequence)
);

CREATE TABLE errand.job_files (
    number bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    content_type text NOT NULL,
    PRIMARY KEY (number, name)
);

CREATE TABLE errand.queues (
    name text COLLATE "C" PRIMARY KEY,
    paused_since bigint,
    paused_by text,
    pause_reason text,
    concurrency integer,
    rate_count integer,
    rate_per bigint,                   -- milliseconds
    window_opened bigint,              -- microseconds of the store's steady clock
    window_claimed integer
);
-- Ends ask which these are.
CREATE INDEX queues_limited ON errand.queues (name) WHERE concurrency IS NOT NULL;

-- Deleted records, kept for a day so that they answer 'gone'. An id may be used again after that day.
CREATE TABLE errand.tombstones (
    number bigint PRIMARY KEY,
    id uuid NOT NULL,
    tenant text COLLATE "C",
    project text COLLATE "C",
    deleted_at bigint NOT NULL
);
CREATE INDEX tombstones_id ON errand.tombstones (id);
CREATE INDEX tombstones_age ON errand.tombstones (deleted_at);

-- Objects that no record names any more, until somebody says they are deleted.
CREATE TABLE errand.orphaned_files (
    key text COLLATE "C" PRIMARY KEY
);

CREATE TABLE errand.uploads (
    id uuid PRIMARY KEY,
    tenant text COLLATE "C",
    key text COLLATE "C" NOT NULL,
    filename text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    expires_at bigint NOT NULL,
    job bigint                         -- the last job that uses it; it goes when that job's record does
);
CREATE INDEX uploads_job ON errand.uploads (job) WHERE job IS NOT NULL;
CREATE INDEX uploads_unused ON errand.uploads (expires_at) WHERE job IS NULL;

CREATE TABLE errand.datasets (
    dataset bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text COLLATE "C",
    project text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    columns text[] COLLATE "C" NOT NULL,
    generation bigint NOT NULL,        -- what readers see
    row_count bigint NOT NULL,         -- the position of its last row, too
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX datasets_name ON errand.datasets (project, name, (coalesce(tenant, '')), (tenant IS NULL));
CREATE SEQUENCE errand.dataset_generations;

-- What running imports fill: an append fills the generation readers see, a replace its own.
CREATE TABLE errand.dataset_writes (
    dataset bigint NOT NULL,
    job bigint NOT NULL,
    generation bigint NOT NULL,
    mode text NOT NULL,
    columns text[] COLLATE "C" NOT NULL,
    row_count bigint NOT NULL,         -- rows of a replace's own generation
    base_count bigint NOT NULL,        -- rows of the generation when the job first began
    PRIMARY KEY (dataset, job)
);

CREATE TABLE errand.dataset_rows (
    generation bigint NOT NULL,
    position bigint NOT NULL,          -- from 1, without gaps
    cells text NOT NULL,               -- JSON array
    PRIMARY KEY (generation, position)
);

-- Generations that nobody sees any more, deleted in small batches.
CREATE TABLE errand.dead_generations (
    generation bigint PRIMARY KEY,
    deleted_to bigint NOT NULL DEFAULT 0  -- the last position that is deleted
);

-- Live workers, each written with its heartbeat.
CREATE TABLE errand.workers (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,                -- where it runs, for people
    version text,
    queues text[],                     -- null is all
    types text[] NOT NULL,
    slots integer NOT NULL,
    running integer NOT NULL,
    started_at bigint NOT NULL,        -- on the worker's clock
    lease bigint NOT NULL,             -- milliseconds
    heartbeat_at bigint NOT NULL,
    heartbeat bigint NOT NULL,         -- the same in microseconds of the store's steady clock
    forget_at bigint NOT NULL          -- on that clock, when it has been silent for too long
) WITH (fillfactor = 50);

-- The copy that filled the schema; while it is not finished, the schema is nobody's to work with.
CREATE TABLE errand.copies (
    source text PRIMARY KEY,
    fingerprint text NOT NULL,         -- of what was in the source
    begun_at bigint NOT NULL,
    finished_at bigint
);

-- Rows of jobs that could not be read, as they were found; their jobs have failed with the code corrupt_row.
CREATE TABLE errand.corrupt_rows (
    number bigint PRIMARY KEY,         -- a second finding is refused: the row was mended, and is unreadable again
    found_at bigint NOT NULL,
    reason text NOT NULL,
    content jsonb NOT NULL
);
