-- Fills a new store with records as they would be after months of use: far faster than to submit and run them.
-- psql variables: finished and scheduled, how many; scheduled_type, what type the scheduled ones are.
\set ON_ERROR_STOP on
-- The whole is thrown away when it fails half-way.
SET synchronous_commit = off;
SELECT (extract(epoch FROM now()) * 1000)::bigint AS now \gset

-- What ended in the last 30 days: of five types, a fifth each of the tenant of the command line and of nineteen others.
INSERT INTO errand.jobs (number, id, created_at, max_attempts, tracked, expiry_fixed, type, queue, tenant, project,
    metadata, payload)
SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    :now - ((:finished - n) * 2592000000.0 / :finished)::bigint, 3, false, false, 'type-' || n % 5,
    CASE n % 3 WHEN 0 THEN 'mail' ELSE 'default' END, CASE WHEN n % 5 = 0 THEN 'default' ELSE 'tenant-' || n % 19 END,
    CASE WHEN n % 2 = 0 THEN 'project-' || n % 100 END, '{}', '{"n":' || n || '}'
FROM generate_series(1, :finished::bigint) n;

-- One in a hundred failed, one in a thousand was cancelled. Their records are kept for a month to come.
INSERT INTO errand.ended (number, fence, rev, run_at, updated_at, started_at, completed_at, expires_at, attempt,
    lost_count, blocked_by, status, priority, progress, has_dependents, worker, failure_code, failure_message)
SELECT number, 1, 3, created_at, created_at + 20, created_at + 10, created_at + 20,
    (:now + 2592000000 + number) / 1000, 1, 0, 0,
    CASE WHEN number % 1000 = 1 THEN 4 WHEN number % 100 = 0 THEN 3 ELSE 2 END, 0, 100, false, 'worker-1',
    CASE WHEN number % 100 = 0 THEN 'failed' END, CASE WHEN number % 100 = 0 THEN 'It did not work.' END
FROM errand.jobs;

-- What waits for tomorrow, in the queue and with the tenant of the jobs that are measured.
INSERT INTO errand.jobs (number, id, created_at, max_attempts, tracked, expiry_fixed, type, queue, tenant, metadata,
    payload)
SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, :now, 3, false, false, :'scheduled_type',
    'default', 'default', '{}', '{"n":' || n || '}'
FROM generate_series(:finished::bigint + 1, :finished::bigint + :scheduled::bigint) n;

INSERT INTO errand.live (number, fence, rev, run_at, updated_at, attempt, lost_count, blocked_by, status, priority,
    has_dependents, tracked, type, queue, tenant, waiting, claimable)
SELECT number, 0, 1, :now + 86400000 + number % 86400000, created_at, 0, 0, 0, 0, -1, false, false, type, queue, tenant,
    true, false
FROM errand.jobs WHERE number > :finished;

INSERT INTO errand.job_counts (tenant, project, type, queue, status, jobs)
SELECT j.tenant, j.project, j.type, j.queue, s.status, count(*)
FROM errand.jobs j JOIN (SELECT number, status FROM errand.ended UNION ALL SELECT number, status FROM errand.live) s
    USING (number)
GROUP BY 1, 2, 3, 4, 5;

SELECT setval('errand.job_numbers', max(number)) FROM errand.jobs \gset

-- Otherwise the server would do it while we measure.
VACUUM (FREEZE, ANALYZE) errand.jobs;
VACUUM (FREEZE, ANALYZE) errand.ended;
VACUUM (FREEZE, ANALYZE) errand.live;
VACUUM (FREEZE, ANALYZE) errand.job_counts;
CHECKPOINT;
