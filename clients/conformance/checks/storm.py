"""F27: operations and faults in an order that a seed decides, against a model of what each job may be."""

import random
import time
from collections import Counter

from checks.registry import check
from oracle import fence_rules
from oracle.model import JobModel
from stage.api import Refused
from stage.failure import expect_none
from stage.patience import patient
from stage.waiting import until
from wire.exchange import SETTLES
from wire.faults import Answer, Cut, Drop, calls

WORKERS, SLOTS = 2, 3
LONGEST_SECONDS = 15
DRAIN_SECONDS = patient(120)
QUEUE = "kit.storm"
# What happens, and how often among a hundred times.
OPERATIONS = {"submit": 36, "look": 20, "cancel": 12, "retry": 10, "disturb": 10, "pause": 3, "resume": 3, "kill": 3,
              "freeze": 3}


@check("storm.seeded")
def seeded(stage):
    """Whatever comes together, the jobs and their runs obey the rules."""
    stage.note(f"seed {stage.options.seed}")
    storm = Storm(stage)
    end = time.monotonic() + min(stage.options.seconds, LONGEST_SECONDS)
    while time.monotonic() < end:
        storm.step()
        time.sleep(storm.chance.uniform(0, 0.04))  # Workers have to get something done between two of them.
    storm.calm()
    records = fence_rules.read(stage.api, storm.recorded)
    stage.note(f"{dict(storm.counts)}, ends {dict(Counter(model.end for model in storm.models.values()))}")
    expect_none(storm.broken)
    expect_none(fence_rules.check(storm.ledger.entries(), records))


class Storm:
    """Workers, jobs with a model of each, and the operations on them."""

    def __init__(self, stage):
        self.stage, self.chance = stage, random.Random(stage.options.seed)
        self.ledger = stage.ledger()
        self.workers = [stage.worker(SLOTS) for _ in range(WORKERS)]
        self.models, self.recorded, self.broken = {}, [], []
        self.asleep = []  # (when it wakes, worker)
        self.counts = Counter()

    def step(self):
        self.wake(lambda when: when <= time.monotonic())
        word = self.chance.choices(list(OPERATIONS), list(OPERATIONS.values()))[0]
        self.counts[word] += 1
        getattr(self, word)()

    def calm(self):
        """Ends all faults, waits for the end of all work, and looks at every job once more."""
        self.wake(lambda when: True)
        for worker in self.workers:
            worker.proxy.heal()
        self.resume()
        until(lambda: not self.stage.api.unfinished(), DRAIN_SECONDS, "the end of the last job", pause=0.2)
        for model in self.models.values():
            self.see(model)
            model.drained()

    def submit(self):
        kind = self.chance.choice(["record"] * 4 + ["echo", "fail", "fail-again"])
        if kind == "record":
            id = self.stage.record(self.ledger, self.chance.randint(5, 1000) / 1000, queue=QUEUE)
            self.recorded.append(id)
        elif kind == "echo":
            id = self.stage.submit("echo", {"number": len(self.models)}, queue=QUEUE)
        else:
            payload = {"code": "asked", "message": "as it was asked to", "retryable": kind == "fail-again"}
            id = self.stage.submit("fail", payload, queue=QUEUE, maxAttempts=2)
        self.models[id] = JobModel(id, self.broken)

    def any_model(self, *ends):
        """One of the jobs, mostly of the young ones, which has ended so as far as is known."""
        models = [model for model in list(self.models.values())[-40:] if not ends or model.end in ends]
        return self.chance.choice(models) if models else None

    def look(self):
        if model := self.any_model():
            self.see(model)

    def see(self, model):
        job = self.stage.api.job(model.id)
        model.saw(job["status"], job["rev"])

    def cancel(self):
        if model := self.any_model():
            model.cancelled(*self.operate(self.stage.api.cancel, model))

    def retry(self):
        if model := self.any_model("Failed", "Cancelled", "Completed"):
            model.retried(*self.operate(self.stage.api.retry, model))

    def operate(self, operation, model):
        """The status of the answer, and the job's status where it was refused."""
        try:
            operation(model.id)
        except Refused as refused:
            if refused.status != 409:
                raise
            return 409, refused.answer.get("currentStatus")
        return 200, None

    def pause(self):
        self.stage.api.pause(QUEUE)

    def resume(self):
        # Before its first job the server need not know the queue.
        if self.models:
            self.stage.api.resume(QUEUE)

    def disturb(self):
        """The next call of some kind goes wrong."""
        word = self.chance.choice([*SETTLES, "complete", "complete", "heartbeat", "claim", "progress", "logs"])
        fault = self.chance.choice([
            Drop(calls(word)), Cut(calls(word)), Answer(calls(word), 503), Answer(calls(word), 429, Retry_After=1),
        ])
        self.chance.choice(self.workers).proxy.add(fault)

    def kill(self):
        victim = self.chance.choice(self.workers)
        self.asleep = [(when, worker) for when, worker in self.asleep if worker is not victim]
        victim.close()
        self.workers[self.workers.index(victim)] = self.stage.worker(SLOTS, waits=False)

    def freeze(self):
        """Stops a worker; one stays awake."""
        awake = [worker for worker in self.workers if not worker.frozen]
        if len(awake) > 1:
            worker = self.chance.choice(awake)
            worker.freeze()
            self.asleep.append((time.monotonic() + self.chance.uniform(0.5, 3) * self.stage.lease, worker))

    def wake(self, is_due):
        due = [(when, worker) for when, worker in self.asleep if is_due(when)]
        self.asleep = [sleeper for sleeper in self.asleep if sleeper not in due]
        for _, worker in due:
            worker.thaw()
