"""F1: workers that are killed at any moment; every job ends once, whatever became of the first who ran it."""

import random
import threading
import time

from checks.registry import check
from oracle import falsify, fence_rules
from oracle.history import History
from stage.failure import expect, expect_none
from stage.patience import patient
from stage.waiting import until

WORKERS, SLOTS = 3, 4
DRAIN_SECONDS = patient(120)
BATCH = 40


@check("killed.loop")
def loop(stage):
    """Every 0.3 to 1 s a worker is killed, and another takes its place."""
    chance, ledger = random.Random(stage.options.seed), stage.ledger()
    fleet = [stage.worker(SLOTS, waits=False) for _ in range(WORKERS)]
    is_over = threading.Event()
    arguments = (stage, ledger, random.Random(stage.options.seed), is_over)
    feeder = threading.Thread(target=feed, args=arguments, daemon=True)
    feeder.start()
    kills = kill_for(stage, fleet, chance, stage.options.seconds)
    is_over.set()
    feeder.join(patient(30))
    until(lambda: not stage.api.unfinished(), DRAIN_SECONDS, "the end of the last job", pause=0.2)
    records = fence_rules.read(stage.api, stage.jobs)
    stage.note(counted(records, ledger, kills))
    expect_none(fence_rules.check(ledger.entries(), records))
    expect_none(list(fence_rules.all_completed(records)))
    recognises(stage, records, ledger)


def feed(stage, ledger, chance, is_over):
    """Submits so that there is always something to run; at least a few hundred jobs."""
    batches = 0
    while not is_over.is_set() or batches * BATCH < 200:
        # The list gives no more than 200; some wait for each slot, and most are young when the killing ends.
        if len(stage.api.unfinished()) < 2 * BATCH:
            jobs = [
                {"type": "kit.record", "payload": {"file": str(ledger.path), "seconds": chance.randint(5, 200) / 1000,
                                                   "lines": 4}}
                for _ in range(BATCH)
            ]
            stage.jobs += stage.api.submit_all(jobs, f"{stage.folder.name}-{stage.options.seed}-{batches}")
            batches += 1
        is_over.wait(0.1)


def kill_for(stage, fleet, chance, seconds):
    """Kills and replaces until the time is over; how many died."""
    kills, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.3, 1))  # This pace is what the check is about.
        place = chance.randrange(len(fleet))
        fleet[place].close()
        fleet[place] = stage.worker(SLOTS, waits=False)
        kills += 1
    return kills


def counted(records, ledger, kills):
    starts = len(ledger.entries(event="start"))
    lost = sum(record.outcomes.count("lost") for record in records.values())
    pills = sum(record.is_poison_pill for record in records.values())
    return (f"{len(records)} jobs, {starts} runs, {kills} kills, {lost} runs lost, "
            f"{pills} jobs lost three times in a row")


def recognises(stage, records, ledger):
    """The oracles can fail: this very history, falsified in one place each, is recognised."""
    history = History(ledger.entries(), records, [worker.recording.all() for worker in stage.workers], SLOTS)
    silent = falsify.not_recognised(history)
    expect(not silent, f"the oracles did not recognise {silent}")
    stage.note(f"{len(falsify.CHANGES)} falsifications of this history recognised")
