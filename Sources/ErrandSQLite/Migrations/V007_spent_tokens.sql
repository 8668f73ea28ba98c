-- Signed tokens that are not taken again: sessions that were logged out, tickets that were used.
CREATE TABLE spent_tokens (
    id TEXT PRIMARY KEY,
    until INTEGER NOT NULL   -- when the token would have ended by itself
) STRICT, WITHOUT ROWID;

CREATE INDEX spent_tokens_until ON spent_tokens (until);
