-- Who did what; rows are only ever added.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    tenant TEXT,
    actor TEXT NOT NULL,
    actor_name TEXT,
    operation TEXT NOT NULL,
    target TEXT NOT NULL,
    request_id TEXT NOT NULL
) STRICT;
CREATE INDEX audit_tenant ON audit (tenant, number);
