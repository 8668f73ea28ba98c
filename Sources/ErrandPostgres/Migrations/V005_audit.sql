-- Who did what; rows are only ever added.
CREATE TABLE errand.audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    tenant text,
    actor text NOT NULL,
    actor_name text,
    operation text NOT NULL,
    target text NOT NULL,
    request_id text NOT NULL
);
CREATE INDEX audit_tenant ON errand.audit (tenant, number);
