// What SQLite itself can do on this machine, without anything of ours: the ceiling that the benchmark's ratios are
// measured against. The same durability (WAL, synchronous=FULL), the same no-op jobs, the narrowest table that could
// still be a job queue.
//
//     raw_sqlite FOLDER [SCALE]     SCALE 0.01 runs a hundredth of the size
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static sqlite3 *database;

static void check(int code, const char *what) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "raw_sqlite: %s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

static void run(const char *sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL), sql); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), sql);
    return statement;
}

static int step(sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    check(code, sqlite3_sql(statement));
    return code;
}

static void once(sqlite3_stmt *statement) {
    step(statement);
    sqlite3_reset(statement);
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

static sqlite3_stmt *begin, *commit, *insert;

static void insertJob(long number) {
    char payload[32];
    int length = snprintf(payload, sizeof payload, "{\"n\":%ld}", number);
    check(sqlite3_bind_text(insert, 1, payload, length, SQLITE_TRANSIENT), "bind");
    check(sqlite3_bind_int64(insert, 2, 1700000000000 + number), "bind");
    once(insert);
}

static void open_database(const char *folder) {
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/raw.db", folder) >= sizeof path) exit(2);
    if (access(path, F_OK) == 0) {
        fprintf(stderr, "raw_sqlite: %s is already there\n", path);
        exit(2);
    }
    check(sqlite3_open(path, &database), path);
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("CREATE TABLE jobs(id INTEGER PRIMARY KEY, status INTEGER NOT NULL, run_at INTEGER NOT NULL,"
        " payload TEXT NOT NULL)");
    run("CREATE INDEX claimable ON jobs(status, run_at, id)");
    begin = prepare("BEGIN IMMEDIATE");
    commit = prepare("COMMIT");
    insert = prepare("INSERT INTO jobs(status, payload, run_at) VALUES (0, ?1, ?2)");
}

// W1: one job, one durable commit, then the next.
static void insertAndCommit(long count) {
    double started = now();
    for (long number = 0; number < count; number++) {
        once(begin);
        insertJob(number);
        once(commit);
    }
    report("insert_commit", count, started);
}

static int later(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// W4: one commit every 20 ms. A machine that sleeps in between takes longer for each than one that is kept busy.
static void insertWhenIdle(long count) {
    struct timespec pause = {.tv_nsec = 20000000};
    double *took = malloc((size_t)count * sizeof *took);
    if (!took) exit(2);
    for (long number = 0; number < count; number++) {
        nanosleep(&pause, NULL);
        double started = now();
        once(begin);
        insertJob(number);
        once(commit);
        took[number] = (now() - started) * 1e3;
    }
    qsort(took, (size_t)count, sizeof *took, later);
    printf("{\"name\":\"insert_idle\",\"count\":%ld,\"p50Milliseconds\":%.3f,\"p99Milliseconds\":%.3f}\n", count,
           took[count / 2], took[count * 99 / 100]);
    fflush(stdout);
    free(took);
}

// W2: a thousand to a commit. What it stores is what W3 then drains.
static void insertInBulk(long count) {
    double started = now();
    for (long number = 0; number < count;) {
        once(begin);
        for (int i = 0; i < 1000 && number < count; i++) insertJob(number++);
        once(commit);
    }
    report("insert_bulk", count, started);
}

// W3: claim the next hundred and delete them, in one transaction, until none are left. The claim is a write, as it is
// for every queue that can lose a worker: only reading the rows would be half as fast again and claim nothing.
static void drain(void) {
    sqlite3_stmt *claim = prepare("UPDATE jobs SET status = 1 WHERE id IN"
                                  " (SELECT id FROM jobs WHERE status = 0 ORDER BY run_at, id LIMIT 100)"
                                  " RETURNING id, payload");
    sqlite3_stmt *delete = prepare("DELETE FROM jobs WHERE id = ?1");
    volatile size_t bytes = 0;
    long total = 0, claimed;
    double started = now();
    do {
        sqlite3_int64 ids[100];
        claimed = 0;
        once(begin);
        while (step(claim) == SQLITE_ROW) {
            ids[claimed++] = sqlite3_column_int64(claim, 0);
            // Reading the payload is part of a claim: a worker cannot run a job without it.
            bytes += strlen((const char *)sqlite3_column_text(claim, 1));
        }
        sqlite3_reset(claim);
        for (long i = 0; i < claimed; i++) {
            check(sqlite3_bind_int64(delete, 1, ids[i]), "bind");
            once(delete);
        }
        once(commit);
        total += claimed;
    } while (claimed > 0);
    report("claim_delete", total, started);
}

int main(int count, char **arguments) {
    if (count < 2) {
        fprintf(stderr, "usage: raw_sqlite FOLDER [SCALE]\n");
        return 2;
    }
    double scale = count > 2 ? atof(arguments[2]) : 1;
    if (!(scale > 0)) return 2;
    open_database(arguments[1]);
    insertAndCommit((long)(20000 * scale) + 1);
    insertWhenIdle((long)(500 * scale) + 1);
    run("DELETE FROM jobs");
    run("PRAGMA wal_checkpoint(TRUNCATE)");
    insertInBulk((long)(100000 * scale) + 1);
    drain();
    return 0;
}
