-- What workers that speak HTTP say of themselves beside what all workers say.
ALTER TABLE errand.workers ADD COLUMN language text, ADD COLUMN labels text;  -- labels: a JSON object

-- The last numbered lines that a run sent, so that lines which come again are not added again.
CREATE TABLE errand.log_batches (
    number bigint PRIMARY KEY,
    fence bigint NOT NULL,
    batch bigint NOT NULL
);

-- A result's file may have been an upload, which then goes with the job.
CREATE INDEX uploads_key ON errand.uploads (key);
