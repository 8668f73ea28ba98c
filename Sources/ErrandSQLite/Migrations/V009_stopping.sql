-- The fence of a cancelled run that may still be at work: until it has stopped, or had its time for that, it holds the
-- job's unique key ("active_key" stays), its place in the limits and the job's next attempt. When that time is over is
-- in memory, as leases are. A job that was retried meanwhile has phase 4.
ALTER TABLE jobs ADD COLUMN stop_fence INTEGER;
CREATE INDEX jobs_stopping ON jobs (stop_fence) WHERE stop_fence IS NOT NULL;
