-- What submits with an id were answered with that made no job of their own, because another has the unique key; and
-- requests of several jobs as a whole. Kept for a day, see KeptAnswer.
CREATE TABLE kept_answers (
    id BLOB PRIMARY KEY,
    tenant TEXT,
    fingerprint TEXT NOT NULL,
    job INTEGER,                   -- the number of the job; null for a request as a whole
    replaced INTEGER NOT NULL,     -- 1: what the submit says was made that job's
    answered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_answers_age ON kept_answers (answered_at);
