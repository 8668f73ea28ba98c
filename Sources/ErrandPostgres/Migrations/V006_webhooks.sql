-- Addresses that hear of the ends of jobs.
CREATE TABLE errand.webhooks (
    id uuid PRIMARY KEY,
    tenant text COLLATE "C",       -- null: the whole installation
    projects text,                 -- JSON array of names; null: all of them
    job bigint,                    -- the number of the one job it came with; null: an endpoint
    url text NOT NULL,
    events text NOT NULL,          -- names with spaces between them
    format text NOT NULL,
    enabled boolean NOT NULL,
    disabled_because text,
    secrets text NOT NULL,         -- the present one first; behind a comma the milliseconds at which one ends
    created_at bigint NOT NULL,
    failures integer NOT NULL,     -- attempts in a row
    throttled_until bigint
);

-- A job with a webhook of its own is marked by live.has_dependents, so that its end is looked at more closely.
CREATE INDEX webhooks_job ON errand.webhooks (job) WHERE job IS NOT NULL;
CREATE INDEX webhooks_tenant ON errand.webhooks (tenant) WHERE job IS NULL;
