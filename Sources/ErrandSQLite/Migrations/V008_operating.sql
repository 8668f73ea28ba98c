-- Where a queue's limits come from: what people set goes before what the configuration says, which is kept here.
CREATE TABLE queue_overrides (
    name TEXT PRIMARY KEY,
    rev INTEGER NOT NULL,             -- grows with every change of the queue's settings
    has_concurrency INTEGER NOT NULL, -- 1: the queue's concurrency is what somebody set
    has_rate INTEGER NOT NULL,
    configured_concurrency INTEGER,
    configured_rate_count INTEGER,
    configured_rate_per INTEGER       -- milliseconds
) STRICT, WITHOUT ROWID;
