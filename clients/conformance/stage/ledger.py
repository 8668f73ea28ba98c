"""What the handlers of `kit.record` wrote into a file: the witness that everything else is held against."""

from typing import NamedTuple

from stage.failure import Failed
from stage.waiting import until

EVENTS = ("start", "end", "stopped")


class Entry(NamedTuple):
    """A line: what a run of a job did."""

    job: str
    fence: int
    event: str


class Ledger:
    """A file to which the workers under test append, each line in one write."""

    def __init__(self, path):
        self.path = path
        path.touch()

    def entries(self, job=None, event=None):
        # The last line may still be on its way.
        lines = self.path.read_text(encoding="utf-8").split("\n")[:-1]
        entries = [parsed(line) for line in lines]
        return [entry for entry in entries if job in (None, entry.job) and event in (None, entry.event)]

    def wait(self, seconds, job, event, count=1):
        """The `count`th line that says this of a job."""
        found = until(lambda: len(all := self.entries(job, event)) >= count and all, seconds,
                      f"line {count} \"{event}\" of job {job} in the ledger")
        return found[count - 1]

    def wait_for_starts(self, seconds, jobs):
        """Waits until all of these jobs have begun."""
        until(lambda: set(jobs) <= {entry.job for entry in self.entries(event="start")}, seconds,
              f"the start of {len(jobs)} jobs in the ledger")

    @property
    def changed_at(self):
        """When the last line was written, as `time.time()` tells it."""
        return self.path.stat().st_mtime


def parsed(line):
    words = line.split(" ")
    if len(words) != 3 or not words[1].isdigit() or words[2] not in EVENTS:
        raise Failed(f"the ledger has the line {line!r}; it must be \"<id> <fence> start|end|stopped\"")
    return Entry(words[0], int(words[1]), words[2])
