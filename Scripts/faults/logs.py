"""What processes logged about trouble: bounded, whatever the number of requests and jobs that met it."""

import re
from collections import Counter, defaultdict
from datetime import datetime

# A run that a handler failed is logged as every run is, whatever else happens.
RUN = "job run failed"
LINE = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.]+Z) (WARNING|ERROR|CRITICAL|NOTICE) +(.*)")
# A line a second for each place; a clock that is read a little late bears a second one.
PER_SITE = 2


def check(logs, broken):
    """Counts lines about trouble by their level; more than a few a second from one place are broken."""
    counts, paces = Counter(), defaultdict(Counter)
    for name, lines in logs.items():
        for found in filter(None, map(LINE.match, lines)):
            at, level, message = found.groups()
            if message.startswith(RUN):
                continue
            counts[level.lower()] += 1
            second = int(datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp())
            paces[name, site(message)][second] += 1
    for (name, place), seconds in paces.items():
        second, most = max(seconds.items(), key=lambda entry: entry[1])
        if most > PER_SITE:
            broken.append(f"{name} logged {most} lines a second of \"{place}\", at {datetime.fromtimestamp(second)}")
    return counts


def site(message):
    """What is the same in every line of one place."""
    return re.sub(r"\d+", "N", re.split(r"[:;=]", message)[0])[:60]
