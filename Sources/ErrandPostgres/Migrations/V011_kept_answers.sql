-- What submits with an id were answered with that made no job of their own, because another has the unique key; and
-- requests of several jobs as a whole. Kept for a day, see KeptAnswer.
CREATE TABLE errand.kept_answers (
    id uuid PRIMARY KEY,
    tenant text COLLATE "C",
    fingerprint text COLLATE "C" NOT NULL,
    job bigint,                        -- the number of the job; null for a request as a whole
    replaced boolean NOT NULL,         -- what the submit says was made that job's
    answered_at bigint NOT NULL        -- milliseconds since 1970
);
CREATE INDEX kept_answers_age ON errand.kept_answers (answered_at);

-- JSON in the one form that all ways of writing the same share, as CanonicalJSON writes it: members in the order of
-- their bytes, escapes decoded as far as JSON allows, no white space, numbers as they are spelt.
CREATE FUNCTION errand.errand_canonical(value json) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $function$
#variable_conflict use_column
BEGIN
    RETURN CASE json_typeof(errand_canonical.value)
        WHEN 'object' THEN (
            SELECT '{' || coalesce(string_agg(m.text, ',' ORDER BY m.text COLLATE "C"), '') || '}'
            FROM (SELECT to_json(e.key)::text || ':' || errand.errand_canonical(e.value) AS text
                FROM json_each(errand_canonical.value) AS e) AS m)
        WHEN 'array' THEN (
            SELECT '[' || coalesce(string_agg(errand.errand_canonical(e.value), ',' ORDER BY e.place), '') || ']'
            FROM json_array_elements(errand_canonical.value) WITH ORDINALITY AS e(value, place))
        WHEN 'string' THEN to_json(errand_canonical.value #>> '{}')::text
        ELSE btrim(errand_canonical.value::text, E' \t\n\r') END;
END
$function$;

-- As before, but for ids: a submit that comes again is known by what it says and not by its bytes, as everywhere; its
-- fingerprint is stored; and where the unique key was another job's, that is the answer for a day.
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
            (2, '"metadata":' || nullif(errand.errand_canonical(errand_submit.metadata), '{}')),
            (3, '"payload":' || nullif(errand.errand_canonical(errand_submit.payload), '{}')),
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
        FROM errand.jobs j WHERE j.id = chosen;
        IF NOT FOUND THEN
            SELECT j.id, NULL AS type, NULL AS queue, k.tenant, NULL AS payload, k.fingerprint INTO known
            FROM errand.kept_answers k LEFT JOIN errand.jobs j ON j.number = k.job
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
        IF EXISTS (SELECT FROM errand.tombstones t WHERE t.id = chosen AND t.deleted_at > present - 86400000) THEN
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
            FROM errand.live s JOIN errand.jobs j ON j.number = s.number
            WHERE s.unique_key = errand_submit.unique_key AND s.type = errand_submit.type
                AND s.tenant IS NOT DISTINCT FROM errand_submit.tenant;
            IF FOUND AND known.status < 2 THEN
                IF errand_submit.id IS NOT NULL THEN
                    INSERT INTO errand.kept_answers AS k (id, tenant, fingerprint, job, replaced, answered_at)
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
        unique_key, fingerprint, tags, metadata, payload)
    VALUES (assigned, chosen, present, errand_submit.max_attempts, false, false, errand_submit.type, lane,
        errand_submit.tenant, errand_submit.project, errand_submit.unique_key, fingerprint,
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
