-- The last numbered lines that a run sent, so that lines which come again are not added again.
CREATE TABLE log_batches (
    number INTEGER PRIMARY KEY,
    fence INTEGER NOT NULL,
    batch INTEGER NOT NULL
) STRICT;

-- A result's file may have been an upload, which then goes with the job.
CREATE INDEX uploads_key ON uploads (key);
