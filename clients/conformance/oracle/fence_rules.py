"""The rules for runs, told from the ledger and the jobs' records.

I1: nothing is lost; I2: one end for each fence; I3: every run is on record; I6: fences grow.
"""

from collections import defaultdict
from dataclasses import dataclass

# A record keeps the first and the last nine of its runs.
KEPT_RUNS = 10
LOST_RUNS = 3


@dataclass
class Record:
    """What the server says of a job in the end."""

    id: str
    status: str
    attempts: list
    result: object = None
    failure: dict | None = None

    @property
    def outcomes(self):
        return [run["outcome"] for run in self.attempts]

    @property
    def completed_fence(self):
        return next((run["fence"] for run in self.attempts if run["outcome"] == "completed"), None)

    @property
    def is_poison_pill(self):
        return self.status == "Failed" and (self.failure or {}).get("code") == "poison_pill"


def read(api, ids):
    """The records of jobs, by identifier."""
    records = {}
    for id in ids:
        job = api.job(id)
        records[id] = Record(id, job["status"], api.attempts(id), job.get("result"), job.get("failure"))
    return records


def check(entries, records):
    """All of them that hold for every mix of ends; the records are those of `kit.record` jobs. What is broken."""
    return [
        *only_known_jobs(entries, records),
        *each_run_once(entries),
        *fences_grow(entries),
        *nothing_ends_after_the_next_start(entries),
        *the_recorded_run_ended(entries, records),
        *runs_are_on_record(entries, records),
    ]


def all_completed(records):
    """I1, where every job should complete: none is lost, none still runs. Three deaths in a row are an end, too."""
    for record in records.values():
        if record.is_poison_pill and record.outcomes[-LOST_RUNS:] == ["lost"] * LOST_RUNS:
            continue
        if record.status != "Completed":
            yield f"I1 job {record.id} is {record.status} {record.failure or ''} after {record.outcomes}", []


def only_known_jobs(entries, records):
    for job in {entry.job for entry in entries} - records.keys():
        yield f"I1 the ledger names job {job}, which nobody submitted", []


def by_job(entries, event=None):
    found = defaultdict(list)
    for entry in entries:
        if event in (None, entry.event):
            found[entry.job].append(entry.fence)
    return found


def each_run_once(entries):
    """I2: under a fence a job starts once, and then ends or stops at most once."""
    started, over = set(), set()
    for entry in entries:
        run = entry.job, entry.fence
        if entry.event == "start":
            if run in started:
                yield f"I2 job {entry.job} started twice under fence {entry.fence}", []
            started.add(run)
        elif run not in started or run in over:
            yield f"I2 job {entry.job} said \"{entry.event}\" under fence {entry.fence}, where nothing ran", []
        else:
            over.add(run)


def fences_grow(entries):
    """I6: every run has a larger fence than the one before."""
    for job, fences in by_job(entries, "start").items():
        if any(later <= earlier for earlier, later in zip(fences, fences[1:])):
            yield f"I6 job {job} ran under the fences {fences}, in this order", []


def nothing_ends_after_the_next_start(entries):
    """F3: a run that was taken over may stop, and never end."""
    newest = defaultdict(int)
    for entry in entries:
        if entry.event == "start":
            newest[entry.job] = max(newest[entry.job], entry.fence)
        elif entry.event == "end" and entry.fence < newest[entry.job]:
            yield (f"I2 job {entry.job} ended under fence {entry.fence} although fence {newest[entry.job]} "
                   f"had begun"), []


def the_recorded_run_ended(entries, records):
    """I2: the run that completed a job is the one that ended last, and its result is the one on record."""
    ends = by_job(entries, "end")
    for record in records.values():
        if record.status != "Completed":
            continue
        fence, last = record.completed_fence, (ends[record.id] or [None])[-1]
        if fence is None or fence != last:
            yield f"I2 job {record.id} is Completed under fence {fence}, and ended last under {last}", []
        if record.result != {"fence": fence}:
            yield f"I2 job {record.id} has the result {record.result} of fence {fence}", []


def runs_are_on_record(entries, records):
    """I3: every run that began is one that the record counts."""
    for job, fences in by_job(entries, "start").items():
        record = records.get(job)
        if record is None or len(record.attempts) >= KEPT_RUNS:
            continue
        unknown = set(fences) - {run["fence"] for run in record.attempts}
        if unknown:
            yield f"I3 job {job} ran under fences {sorted(unknown)}, of which its record knows nothing", []
