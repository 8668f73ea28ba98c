-- Where a queue's limits come from: what people set goes before what the configuration says, which is kept here.
CREATE TABLE errand.queue_overrides (
    name text COLLATE "C" PRIMARY KEY,
    rev bigint NOT NULL,               -- grows with every change of the queue's settings
    has_concurrency boolean NOT NULL,  -- the queue's concurrency is what somebody set
    has_rate boolean NOT NULL,
    configured_concurrency integer,
    configured_rate_count integer,
    configured_rate_per bigint         -- milliseconds
);

-- Whose a worker elsewhere is, what workers say they do, and what an operator wants of them.
ALTER TABLE errand.workers ADD COLUMN tenant text COLLATE "C", ADD COLUMN state text NOT NULL DEFAULT 'run',
    ADD COLUMN wanted text NOT NULL DEFAULT 'run';
