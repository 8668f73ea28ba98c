#!/usr/bin/env python3
"""Runs a command and adds a JSON line about the CPU time that it and its PostgreSQL server took meanwhile.

    Benchmarks/with_cpu.py NAME URL COMMAND...

URL names a server that Scripts/postgres-test-server started and that does nothing else.
"""
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

TICKS = os.sysconf("SC_CLK_TCK")


def postmaster(url):
    """The id of the server's first process, the parent of all others."""
    folder = parse_qs(urlsplit(url).query)["host"][0]
    return int(Path(folder, "data", "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])


def fields(pid):
    """What /proc says of a process, after its name, which may hold spaces: its state, its parent, ..."""
    return Path("/proc", str(pid), "stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def server_seconds(pid):
    """The time of the server's processes: of the first with that of its ended children, and of those that run."""
    of_first = fields(pid)
    ticks = sum(int(value) for value in of_first[11:15])
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            process = fields(entry.name)
        except (FileNotFoundError, ProcessLookupError):
            # It has just ended: its parent has its time from now on, and what it took is small.
            continue
        if int(process[1]) == pid:
            ticks += int(process[11]) + int(process[12])
    return ticks / TICKS


def main(arguments):
    if len(arguments) < 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    name, url, *command = arguments
    pid = postmaster(url)
    before = server_seconds(pid)
    code = subprocess.run(command, check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    client = used.ru_utime + used.ru_stime
    figures = {"clientSeconds": round(client, 3), "serverSeconds": round(server_seconds(pid) - before, 3)}
    print(json.dumps({"name": f"{name} CPU", **figures}), flush=True)
    # Ended by a signal: as a shell says it.
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
