-- Ends of jobs that not all who wait for them were told of. A step takes the first ones, tells a bounded number of jobs
-- each in its own row, and deletes what it did: a row of job_dependencies says that the dependent waits.
CREATE TABLE cascades (
    sequence INTEGER PRIMARY KEY,  -- the order in which they are followed
    job INTEGER NOT NULL,          -- the number of the job that ended
    id BLOB NOT NULL,              -- its id, which outlives its record
    completed INTEGER NOT NULL,    -- 1: those who wait are freed of it; 0: they are cancelled
    reached INTEGER NOT NULL       -- those with a number up to this one are told
) STRICT;
CREATE INDEX cascades_job ON cascades (job);
CREATE INDEX job_dependencies_dependent ON job_dependencies (dependent);

-- What a retry left behind: the jobs waited for nothing from then on.
DELETE FROM job_dependencies WHERE dependent NOT IN (SELECT number FROM jobs WHERE phase IS NOT NULL AND blocked_by > 0);
