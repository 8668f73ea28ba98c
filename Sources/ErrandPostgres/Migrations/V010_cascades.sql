-- Ends of jobs that not all who wait for them were told of. A step takes the first ones that no other step has, tells a
-- bounded number of jobs each in its own row, and deletes what it did: a row of job_dependencies says that the dependent
-- waits. It is written under the lock of the dependent's row.
CREATE TABLE errand.cascades (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- the order in which they are followed
    job bigint NOT NULL,           -- the number of the job that ended
    id uuid NOT NULL,              -- its id, which outlives its record
    completed boolean NOT NULL,    -- those who wait are freed of it; otherwise they are cancelled
    reached bigint NOT NULL        -- those with a number up to this one are told
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX cascades_job ON errand.cascades (job);
CREATE INDEX job_dependencies_dependent ON errand.job_dependencies (dependent);

-- What ends and retries left behind: nobody waits so.
DELETE FROM errand.job_dependencies d
WHERE NOT EXISTS (SELECT FROM errand.live s WHERE s.number = d.dependent AND s.blocked_by > 0)
    OR NOT EXISTS (SELECT FROM errand.live s WHERE s.number = d.dependency);
