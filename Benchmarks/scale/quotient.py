#!/usr/bin/env python3
"""Prints how much longer W3 takes on a filled store than on an empty one.

    Benchmarks/scale/quotient.py FOLDER

FOLDER holds empty.jsonl and filled.jsonl with a line for each round, as Scripts/bench-scale writes them. The quotient
is taken within a round, and the best round counts: machines are never idle.
"""
import json
import statistics
import sys
from pathlib import Path

MOST = 1.3


def rates(path):
    return [json.loads(line)["perSecond"] for line in path.read_text(encoding="utf-8").splitlines()]


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    empty, filled = (rates(Path(arguments[0], name)) for name in ("empty.jsonl", "filled.jsonl"))
    quotients = [without / among for without, among in zip(empty, filled, strict=True)]
    print(f"\nW3, medians of {len(quotients)} round(s): {statistics.median(empty):,.0f}/s on the empty store,")
    print(f"{statistics.median(filled):,.0f}/s on the filled one: {statistics.median(quotients):.2f} times as long.")
    best = min(quotients)
    print(f"Best round: {best:.2f}, required <= {MOST}: {'met' if best <= MOST else 'MISSED'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
