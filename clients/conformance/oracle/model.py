"""What a job may be at a moment, told from what the kit did to it and has seen of it: the model of a storm (F27)."""

TERMINAL = ("Completed", "Failed", "Cancelled")
RETRYABLE = ("Failed", "Cancelled")


class JobModel:
    """A job whose end is known or not; `broken` gets a sentence for everything that cannot be."""

    def __init__(self, id, broken):
        self.id, self.broken = id, broken
        self.end, self.revision, self.seen = None, 0, "Queued"

    def refuse(self, sentence):
        self.broken.append((f"job {self.id} {sentence}", []))

    def saw(self, status, revision):
        """The server showed it so."""
        if revision < self.revision:
            self.refuse(f"I6 was shown with rev {self.revision}, and then with {revision}")
        if revision == self.revision and status != self.seen:
            self.refuse(f"I6 was {self.seen} and is {status} under the same rev {revision}")
        if self.end and status != self.end:
            self.refuse(f"I5 had ended {self.end} and is {status}")
        self.revision, self.seen = max(revision, self.revision), status
        self.end = status if status in TERMINAL else self.end

    def cancelled(self, status, current):
        """A cancel was answered so; `current` is the status that a refusal names."""
        if status == 200:
            if self.end not in (None, "Cancelled"):
                self.refuse(f"I5 had ended {self.end} and was cancelled")
            self.end = "Cancelled"
        elif current not in TERMINAL or self.end not in (None, current):
            self.refuse(f"I5 was refused a cancel as {current}, and had ended {self.end}")
        else:
            self.end = current

    def retried(self, status, current):
        """A retry was answered so."""
        if status == 200:
            if self.end == "Completed":
                self.refuse("I5 was Completed and could be retried")
            self.end, self.seen = None, "Queued"
            # The answer does not tell the rev, which has grown.
            self.revision += 1
        elif current in RETRYABLE or self.end in RETRYABLE:
            self.refuse(f"I5 was refused a retry as {current}, and had ended {self.end}")

    def drained(self):
        """Nothing is under way any more: it has to have ended."""
        if self.end is None:
            self.refuse(f"I1 is {self.seen} after all work was done")
