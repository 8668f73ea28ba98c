-- The PostgreSQL schema once every migration has run, as pg_dump writes it down. Not to be edited: see
-- Tests/ErrandPostgresTests/SchemaDumpTests.swift. What the columns mean is in the migrations themselves.
CREATE SCHEMA errand;

CREATE FUNCTION errand.errand_canonical(value json) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
#variable_conflict use_column
BEGIN
    RETURN CASE json_typeof(errand_canonical.value)
        WHEN 'object' THEN (
            SELECT '{' || coalesce(string_agg(m.text, ',' ORDER BY m.text COLLATE "C"), '') || '}'
            FROM (SELECT to_json(e.key)::text || ':' || "errand".errand_canonical(e.value) AS text
                FROM json_each(errand_canonical.value) AS e) AS m)
        WHEN 'array' THEN (
            SELECT '[' || coalesce(string_agg("errand".errand_canonical(e.value), ',' ORDER BY e.place), '') || ']'
            FROM json_array_elements(errand_canonical.value) WITH ORDINALITY AS e(value, place))
        WHEN 'string' THEN to_json(errand_canonical.value #>> '{}')::text
        ELSE btrim(errand_canonical.value::text, E' \t\n\r') END;
END
$$;

CREATE FUNCTION errand.errand_submit(type text, payload json, queue text DEFAULT 'default'::text, tenant text DEFAULT NULL::text, project text DEFAULT NULL::text, priority integer DEFAULT 0, run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, max_attempts integer DEFAULT 3, unique_key text DEFAULT NULL::text, id uuid DEFAULT NULL::uuid, metadata json DEFAULT '{}'::json) RETURNS uuid
    LANGUAGE plpgsql
    AS $_$
#variable_conflict use_column
DECLARE
    present bigint := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
    due bigint := coalesce((extract(epoch FROM errand_submit.run_at) * 1000)::bigint, present);
    lane text := coalesce(errand_submit.queue, 'default');
    chosen uuid := errand_submit.id;
    known record;
    named record;
    said text;
    meant text;
    fingerprint text;
    assigned bigint;
BEGIN
    FOR named IN SELECT * FROM (VALUES ('type', errand_submit.type), ('queue', lane), ('tenant', errand_submit.tenant),
        ('project', errand_submit.project), ('unique_key', errand_submit.unique_key)) AS n(name, value)
    LOOP
        IF (named.value IS NULL AND named.name = 'type') OR octet_length(named.value) NOT BETWEEN 1 AND 200 THEN
            RAISE invalid_parameter_value USING MESSAGE =
                format('%s is %L; it must be 1 to 200 bytes.', named.name, left(named.value, 50));
        END IF;
    END LOOP;
    FOR named IN SELECT * FROM (VALUES ('payload', errand_submit.payload, 262144),
        ('metadata', errand_submit.metadata, 65536)) AS n(name, value, size)
    LOOP
        -- jsonb refuses what a string of Swift or JavaScript could not hold; of two members of a name it keeps one.
        IF named.value IS NULL OR json_typeof(named.value) <> 'object' OR octet_length(named.value::text) > named.size
            OR (SELECT count(*) FROM json_object_keys(named.value))
                <> (SELECT count(*) FROM jsonb_object_keys(named.value::jsonb)) THEN
            RAISE invalid_parameter_value USING MESSAGE = format(
                '%s must be a JSON object of at most %s bytes whose members have different names.',
                named.name, named.size);
        END IF;
    END LOOP;
    IF errand_submit.priority NOT BETWEEN -32768 AND 32767 OR errand_submit.max_attempts NOT BETWEEN 1 AND 1000
        OR due NOT BETWEEN 0 AND 253402300799999 THEN
        RAISE invalid_parameter_value USING MESSAGE = format(
            'priority is %s, max_attempts %s, run_at %s; they must be -32768 to 32767, 1 to 1000, 1970 to 9999.',
            errand_submit.priority, errand_submit.max_attempts, errand_submit.run_at);
    END IF;

    IF chosen IS NOT NULL THEN
        -- As NewJob.fingerprint is made. The time is not part of what was said: it is mostly worked out anew.
        SELECT string_agg(m.text, ',' ORDER BY m.place),
            string_agg(m.text, ',' ORDER BY m.place) FILTER (WHERE m.place <> 8) INTO meant, said
        FROM (VALUES
            (1, '"maxAttempts":' || errand_submit.max_attempts),
            (2, '"metadata":' || nullif("errand".errand_canonical(errand_submit.metadata), '{}')),
            (3, '"payload":' || nullif("errand".errand_canonical(errand_submit.payload), '{}')),
            (4, '"priority":' || nullif(errand_submit.priority, 0)),
            (5, '"projectId":' || to_json(errand_submit.project)::text),
            (6, '"queue":' || to_json(lane)::text),
            (8, '"runAt":' || (extract(epoch FROM errand_submit.run_at) * 1000)::bigint),
            (9, '"type":' || to_json(errand_submit.type)::text),
            (10, '"uniqueKey":' || to_json(errand_submit.unique_key)::text)) AS m(place, text);
        said := left(encode(sha256(convert_to('{' || said || '}', 'UTF8')), 'hex'), 32);
        meant := left(encode(sha256(convert_to('{' || meant || '}', 'UTF8')), 'hex'), 32);
        fingerprint := '2:' || said || CASE meant WHEN said THEN '' ELSE ':' || meant END;

        SELECT j.id, j.type, j.queue, j.tenant, j.payload, j.fingerprint INTO known
        FROM "errand".jobs j WHERE j.id = chosen;
        IF NOT FOUND THEN
            SELECT j.id, NULL AS type, NULL AS queue, k.tenant, NULL AS payload, k.fingerprint INTO known
            FROM "errand".kept_answers k LEFT JOIN "errand".jobs j ON j.number = k.job
            WHERE k.id = chosen AND k.answered_at > present - 86400000;
        END IF;
        IF FOUND THEN
            IF known.tenant IS NOT DISTINCT FROM errand_submit.tenant AND (CASE
                WHEN known.fingerprint LIKE '2:%' THEN
                    said = split_part(known.fingerprint, ':', 2)
                    OR meant = regexp_replace(known.fingerprint, '^.*:', '')
                ELSE (known.type, known.queue, known.payload) = (errand_submit.type, lane, errand_submit.payload::text)
            END) THEN
                IF known.id IS NOT NULL THEN RETURN known.id; END IF;
                RAISE unique_violation USING MESSAGE =
                    format('The job that the id %s was used for has expired or was deleted; use a new id.', chosen);
            END IF;
            RAISE unique_violation USING MESSAGE =
                format('The id %s was used for another submit; use a new one.', chosen);
        END IF;
        IF EXISTS (SELECT FROM "errand".tombstones t WHERE t.id = chosen AND t.deleted_at > present - 86400000) THEN
            RAISE unique_violation USING MESSAGE =
                format('The job that the id %s was used for has expired or was deleted; use a new id.', chosen);
        END IF;
    ELSE
        -- UUIDv7 (RFC 9562, 5.7): milliseconds, and the random bits and variant of a version 4.
        chosen := (lpad(to_hex(present), 12, '0') || '7'
            || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;
    END IF;

    LOOP
        IF errand_submit.unique_key IS NOT NULL THEN
            SELECT j.id, s.number, s.status, s.stop_end INTO known
            FROM "errand".live s JOIN "errand".jobs j ON j.number = s.number
            WHERE s.unique_key = errand_submit.unique_key AND s.type = errand_submit.type
                AND s.tenant IS NOT DISTINCT FROM errand_submit.tenant;
            IF FOUND AND known.status < 2 THEN
                IF errand_submit.id IS NOT NULL THEN
                    INSERT INTO "errand".kept_answers AS k (id, tenant, fingerprint, job, replaced, answered_at)
                    VALUES (chosen, errand_submit.tenant, fingerprint, known.number, false, present)
                    ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant, fingerprint = excluded.fingerprint,
                        job = excluded.job, replaced = false, answered_at = excluded.answered_at
                    WHERE k.answered_at <= present - 86400000;
                END IF;
                RETURN known.id;
            END IF;
            IF FOUND AND known.stop_end > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint THEN
                RAISE unique_violation USING MESSAGE = format(
                    'Job %s was cancelled and its run is still stopping; it holds the unique key until %s at the latest.',
                    known.id, to_timestamp(known.stop_end / 1000000.0));
            END IF;
            IF FOUND THEN
                -- It must have stopped: its row goes where those of ended jobs are.
                WITH s AS (DELETE FROM "errand".live WHERE number = known.number AND status = 4 RETURNING *)
                INSERT INTO "errand".ended (number, fence, rev, run_at, updated_at, started_at, completed_at, expires_at,
                    lease_end, cancel_acknowledged_at, attempt, lost_count, blocked_by, status, priority, progress,
                    result_type, has_dependents, worker, progress_message, result_location, failure_code,
                    failure_message, failure_details, errors, data, internal_data, checkpoint, result)
                SELECT number, fence, rev, run_at, updated_at, started_at, completed_at, expires_at,
                    lease_end, cancel_acknowledged_at, attempt, lost_count, blocked_by, status, priority, progress,
                    result_type, has_dependents, worker, progress_message, result_location, failure_code,
                    failure_message, failure_details, errors, data, internal_data, checkpoint, result FROM s;
            END IF;
        END IF;
        assigned := nextval('"errand".job_numbers');
        BEGIN
            INSERT INTO "errand".live (number, fence, rev, run_at, updated_at, attempt, lost_count, blocked_by, status,
                priority, has_dependents, tracked, type, queue, tenant, project, unique_key, waiting, claimable)
            VALUES (assigned, 0, 1, due, present, 0, 0, 0, 0, errand_submit.priority, false, false, errand_submit.type,
                lane, errand_submit.tenant, errand_submit.project, errand_submit.unique_key, true, due <= present);
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            -- Another transaction had the key: it is found now, or it was rolled back.
            CONTINUE;
        END;
    END LOOP;
    INSERT INTO "errand".jobs (number, id, created_at, max_attempts, tracked, expiry_fixed, type, queue, tenant, project,
        unique_key, fingerprint, tags, metadata, payload)
    VALUES (assigned, chosen, present, errand_submit.max_attempts, false, false, errand_submit.type, lane,
        errand_submit.tenant, errand_submit.project, errand_submit.unique_key, fingerprint,
        (SELECT array_agg(t) FROM jsonb_array_elements_text(
            CASE WHEN jsonb_typeof(errand_submit.metadata::jsonb -> 'tags') = 'array'
                AND NOT jsonb_path_exists(errand_submit.metadata::jsonb, '$.tags[*] ? (@.type() <> "string")')
            THEN errand_submit.metadata::jsonb -> 'tags' ELSE '[]' END) AS t),
        errand_submit.metadata::text, errand_submit.payload::text);
    INSERT INTO "errand".job_counts (tenant, project, type, queue, status, jobs)
    VALUES (errand_submit.tenant, errand_submit.project, errand_submit.type, lane, 0, 1);
    -- Heard when the caller commits, and not before. The channel is named after the schema that this is in.
    PERFORM pg_notify(
        'errand_' || (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = '"errand".jobs'::regclass),
        E'sql\n' || json_build_array('q', lane) || E'\n'
            || json_build_array('j', chosen, errand_submit.tenant, errand_submit.project, '1'));
    RETURN chosen;
END
$_$;

CREATE TABLE errand.api_keys (
    id uuid NOT NULL,
    prefix text NOT NULL COLLATE pg_catalog."C",
    sha256 text NOT NULL,
    name text NOT NULL,
    tenant text COLLATE pg_catalog."C",
    projects text,
    scopes text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    used_at bigint
);

CREATE TABLE errand.audit (
    number bigint NOT NULL,
    at bigint NOT NULL,
    tenant text,
    actor text NOT NULL,
    actor_name text,
    operation text NOT NULL,
    target text NOT NULL,
    request_id text NOT NULL
);

ALTER TABLE errand.audit ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME errand.audit_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE errand.cascades (
    sequence bigint NOT NULL,
    job bigint NOT NULL,
    id uuid NOT NULL,
    completed boolean NOT NULL,
    reached bigint NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

ALTER TABLE errand.cascades ALTER COLUMN sequence ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME errand.cascades_sequence_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE errand.copies (
    source text NOT NULL,
    fingerprint text NOT NULL,
    begun_at bigint NOT NULL,
    finished_at bigint
);

CREATE TABLE errand.corrupt_rows (
    number bigint NOT NULL,
    found_at bigint NOT NULL,
    reason text NOT NULL,
    content jsonb NOT NULL
);

CREATE SEQUENCE errand.dataset_generations
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE errand.dataset_rows (
    generation bigint NOT NULL,
    "position" bigint NOT NULL,
    cells text NOT NULL
);

CREATE TABLE errand.dataset_writes (
    dataset bigint NOT NULL,
    job bigint NOT NULL,
    generation bigint NOT NULL,
    mode text NOT NULL,
    columns text[] NOT NULL COLLATE pg_catalog."C",
    row_count bigint NOT NULL,
    base_count bigint NOT NULL
);

CREATE TABLE errand.datasets (
    dataset bigint NOT NULL,
    tenant text COLLATE pg_catalog."C",
    project text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    columns text[] NOT NULL COLLATE pg_catalog."C",
    generation bigint NOT NULL,
    row_count bigint NOT NULL,
    updated_at bigint NOT NULL
);

ALTER TABLE errand.datasets ALTER COLUMN dataset ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME errand.datasets_dataset_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE errand.dead_generations (
    generation bigint NOT NULL,
    deleted_to bigint DEFAULT 0 NOT NULL
);

CREATE TABLE errand.ended (
    number bigint NOT NULL,
    fence bigint NOT NULL,
    rev bigint NOT NULL,
    run_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    started_at bigint,
    completed_at bigint,
    expires_at bigint,
    lease_end bigint,
    cancel_acknowledged_at bigint,
    attempt integer NOT NULL,
    lost_count integer NOT NULL,
    blocked_by integer NOT NULL,
    status smallint NOT NULL,
    priority smallint NOT NULL,
    progress smallint,
    result_type smallint,
    has_dependents boolean NOT NULL,
    worker text,
    progress_message text,
    result_location text,
    failure_code text,
    failure_message text,
    failure_details text,
    errors text,
    data text,
    internal_data text,
    checkpoint text,
    result text,
    stop_fence bigint,
    stop_end bigint
);

CREATE TABLE errand.job_counts (
    tenant text COLLATE pg_catalog."C",
    project text COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    queue text NOT NULL COLLATE pg_catalog."C",
    status smallint NOT NULL,
    jobs bigint NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='2000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE errand.job_dependencies (
    dependency bigint NOT NULL,
    dependent bigint NOT NULL
);

CREATE TABLE errand.job_files (
    number bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    size bigint NOT NULL,
    sha256 text NOT NULL,
    content_type text NOT NULL
);

CREATE TABLE errand.job_logs (
    number bigint NOT NULL,
    sequence bigint NOT NULL,
    attempt integer NOT NULL,
    at bigint NOT NULL,
    level text NOT NULL,
    message text NOT NULL
);

CREATE SEQUENCE errand.job_numbers
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE errand.jobs (
    number bigint NOT NULL,
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    stale_after bigint,
    max_attempts integer NOT NULL,
    timeout integer,
    tracked boolean NOT NULL,
    expiry_fixed boolean NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    queue text NOT NULL COLLATE pg_catalog."C",
    tenant text COLLATE pg_catalog."C",
    project text COLLATE pg_catalog."C",
    project_name text,
    unique_key text COLLATE pg_catalog."C",
    fingerprint text,
    created_by text COLLATE pg_catalog."C",
    created_by_name text,
    traceparent text,
    after_ids uuid[],
    tags text[] COLLATE pg_catalog."C",
    metadata text NOT NULL,
    payload text NOT NULL
);

CREATE TABLE errand.kept_answers (
    id uuid NOT NULL,
    tenant text COLLATE pg_catalog."C",
    fingerprint text NOT NULL COLLATE pg_catalog."C",
    job bigint,
    replaced boolean NOT NULL,
    answered_at bigint NOT NULL
);

CREATE TABLE errand.live (
    number bigint NOT NULL,
    fence bigint NOT NULL,
    rev bigint NOT NULL,
    run_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    started_at bigint,
    completed_at bigint,
    expires_at bigint,
    lease_end bigint,
    cancel_acknowledged_at bigint,
    stale_at bigint,
    attempt integer NOT NULL,
    lost_count integer NOT NULL,
    blocked_by integer NOT NULL,
    status smallint NOT NULL,
    priority smallint NOT NULL,
    progress smallint,
    result_type smallint,
    has_dependents boolean NOT NULL,
    tracked boolean NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    queue text NOT NULL COLLATE pg_catalog."C",
    tenant text COLLATE pg_catalog."C",
    project text COLLATE pg_catalog."C",
    unique_key text COLLATE pg_catalog."C",
    waiting boolean NOT NULL,
    claimable boolean NOT NULL,
    worker text,
    progress_message text,
    result_location text,
    failure_code text,
    failure_message text,
    failure_details text,
    errors text,
    data text,
    internal_data text,
    checkpoint text,
    result text,
    stop_fence bigint,
    stop_end bigint
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='5000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE errand.log_batches (
    number bigint NOT NULL,
    fence bigint NOT NULL,
    batch bigint NOT NULL
);

CREATE TABLE errand.migrations (
    version integer NOT NULL,
    applied_at timestamp with time zone NOT NULL
);

CREATE TABLE errand.orphaned_files (
    key text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE errand.queue_overrides (
    name text NOT NULL COLLATE pg_catalog."C",
    rev bigint NOT NULL,
    has_concurrency boolean NOT NULL,
    has_rate boolean NOT NULL,
    configured_concurrency integer,
    configured_rate_count integer,
    configured_rate_per bigint
);

CREATE TABLE errand.queues (
    name text NOT NULL COLLATE pg_catalog."C",
    paused_since bigint,
    paused_by text,
    pause_reason text,
    concurrency integer,
    rate_count integer,
    rate_per bigint,
    window_opened bigint,
    window_claimed integer
);

CREATE TABLE errand.spent_tokens (
    id text NOT NULL COLLATE pg_catalog."C",
    until bigint NOT NULL
);

CREATE TABLE errand.tombstones (
    number bigint NOT NULL,
    id uuid NOT NULL,
    tenant text COLLATE pg_catalog."C",
    project text COLLATE pg_catalog."C",
    deleted_at bigint NOT NULL
);

CREATE TABLE errand.uploads (
    id uuid NOT NULL,
    tenant text COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    filename text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    expires_at bigint NOT NULL,
    job bigint
);

CREATE TABLE errand.webhooks (
    id uuid NOT NULL,
    tenant text COLLATE pg_catalog."C",
    projects text,
    job bigint,
    url text NOT NULL,
    events text NOT NULL,
    format text NOT NULL,
    enabled boolean NOT NULL,
    disabled_because text,
    secrets text NOT NULL,
    created_at bigint NOT NULL,
    failures integer NOT NULL,
    throttled_until bigint
);

CREATE TABLE errand.workers (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    version text,
    queues text[],
    types text[] NOT NULL,
    slots integer NOT NULL,
    running integer NOT NULL,
    started_at bigint NOT NULL,
    lease bigint NOT NULL,
    heartbeat_at bigint NOT NULL,
    heartbeat bigint NOT NULL,
    forget_at bigint NOT NULL,
    language text,
    labels text,
    tenant text COLLATE pg_catalog."C",
    state text DEFAULT 'run'::text NOT NULL,
    wanted text DEFAULT 'run'::text NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE ONLY errand.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY errand.api_keys
    ADD CONSTRAINT api_keys_prefix_key UNIQUE (prefix);

ALTER TABLE ONLY errand.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (number);

ALTER TABLE ONLY errand.cascades
    ADD CONSTRAINT cascades_pkey PRIMARY KEY (sequence);

ALTER TABLE ONLY errand.copies
    ADD CONSTRAINT copies_pkey PRIMARY KEY (source);

ALTER TABLE ONLY errand.corrupt_rows
    ADD CONSTRAINT corrupt_rows_pkey PRIMARY KEY (number);

ALTER TABLE ONLY errand.dataset_rows
    ADD CONSTRAINT dataset_rows_pkey PRIMARY KEY (generation, "position");

ALTER TABLE ONLY errand.dataset_writes
    ADD CONSTRAINT dataset_writes_pkey PRIMARY KEY (dataset, job);

ALTER TABLE ONLY errand.datasets
    ADD CONSTRAINT datasets_pkey PRIMARY KEY (dataset);

ALTER TABLE ONLY errand.dead_generations
    ADD CONSTRAINT dead_generations_pkey PRIMARY KEY (generation);

ALTER TABLE ONLY errand.ended
    ADD CONSTRAINT ended_pkey PRIMARY KEY (number);

ALTER TABLE ONLY errand.job_dependencies
    ADD CONSTRAINT job_dependencies_pkey PRIMARY KEY (dependency, dependent);

ALTER TABLE ONLY errand.job_files
    ADD CONSTRAINT job_files_pkey PRIMARY KEY (number, name);

ALTER TABLE ONLY errand.job_logs
    ADD CONSTRAINT job_logs_pkey PRIMARY KEY (number, sequence);

ALTER TABLE ONLY errand.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (number);

ALTER TABLE ONLY errand.kept_answers
    ADD CONSTRAINT kept_answers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY errand.live
    ADD CONSTRAINT live_pkey PRIMARY KEY (number);

ALTER TABLE ONLY errand.log_batches
    ADD CONSTRAINT log_batches_pkey PRIMARY KEY (number);

ALTER TABLE ONLY errand.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY errand.orphaned_files
    ADD CONSTRAINT orphaned_files_pkey PRIMARY KEY (key);

ALTER TABLE ONLY errand.queue_overrides
    ADD CONSTRAINT queue_overrides_pkey PRIMARY KEY (name);

ALTER TABLE ONLY errand.queues
    ADD CONSTRAINT queues_pkey PRIMARY KEY (name);

ALTER TABLE ONLY errand.spent_tokens
    ADD CONSTRAINT spent_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY errand.tombstones
    ADD CONSTRAINT tombstones_pkey PRIMARY KEY (number);

ALTER TABLE ONLY errand.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY errand.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY errand.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);

CREATE INDEX audit_tenant ON errand.audit USING btree (tenant, number);

CREATE INDEX cascades_job ON errand.cascades USING btree (job);

CREATE UNIQUE INDEX datasets_name ON errand.datasets USING btree (project, name, COALESCE(tenant, ''::text), ((tenant IS NULL)));

CREATE INDEX ended_badly ON errand.ended USING btree (status, number) WHERE (status > 2);

CREATE INDEX ended_expiring ON errand.ended USING btree (expires_at, number) WHERE (expires_at IS NOT NULL);

CREATE INDEX job_dependencies_dependent ON errand.job_dependencies USING btree (dependent);

CREATE UNIQUE INDEX jobs_id ON errand.jobs USING btree (id);

CREATE INDEX jobs_project ON errand.jobs USING btree (project, number) WHERE (project IS NOT NULL);

CREATE INDEX jobs_tags ON errand.jobs USING gin (tags) WHERE (tags IS NOT NULL);

CREATE INDEX jobs_tenant ON errand.jobs USING btree (tenant, number) WHERE (tenant IS NOT NULL);

CREATE INDEX kept_answers_age ON errand.kept_answers USING btree (answered_at);

CREATE INDEX live_claimable ON errand.live USING btree (queue, COALESCE(tenant, ''::text), priority, run_at, number) WHERE claimable;

CREATE INDEX live_expiring ON errand.live USING btree (expires_at, number) WHERE (tracked AND (expires_at IS NOT NULL));

CREATE INDEX live_running ON errand.live USING btree (queue) WHERE ((status = 1) AND (NOT tracked));

CREATE INDEX live_scheduled ON errand.live USING btree (run_at) WHERE (waiting AND (NOT claimable));

CREATE INDEX live_scheduled_type ON errand.live USING btree (type, run_at) WHERE (waiting AND (NOT claimable));

CREATE INDEX live_stale ON errand.live USING btree (stale_at) WHERE (stale_at IS NOT NULL);

CREATE INDEX live_stopping ON errand.live USING btree (stop_end) WHERE (stop_end IS NOT NULL);

CREATE UNIQUE INDEX live_unique ON errand.live USING btree (unique_key, type, COALESCE(tenant, ''::text), ((tenant IS NULL))) WHERE (unique_key IS NOT NULL);

CREATE INDEX queues_limited ON errand.queues USING btree (name) WHERE (concurrency IS NOT NULL);

CREATE INDEX spent_tokens_until ON errand.spent_tokens USING btree (until);

CREATE INDEX tombstones_age ON errand.tombstones USING btree (deleted_at);

CREATE INDEX tombstones_id ON errand.tombstones USING btree (id);

CREATE INDEX uploads_job ON errand.uploads USING btree (job) WHERE (job IS NOT NULL);

CREATE INDEX uploads_key ON errand.uploads USING btree (key);

CREATE INDEX uploads_unused ON errand.uploads USING btree (expires_at) WHERE (job IS NULL);

CREATE INDEX webhooks_job ON errand.webhooks USING btree (job) WHERE (job IS NOT NULL);

CREATE INDEX webhooks_tenant ON errand.webhooks USING btree (tenant) WHERE (job IS NULL);
