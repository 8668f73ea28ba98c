-- Credentials of programs. The secret itself is nowhere.
CREATE TABLE errand.api_keys (
    id uuid PRIMARY KEY,
    prefix text COLLATE "C" NOT NULL UNIQUE,   -- the beginning of the secret, by which a key is found
    sha256 text NOT NULL,                      -- of the whole secret
    name text NOT NULL,
    tenant text COLLATE "C",                   -- null: the whole installation
    projects text,                             -- JSON array of names; null: all of them
    scopes text NOT NULL,                      -- names with spaces between them
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    used_at bigint
);
