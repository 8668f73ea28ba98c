/* What program.py is, for loops that run thousands of jobs: it starts in a millisecond.

     program LEDGER <payload.json

   A line of the ledger is one write to a file opened for appending, so that lines of several programs do not mix. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int ledger;

static const char *variable(const char *name) {
    const char *value = getenv(name);
    if (!value) {
        fprintf(stderr, "%s is not set\n", name);
        exit(1);
    }
    return value;
}

static void add(const char *event) {
    struct timespec now;
    char line[512];
    clock_gettime(CLOCK_REALTIME, &now);
    int length = snprintf(
        line, sizeof line,
        "{\"event\": \"%s\", \"at\": %lld.%06ld, \"id\": \"%s\", \"fence\": %s, \"attempt\": %s, \"pid\": %d, "
        "\"worker\": %d}\n",
        event, (long long)now.tv_sec, now.tv_nsec / 1000, variable("ERRAND_JOB_ID"), variable("ERRAND_FENCE"),
        variable("ERRAND_ATTEMPT"), getpid(), getppid());
    if (write(ledger, line, length) != length) {
        perror("writing to the ledger");
        exit(1);
    }
}

/* The number after "name": in the payload, which Errand has validated; 0 without one. */
static long number(const char *payload, const char *name) {
    const char *found = strstr(payload, name);
    const char *colon = found ? strchr(found, ':') : NULL;
    return colon ? strtol(colon + 1, NULL, 10) : 0;
}

int main(int count, char **arguments) {
    char payload[4096] = "";
    size_t length = fread(payload, 1, sizeof payload - 1, stdin);
    payload[length] = 0;
    if (count != 2 || (ledger = open(arguments[1], O_WRONLY | O_APPEND | O_CLOEXEC)) < 0) {
        fprintf(stderr, "the ledger cannot be opened\n");
        return 1;
    }
    add("start");
    long milliseconds = number(payload, "\"ms\"");
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&time, &time) != 0) continue;
    add("effect");
    if (strstr(payload, "\"fail\"")) {
        fprintf(stderr, "told to fail\n");
        return 1;
    }
    if (strstr(payload, "\"later\"") && atol(variable("ERRAND_ATTEMPT")) < number(payload, "\"until\"")) return 75;
    printf("{\"result\":{\"fence\":%s}}\n", variable("ERRAND_FENCE"));
    return 0;
}
