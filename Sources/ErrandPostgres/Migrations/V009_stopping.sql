-- The fence of a cancelled run that may still be at work, and when it must have stopped, in microseconds of the store's
-- steady clock. Until then the job's row stays in "live", Cancelled or already Queued again, and holds the unique key, a
-- place in the limits and the job's next attempt. In "ended" both are null.
ALTER TABLE errand.live ADD COLUMN stop_fence bigint, ADD COLUMN stop_end bigint;
ALTER TABLE errand.ended ADD COLUMN stop_fence bigint, ADD COLUMN stop_end bigint;
CREATE INDEX live_stopping ON errand.live (stop_end) WHERE stop_end IS NOT NULL;

-- As before, but that a cancelled job whose run is stopping is never the answer.
CREATE OR REPLACE FUNCTION errand.errand_submit(
    type text,
    payload json,
    queue text DEFAULT 'default',
    tenant text DEFAULT NULL,
    project text DEFAULT NULL,
    priority integer DEFAULT 0,
    run_at timestamptz DEFAULT NULL,
    max_attempts integer DEFAULT 3,
    unique_key text DEFAULT NULL,
    id uuid DEFAULT NULL,
    metadata json DEFAULT '{}'
) RETURNS uuid LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    present bigint := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
    due bigint := coalesce((extract(epoch FROM errand_submit.run_at) * 1000)::bigint, present);
    lane text := coalesce(errand_submit.queue, 'default');
    chosen uuid := errand_submit.id;
    known record;
    named record;
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
        SELECT j.type, j.queue, j.tenant, j.payload INTO known FROM errand.jobs j WHERE j.id = chosen;
        IF FOUND THEN
            IF (known.type, known.queue, known.payload) = (errand_submit.type, lane, errand_submit.payload::text)
                AND known.tenant IS NOT DISTINCT FROM errand_submit.tenant THEN
                RETURN chosen;
            END IF;
            RAISE unique_violation USING MESSAGE = format('Another job has the id %s.', chosen);
        END IF;
    ELSE
        -- UUIDv7 (RFC 9562, 5.7): milliseconds, and the random bits and variant of a version 4.
        chosen := (lpad(to_hex(present), 12, '0') || '7'
            || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;
    END IF;

    LOOP
        IF errand_submit.unique_key IS NOT NULL THEN
            SELECT j.id, s.number, s.status, s.stop_end INTO known
            FROM errand.live s JOIN errand.jobs j ON j.number = s.number
            WHERE s.unique_key = errand_submit.unique_key AND s.type = errand_submit.type
                AND s.tenant IS NOT DISTINCT FROM errand_submit.tenant;
            IF FOUND AND known.status < 2 THEN RETURN known.id; END IF;
            IF FOUND AND known.stop_end > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint THEN
                RAISE unique_violation USING MESSAGE = format(
                    'Job %s was cancelled and its run is still stopping; it holds the unique key until %s at the latest.',
                    known.id, to_timestamp(known.stop_end / 1000000.0));
            END IF;
            IF FOUND THEN
                -- It must have stopped: its row goes where those of ended jobs are.
                WITH s AS (DELETE FROM errand.live WHERE number = known.number AND status = 4 RETURNING *)
                INSERT INTO errand.ended (number, fence, rev, run_at, updated_at, started_at, completed_at, expires_at,
                    lease_end, cancel_acknowledged_at, attempt, lost_count, blocked_by, status, priority, progress,
                    result_type, has_dependents, worker, progress_message, result_location, failure_code,
                    failure_message, failure_details, errors, data, internal_data, checkpoint, result)
                SELECT number, fence, rev, run_at, updated_at, started_at, completed_at, expires_at,
                    lease_end, cancel_acknowledged_at, attempt, lost_count, blocked_by, status, priority, progress,
                    result_type, has_dependents, worker, progress_message, result_location, failure_code,
                    failure_message, failure_details, errors, data, internal_data, checkpoint, result FROM s;
            END IF;
        END IF;
        assigned := nextval('errand.job_numbers');
        BEGIN
            INSERT INTO errand.live (number, fence, rev, run_at, updated_at, attempt, lost_count, blocked_by, status,
                priority, has_dependents, tracked, type, queue, tenant, project, unique_key, waiting, claimable)
            VALUES (assigned, 0, 1, due, present, 0, 0, 0, 0, errand_submit.priority, false, false, errand_submit.type,
                lane, errand_submit.tenant, errand_submit.project, errand_submit.unique_key, true, due <= present);
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            -- Another transaction had the key: it is found now, or it was rolled back.
            CONTINUE;
        END;
    END LOOP;
    INSERT INTO errand.jobs (number, id, created_at, max_attempts, tracked, expiry_fixed, type, queue, tenant, project,
        unique_key, tags, metadata, payload)
    VALUES (assigned, chosen, present, errand_submit.max_attempts, false, false, errand_submit.type, lane,
        errand_submit.tenant, errand_submit.project, errand_submit.unique_key,
        (SELECT array_agg(t) FROM jsonb_array_elements_text(
            CASE WHEN jsonb_typeof(errand_submit.metadata::jsonb -> 'tags') = 'array'
                AND NOT jsonb_path_exists(errand_submit.metadata::jsonb, '$.tags[*] ? (@.type() <> "string")')
            THEN errand_submit.metadata::jsonb -> 'tags' ELSE '[]' END) AS t),
        errand_submit.metadata::text, errand_submit.payload::text);
    INSERT INTO errand.job_counts (tenant, project, type, queue, status, jobs)
    VALUES (errand_submit.tenant, errand_submit.project, errand_submit.type, lane, 0, 1);
    -- Heard when the caller commits, and not before. The channel is named after the schema that this is in.
    PERFORM pg_notify(
        'errand_' || (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = 'errand.jobs'::regclass),
        E'sql\n' || json_build_array('q', lane) || E'\n'
            || json_build_array('j', chosen, errand_submit.tenant, errand_submit.project, '1'));
    RETURN chosen;
END
$function$;
