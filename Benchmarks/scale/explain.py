#!/usr/bin/env python3
"""Writes the plans that auto_explain logged as a document: of each statement that matters, one that is typical.

    Benchmarks/scale/explain.py LOG DOCUMENT FINISHED SCHEDULED

LOG is PostgreSQL's own, with its usual prefix. FINISHED and SCHEDULED say how many records the store held.
"""
import datetime
import re
import statistics
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

WIDTH = 118
# Of a batch, the values of a thousand rows are not what one looks for.
MOST_TEXT = 4000

# title, what the statement's text holds and nothing before it in this list does
KINDS = [
    ("Claim: what has fallen due", r"SET claimable = true"),
    ("Claim: take jobs of the only lane", r"wanted AS MATERIALIZED"),
    ("Claim: the lanes that have jobs", r"WITH RECURSIVE lanes"),
    ("Claim: when the next job falls due", r"SELECT n\.run_at FROM"),
    ("Claim: take jobs of several lanes", r"SET status = 1"),
    ("Settle: jobs that were completed", r"DELETE FROM \S+live s USING"),
    ("List", r"ORDER BY (s\.number|1) DESC"),
    ("Counts", r"j\.status, sum\(j\.jobs\)"),
    ("Queues: the oldest that is ready", r"SELECT r\.queue, min\(r\.run_at\)"),
]

START = re.compile(r"LOG:  duration: ([0-9.]+) ms  plan:$")


@dataclass
class Run:
    """One run of a statement."""

    milliseconds: float
    text: str
    plan: list


def runs(log):
    """What auto_explain logged; an entry's further lines begin with a tab."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    for index, line in enumerate(lines):
        begin = START.search(line)
        if not begin:
            continue
        entry = []
        for further in lines[index + 1:]:
            if not further.startswith("\t"):
                break
            entry.append(further[1:])
        # The plan begins where the first estimate stands.
        first = next((number for number, text in enumerate(entry) if "(cost=" in text), len(entry))
        text = "\n".join(entry[:first]).removeprefix("Query Text: ")
        yield Run(float(begin[1]), text, entry[first:])


def kind_of(text):
    return next((title for title, pattern in KINDS if re.search(pattern, text)), None)


def wrapped(text):
    """The lines of a text or plan, none too wide; what is wrapped is set further in than its first line."""
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        yield from textwrap.wrap(
            line, WIDTH, subsequent_indent=indent + "        ", break_on_hyphens=False
        ) if len(line) > WIDTH else [line.rstrip()]


def section(found):
    """One statement: its text, how long its runs took, and the plan of the run in the middle."""
    found.sort(key=lambda run: run.milliseconds)
    middle = found[len(found) // 2]
    times = [run.milliseconds for run in found]
    summary = f"{len(found)} run(s): median {statistics.median(times):.2f} ms, longest {times[-1]:.2f} ms."
    text = textwrap.dedent(middle.text)
    if len(text) > MOST_TEXT:
        text = text[:MOST_TEXT] + " ..."
    return [summary, "", "```sql", *wrapped(text), "```", "", "```text", *wrapped("\n".join(middle.plan)), "```", ""]


def document(found, finished, scheduled):
    lines = [
        "# Plans on a full store",
        "",
        f"Written by `make bench-scale` on {datetime.date.today()}; do not edit.",
        "",
        f"The store held {finished:,} finished jobs and {scheduled:,} scheduled for tomorrow. The statements are as",
        "PostgreSQL's auto_explain saw them, each with the plan of the run in the middle of all its runs by time.",
        "Measuring each step makes the times longer than they are otherwise.",
        "",
    ]
    for title, _ in KINDS:
        lines += [f"## {title}", ""]
        for group in found[title].values():
            lines += section(group)
    return "\n".join(lines).rstrip() + "\n"


def main(arguments):
    if len(arguments) != 4:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    log, target, finished, scheduled = arguments
    found = {title: {} for title, _ in KINDS}
    for run in runs(Path(log)):
        title = kind_of(run.text)
        if title:
            found[title].setdefault(run.text, []).append(run)
    missing = [title for title, groups in found.items() if not groups]
    if missing:
        print(f"{log} has no plan for: {'; '.join(missing)}. Does KINDS in {__file__} still know the statements?",
              file=sys.stderr)
        return 1
    Path(target).write_text(document(found, int(finished), int(scheduled)), encoding="utf-8")
    print(f"Wrote {target}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
