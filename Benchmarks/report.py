#!/usr/bin/env python3
"""Sets our benchmark beside the raw limit of the same round and prints one table.

    Benchmarks/report.py FOLDER [--strict]

FOLDER holds ours-1.jsonl, raw-1.jsonl, ours-2.jsonl, ... as Scripts/bench writes them. Machines differ and are never
idle, so a ratio is taken within a round and the best round counts; figures shown are medians. With --strict a missed
or missing requirement ends with exit code 1.
"""
import json
import statistics
import sys
from pathlib import Path

# workload, what it is, the raw measurement it is held against, the share of it that we must reach
RATES = [
    ("W1", "submit one by one", "insert_commit", 0.85),
    ("W1c", "64 concurrent submitters", "insert_commit", 6.4),
    ("W2", "submit 1,000 a call", "insert_bulk", 0.28),
    ("W3", "drain 100,000 jobs", "claim_delete", 0.54),
]
# percentile, the names it may have in our output, the most milliseconds it may take
LATENCIES = [
    ("p50", ("p50Milliseconds", "p50Ms", "p50"), 0.5),
    ("p99", ("p99Milliseconds", "p99Ms", "p99"), 1.2),
]


def read(path):
    """The measurements of one file by name; lines that are not measurements are passed over."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            value = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(value, dict) and "name" in value:
            found[value["name"]] = value
    return found


def rounds(folder):
    numbers = sorted(int(path.stem.split("-")[1]) for path in folder.glob("raw-*.jsonl"))
    return [(read(folder / f"ours-{n}.jsonl"), read(folder / f"raw-{n}.jsonl")) for n in numbers]


def figures(measured, name, keys):
    """The named figure of every round that has it."""
    values = [next((m[name][k] for k in keys if k in m[name]), None) for m in measured if name in m]
    return [value for value in values if value is not None]


def verdict(met):
    return "met" if met else "MISSED"


def rate_row(pairs, name, what, raw_name, required):
    ours = figures([o for o, _ in pairs], name, ("perSecond",))
    raw = figures([r for _, r in pairs], raw_name, ("perSecond",))
    ratios = [
        o[name]["perSecond"] / r[raw_name]["perSecond"]
        for o, r in pairs
        if "perSecond" in o.get(name, {}) and r.get(raw_name, {}).get("perSecond")
    ]
    limit = f"{statistics.median(raw):,.0f}/s" if raw else "-"
    if not ratios:
        return (name, what, "-", limit, "-", f"{required:.2f}", "not run")
    best = max(ratios)
    median = f"{statistics.median(ours):,.0f}/s"
    return (name, what, median, limit, f"{best:.2f}", f"{required:.2f}", verdict(best >= required))


def latency_row(pairs, percentile, keys, most):
    values = figures([o for o, _ in pairs], "W4", keys)
    raw = figures([r for _, r in pairs], "insert_idle", keys)
    commit = f"{statistics.median(raw):.2f} ms" if raw else "-"
    what = f"submit to start, {percentile}"
    if not values:
        return ("W4", what, "-", commit, "-", f"<= {most} ms", "not run")
    best = min(values)
    median = f"{statistics.median(values):.2f} ms"
    return ("W4", what, median, commit, f"{best:.2f} ms", f"<= {most} ms", verdict(best <= most))


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main(arguments):
    strict = "--strict" in arguments
    folders = [argument for argument in arguments if not argument.startswith("--")]
    if len(folders) != 1 or not Path(folders[0]).is_dir():
        print(__doc__.strip(), file=sys.stderr)
        return 2
    pairs = rounds(Path(folders[0]))
    if not pairs:
        print(f"{folders[0]}: no raw-1.jsonl in it: run Scripts/bench", file=sys.stderr)
        return 2
    rows = [rate_row(pairs, *rate) for rate in RATES] + [latency_row(pairs, *latency) for latency in LATENCIES]
    print(f"\nSQLite, medians over {len(pairs)} round(s); best: the best ratio to raw SQLite of the same round.")
    print("Beside W4 stands how long raw SQLite takes for one commit on a machine that is idle in between.\n")
    table([("", "workload", "errand", "raw SQLite", "best", "required", "")] + rows)
    return 1 if strict and any(row[-1] != "met" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
