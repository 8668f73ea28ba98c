-- Signed tokens that are not taken again: sessions that were logged out, tickets that were used.
CREATE TABLE errand.spent_tokens (
    id text COLLATE "C" PRIMARY KEY,
    until bigint NOT NULL   -- when the token would have ended by itself
);

CREATE INDEX spent_tokens_until ON errand.spent_tokens (until);
