// What PostgreSQL itself can do on this machine, without anything of ours: the ceiling that the benchmark's ratios are
// measured against. The server's own durability, the same no-op jobs, the narrowest table that could still be a job
// queue, prepared statements and binary parameters.
//
//     raw_postgres URL [SCALE]      an empty database; SCALE 0.01 runs a hundredth of the size
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { batch = 100, rows_a_call = 1000, most_connections = 8 };

static const char *url;

static void fail(PGconn *connection, const char *what) {
    fprintf(stderr, "raw_postgres: %s: %s\n", what, PQerrorMessage(connection));
    exit(1);
}

static PGresult *check(PGconn *connection, PGresult *result, const char *what) {
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_COPY_IN:
    case PGRES_PIPELINE_SYNC: return result;
    default: fail(connection, what);
    }
    return NULL;
}

static void run(PGconn *connection, const char *sql) { PQclear(check(connection, PQexec(connection, sql), sql)); }

static void prepare(PGconn *connection, const char *name, const char *sql) {
    PQclear(check(connection, PQprepare(connection, name, sql, 0, NULL), sql));
}

static PGconn *open_connection(void) {
    PGconn *connection = PQconnectdb(url);
    if (PQstatus(connection) != CONNECTION_OK) fail(connection, "connect");
    return connection;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void report(const char *name, long count, double started) {
    printf("{\"name\":\"%s\",\"count\":%ld,\"perSecond\":%.0f}\n", name, count, (double)count / (now() - started));
    fflush(stdout);
}

static void *room(size_t bytes) {
    void *memory = malloc(bytes);
    if (!memory) exit(2);
    return memory;
}

static char *put32(char *at, uint32_t value) {
    value = htonl(value);
    memcpy(at, &value, 4);
    return at + 4;
}

static char *put64(char *at, uint64_t value) { return put32(put32(at, (uint32_t)(value >> 32)), (uint32_t)value); }

static int payload_of(long number, char text[32]) { return snprintf(text, 32, "{\"n\":%ld}", number); }

static uint64_t due(long number) { return 1700000000000 + (uint64_t)number; }

// What a claim looks at is apart from what a settle changes, so that the settle writes no index; a part of each page is
// left free for the rows' later states.
static void create(PGconn *connection) {
    run(connection, "CREATE TABLE jobs(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run_at bigint NOT NULL,"
                    " status smallint NOT NULL DEFAULT 0, claimable boolean NOT NULL DEFAULT true,"
                    " payload text NOT NULL) WITH (fillfactor = 60)");
    run(connection, "CREATE INDEX claimable ON jobs(run_at, id) WHERE claimable");
}

// W1: one job, one durable commit, then the next.

static void prepare_insert(PGconn *connection) {
    prepare(connection, "insert", "INSERT INTO jobs(run_at, payload) VALUES ($1::bigint, $2::text)");
}

static void insert_job(PGconn *connection, long number) {
    char run_at[8], payload[32];
    put64(run_at, due(number));
    const char *values[] = {run_at, payload};
    int lengths[] = {8, payload_of(number, payload)}, formats[] = {1, 1};
    PQclear(check(connection, PQexecPrepared(connection, "insert", 2, values, lengths, formats, 1), "insert"));
}

static void insert_and_commit(PGconn *connection, long count) {
    double started = now();
    for (long number = 0; number < count; number++) insert_job(connection, number);
    report("insert_commit", count, started);
}

// The work of several connections, each with a thread of its own.

struct part {
    pthread_t thread;
    PGconn *connection;
    long first, end, done;
};

static void share(const char *name, int connections, long count, void (*set_up)(PGconn *), void *(*work)(void *)) {
    struct part parts[most_connections];
    for (int i = 0; i < connections; i++) {
        parts[i] = (struct part){.connection = open_connection(),
                                 .first = count * i / connections,
                                 .end = count * (i + 1) / connections};
        set_up(parts[i].connection);
    }
    double started = now();
    for (int i = 0; i < connections; i++)
        if (pthread_create(&parts[i].thread, NULL, work, &parts[i])) exit(2);
    long total = 0;
    for (int i = 0; i < connections; i++) {
        if (pthread_join(parts[i].thread, NULL)) exit(2);
        total += parts[i].done;
    }
    report(name, total, started);
    for (int i = 0; i < connections; i++) PQfinish(parts[i].connection);
}

static void *insert_part(void *argument) {
    struct part *part = argument;
    for (long number = part->first; number < part->end; number++) insert_job(part->connection, number);
    part->done = part->end - part->first;
    return NULL;
}

// W4: one commit every 20 ms. A machine that sleeps in between takes longer for each than one that is kept busy.

static int later(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void insert_when_idle(PGconn *connection, long count) {
    struct timespec pause = {.tv_nsec = 20000000};
    double *took = room((size_t)count * sizeof *took);
    for (long number = 0; number < count; number++) {
        nanosleep(&pause, NULL);
        double started = now();
        insert_job(connection, number);
        took[number] = (now() - started) * 1e3;
    }
    qsort(took, (size_t)count, sizeof *took, later);
    printf("{\"name\":\"insert_idle\",\"count\":%ld,\"p50Milliseconds\":%.3f,\"p99Milliseconds\":%.3f}\n", count,
           took[count / 2], took[count * 99 / 100]);
    fflush(stdout);
    free(took);
}

// W2: a thousand to a commit: by COPY and by a prepared insert of two arrays. Which takes less time depends on the
// machine; the limit is the better of the two.

static char buffer[rows_a_call * 64 + 64];

static char *copy_row(char *at, long number) {
    char payload[32];
    int length = payload_of(number, payload);
    *at++ = 0;
    *at++ = 2;
    at = put64(put32(at, 8), due(number));
    at = put32(at, (uint32_t)length);
    memcpy(at, payload, (size_t)length);
    return at + length;
}

static void copy(PGconn *connection, long first, long end) {
    static const char sql[] = "COPY jobs(run_at, payload) FROM STDIN (FORMAT binary)";
    PQclear(check(connection, PQexec(connection, sql), sql));
    char *at = buffer;
    memcpy(at, "PGCOPY\n\377\r\n", 11);
    at = put64(at + 11, 0);
    for (long number = first; number < end; number++) at = copy_row(at, number);
    *at++ = (char)0xff;
    *at++ = (char)0xff;
    if (PQputCopyData(connection, buffer, (int)(at - buffer)) != 1 || PQputCopyEnd(connection, NULL) != 1)
        fail(connection, sql);
    for (PGresult *result; (result = PQgetResult(connection));) PQclear(check(connection, result, sql));
}

enum { type_bigint = 20, type_text = 25 };

// The binary form of an array: one dimension without nulls, numbered from 1; its elements follow.
static char *put_array(char *at, uint32_t type, long count) {
    at = put32(put32(put32(at, 1), 0), type);
    return put32(put32(at, (uint32_t)count), 1);
}

static void unnest(PGconn *connection, long first, long end) {
    char *texts = put_array(buffer, type_bigint, end - first), payload[32];
    for (long number = first; number < end; number++) texts = put64(put32(texts, 8), due(number));
    char *at = put_array(texts, type_text, end - first);
    for (long number = first; number < end; number++) {
        int length = payload_of(number, payload);
        at = put32(at, (uint32_t)length);
        memcpy(at, payload, (size_t)length);
        at += length;
    }
    const char *values[] = {buffer, texts};
    int lengths[] = {(int)(texts - buffer), (int)(at - texts)}, formats[] = {1, 1};
    PQclear(check(connection, PQexecPrepared(connection, "unnest", 2, values, lengths, formats, 1), "unnest"));
}

static void insert_in_bulk(PGconn *connection, long count, void (*insert)(PGconn *, long, long)) {
    for (long first = 0; first < count; first += rows_a_call)
        insert(connection, first, first + rows_a_call < count ? first + rows_a_call : count);
}

static void empty(PGconn *connection) { run(connection, "TRUNCATE jobs"); }

static void find_fastest_bulk(PGconn *connection, long count) {
    prepare(connection, "unnest",
            "INSERT INTO jobs(run_at, payload) SELECT * FROM unnest($1::bigint[], $2::text[])");
    double took[2];
    for (int i = 0; i < 2; i++) {
        double started = now();
        insert_in_bulk(connection, count, i ? unnest : copy);
        took[i] = now() - started;
        report(i ? "insert_bulk_unnest" : "insert_bulk_copy", count, started);
        empty(connection);
    }
    report("insert_bulk", count, now() - (took[0] < took[1] ? took[0] : took[1]));
}

// W3: mark what was claimed before as done and claim the next hundred, in one transaction and one round trip, until
// none are left. So every claim is durable before its jobs are done, as it is for every queue that can lose a worker.

static void prepare_claim(PGconn *connection) {
    prepare(connection, "claim",
            "WITH next AS MATERIALIZED (SELECT id FROM jobs WHERE claimable ORDER BY run_at, id LIMIT 100"
            " FOR UPDATE SKIP LOCKED)"
            " UPDATE jobs j SET claimable = false, status = 1 FROM next WHERE j.id = next.id RETURNING j.id, payload");
    prepare(connection, "settle", "UPDATE jobs SET status = 2 WHERE id = ANY ($1::bigint[])");
    if (!PQenterPipelineMode(connection)) fail(connection, "pipeline");
}

static void ask(PGconn *connection, const char *ids, int length, int claimed) {
    int sent = 1, format = 1;
    if (claimed) sent = PQsendQueryPrepared(connection, "settle", 1, &ids, &length, &format, 1);
    if (!sent || !PQsendQueryPrepared(connection, "claim", 0, NULL, NULL, NULL, 1) || !PQpipelineSync(connection))
        fail(connection, "send");
}

// The answer to one statement; a null ends each.
static PGresult *answer(PGconn *connection, const char *what) {
    PGresult *result = check(connection, PQgetResult(connection), what), *end = PQgetResult(connection);
    if (end) fail(connection, what);
    return result;
}

static void *drain_part(void *argument) {
    struct part *part = argument;
    PGconn *connection = part->connection;
    char ids[20 + batch * 12], *end = ids;
    volatile size_t bytes = 0;
    int claimed = 0, settles;
    do {
        ask(connection, ids, (int)(end - ids), claimed);
        settles = claimed;
        if (settles) PQclear(answer(connection, "settle"));
        PGresult *jobs = answer(connection, "claim");
        claimed = PQntuples(jobs);
        end = put_array(ids, type_bigint, claimed);
        for (int i = 0; i < claimed; i++) {
            end = put32(end, 8);
            memcpy(end, PQgetvalue(jobs, i, 0), 8);
            end += 8;
            // Reading the payload is part of a claim: a worker cannot run a job without it.
            bytes += (size_t)PQgetlength(jobs, i, 1);
        }
        PQclear(jobs);
        PQclear(check(connection, PQgetResult(connection), "sync"));
        part->done += claimed;
    } while (claimed > 0);
    return NULL;
}

static void fill(PGconn *connection, long count) {
    empty(connection);
    insert_in_bulk(connection, count, copy);
    run(connection, "ANALYZE jobs");
}

int main(int count, char **arguments) {
    double scale = count > 2 ? atof(arguments[2]) : 1;
    if (count < 2 || !(scale > 0)) {
        fprintf(stderr, "usage: raw_postgres URL [SCALE]\n");
        return 2;
    }
    url = arguments[1];
    long jobs = (long)(100000 * scale) + 1;
    PGconn *connection = open_connection();
    create(connection);
    prepare_insert(connection);
    insert_and_commit(connection, (long)(20000 * scale) + 1);
    empty(connection);
    share("insert_commit_8", 8, jobs, prepare_insert, insert_part);
    insert_when_idle(connection, (long)(500 * scale) + 1);
    empty(connection);
    find_fastest_bulk(connection, jobs);
    fill(connection, jobs);
    share("claim_update", 1, jobs, prepare_claim, drain_part);
    fill(connection, jobs);
    share("claim_update_2", 2, jobs, prepare_claim, drain_part);
    PQfinish(connection);
    return 0;
}
