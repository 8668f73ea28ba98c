-- Credentials of programs. The secret itself is nowhere.
CREATE TABLE api_keys (
    id BLOB PRIMARY KEY,
    prefix TEXT NOT NULL UNIQUE,   -- the beginning of the secret, by which a key is found
    sha256 TEXT NOT NULL,          -- of the whole secret
    name TEXT NOT NULL,
    tenant TEXT,                   -- null: the whole installation
    projects TEXT,                 -- JSON array of names; null: all of them
    scopes TEXT NOT NULL,          -- names with spaces between them
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
