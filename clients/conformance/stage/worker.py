"""A worker process under test, behind a proxy of its own."""

import signal

from stage.failure import Failed
from stage.patience import patient
from stage.process import Process
from wire.proxy import Proxy


class Worker(Process):
    """One life of the command under test."""

    def __init__(self, command, server, slots, log):
        self.proxy = Proxy(server.target)
        self.slots, self.frozen = slots, False
        self.recording = self.proxy.recording
        variables = {"ERRAND_URL": self.proxy.url, "CONFORMANCE_SLOTS": str(slots)}
        variables.update({"ERRAND_KEY": server.worker_key} if server.worker_key else {})
        self.key = server.worker_key
        super().__init__(command, log, variables)

    def ready(self, seconds=patient(30)):
        """Waits for its session; the answer to it."""
        made = self.recording.wait(seconds, "session", where=lambda exchange: exchange.status == 201)
        if made is None:
            raise Failed(f"the worker made no session within {seconds:.0f} s; it said: {self.said()}",
                         *self.recording.all()[:2])
        return made.answered

    def calls(self, word, job, count=1, fence=None, seconds=patient(30)):
        """All calls of a kind about a job, once so many of them are over, or when that takes too long."""
        self.recording.wait(seconds, word, job, count, lambda each: each.ended and fence in (None, each.fence))
        return self.recording.all(word, job, fence)

    def given(self, job):
        """The last claim that brought a job, and the job as it was given."""
        for claim in reversed(self.recording.all("claim")):
            for given in (claim.answered or {}).get("jobs", []):
                if given["id"] == job:
                    return claim, given
        raise Failed(f"no claim of the worker brought job {job}", *self.recording.all("claim")[-2:])

    def freeze(self):
        self.signal(signal.SIGSTOP)
        self.frozen = True

    def thaw(self):
        self.signal(signal.SIGCONT)
        self.frozen = False

    def terminate(self):
        self.signal(signal.SIGTERM)

    def close(self):
        """Ends it whatever it does, and its proxy."""
        self.kill()
        self.proxy.close()
