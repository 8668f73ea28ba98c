-- How many jobs of a queue may be claimed in a time. The window outlives the process: a restart does not begin a new one.
ALTER TABLE queues ADD COLUMN rate_count INTEGER;
ALTER TABLE queues ADD COLUMN rate_per INTEGER;        -- milliseconds
ALTER TABLE queues ADD COLUMN window_opened INTEGER;   -- by the wall clock of the last claim that counted
ALTER TABLE queues ADD COLUMN window_claimed INTEGER;
