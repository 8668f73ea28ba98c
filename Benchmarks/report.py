#!/usr/bin/env python3
"""Sets our benchmark beside the raw limit and the peers of the same round and prints a table for each store.

    Benchmarks/report.py FOLDER [--strict]

FOLDER holds sqlite/ and postgres/, or one of them, with ours-1.jsonl, raw-1.jsonl, pgqueuer-1.jsonl, ours-2.jsonl, ...
as Scripts/bench writes them. Machines differ and are never idle, so a ratio is taken within a round and the best round
counts; figures shown are medians. With --strict a missed or missing requirement ends with exit code 1.
"""
import json
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1 << 20
MOST_MEMORY = 64 * MEBIBYTE


@dataclass
class Store:
    """What is measured on one store, and what we must reach."""

    name: str
    folder: str
    # workload, what it is, the raw measurement it is held against, the share of it that we must reach
    rates: list
    # the most milliseconds that may pass from submit to start
    latencies: dict
    # submits a second over HTTP, and the share of a constant answer's rate that polls must reach
    http: tuple
    peers: tuple = ()


STORES = [
    Store(
        "SQLite",
        "sqlite",
        [
            ("W1", "submit one by one", "insert_commit", 0.85),
            ("W1c", "64 concurrent submitters", "insert_commit", 6.4),
            ("W2", "submit 1,000 a call", "insert_bulk", 0.28),
            ("W3", "drain stored jobs", "claim_delete", 0.54),
        ],
        {"p50": 0.5, "p99": 1.2},
        (20_000, 0.60),
    ),
    Store(
        "PostgreSQL",
        "postgres",
        [
            ("W1", "submit one by one", "insert_commit", 0.85),
            ("W1c", "64 concurrent submitters", "insert_commit_8", 1.3),
            ("W2", "submit 1,000 a call", "insert_bulk", 0.59),
            ("W3", "drain stored jobs", "claim_update_2", 0.76),
            ("W3x2", "drain with two processes", "claim_update_2", 0.90),
        ],
        {"p50": 0.8, "p99": 2.5},
        (12_000, None),
        ("pgqueuer", "procrastinate"),
    ),
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


def rounds(folder, who):
    """Each round's measurements of one, of all rounds that were begun."""
    numbers = sorted(int(path.stem.split("-")[1]) for path in folder.glob("ours-*.jsonl"))
    return [read(folder / f"{who}-{number}.jsonl") for number in numbers]


def values(measured, name, key):
    """The figure of every round that has it."""
    return [each[name][key] for each in measured if key in each.get(name, {})]


def median(measured, name, key, form):
    found = values(measured, name, key)
    return form(statistics.median(found)) if found else "-"


def rate(value):
    return f"{value:,.0f}/s"


def milliseconds(value):
    return f"{value:.2f} ms"


def verdict(met):
    return "met" if met else "MISSED"


class Report:
    """The tables of one store."""

    def __init__(self, store, folder):
        self.store = store
        self.ours = rounds(folder, "ours")
        self.raw = rounds(folder, "raw")
        self.peers = {peer: rounds(folder, peer) for peer in store.peers}
        # A peer that could not be installed has no column.
        self.peers = {peer: measured for peer, measured in self.peers.items() if any(measured)}

    def beside(self, name, key, form):
        return tuple(median(measured, name, key, form) for measured in self.peers.values())

    def rate_row(self, name, what, raw_name, required):
        ratios = [
            ours[name]["perSecond"] / raw[raw_name]["perSecond"]
            for ours, raw in zip(self.ours, self.raw)
            if "perSecond" in ours.get(name, {}) and raw.get(raw_name, {}).get("perSecond")
        ]
        best = f"{max(ratios):.2f}" if ratios else "-"
        word = verdict(max(ratios) >= required) if ratios else "not run"
        limit = median(self.raw, raw_name, "perSecond", rate)
        row = (name, what, median(self.ours, name, "perSecond", rate), limit, best, f"{required:.2f}", word)
        return row + self.beside(name, "perSecond", rate)

    def latency_row(self, percentile, most):
        key = f"{percentile}Milliseconds"
        found = values(self.ours, "W4", key)
        best = milliseconds(min(found)) if found else "-"
        word = verdict(min(found) <= most) if found else "not run"
        commit = median(self.raw, "insert_idle", key, milliseconds)
        ours = median(self.ours, "W4", key, milliseconds)
        row = ("W4", f"submit to start, {percentile}", ours, commit, best, f"<= {most} ms", word)
        return row + self.beside("W4", key, milliseconds)

    def http_rows(self):
        submits, share = self.store.http
        found = values(self.ours, "W5 submit", "perSecond")
        best = rate(max(found)) if found else "-"
        word = verdict(max(found) >= submits) if found else "not run"
        ours = median(self.ours, "W5 submit", "perSecond", rate)
        rows = [("W5", "submit over HTTP", ours, "-", best, f">= {rate(submits)}", word)]
        pairs = zip(values(self.ours, "W5 get", "perSecond"), values(self.ours, "W5 hello", "perSecond"))
        ratios = [polls / hellos for polls, hellos in pairs]
        best = f"{max(ratios):.2f}" if ratios else "-"
        wanted = "-" if share is None else f"{share:.2f}"
        word = "not run" if not ratios else "" if share is None else verdict(max(ratios) >= share)
        polls, hellos = (median(self.ours, name, "perSecond", rate) for name in ("W5 get", "W5 hello"))
        return rows + [("W5", "poll, beside a constant", polls, hellos, best, wanted, word)]

    def memory_row(self):
        def form(value):
            return f"{value / MEBIBYTE:.0f} MiB"

        found = values(self.ours, "W3", "peakBytes")
        best = form(min(found)) if found else "-"
        word = verdict(min(found) <= MOST_MEMORY) if found else "not run"
        ours = median(self.ours, "W3", "peakBytes", form)
        row = ("W3", "peak memory", ours, "-", best, f"<= {form(MOST_MEMORY)}", word)
        return row + self.beside("W3", "peakBytes", form)

    def rows(self):
        rates = [self.rate_row(*each) for each in self.store.rates]
        latencies = [self.latency_row(*each) for each in self.store.latencies.items()]
        rows = rates + latencies + self.http_rows() + [self.memory_row()]
        # No peer has all of it.
        return [row + ("-",) * (7 + len(self.peers) - len(row)) for row in rows]

    def cpu_rows(self):
        """CPU seconds for 100,000 jobs, of the client and, where it was measured, of the server."""
        columns = [("W3", "cpuSeconds"), ("W3 CPU", "clientSeconds"), ("W3 CPU", "serverSeconds")]
        shown = []
        for who, measured in {"errand": self.ours, **self.peers}.items():
            row = [who]
            for name, key in columns:
                found = [each[name][key] * 1e5 / each["W3"]["jobs"] for each in measured if name in each]
                row.append(f"{statistics.median(found):.2f} s" if found else "-")
            shown.append(tuple(row))
        return shown

    def print(self):
        name, rows = self.store.name, self.rows()
        print(f"\n{name}, medians over {len(self.ours)} round(s); best: the best ratio to raw {name} of one round.")
        print(f"Beside W4 stands how long raw {name} takes for one commit on a machine that is idle in between.\n")
        table([("", "workload", "errand", f"raw {name}", "best", "required", "") + tuple(self.peers)] + rows)
        print("\nCPU time for 100,000 jobs of W3: the client's while it drains them; then what client and server take")
        print("in all, from the client's start to its end, with storing the jobs.\n")
        table([("", "draining", "client", "server")] + self.cpu_rows())
        return all(row[6] in ("met", "") for row in rows)


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main(arguments):
    folders = [argument for argument in arguments if not argument.startswith("--")]
    if len(folders) != 1 or not Path(folders[0]).is_dir():
        print(__doc__.strip(), file=sys.stderr)
        return 2
    reports = [Report(store, Path(folders[0], store.folder)) for store in STORES]
    reports = [report for report in reports if report.ours]
    if not reports:
        print(f"{folders[0]}: nothing measured in it: run Scripts/bench", file=sys.stderr)
        return 2
    met = [report.print() for report in reports]
    return 1 if "--strict" in arguments and not all(met) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
