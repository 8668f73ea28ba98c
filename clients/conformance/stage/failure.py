"""What a check says when something is not as it has to be."""


class Failed(Exception):
    """A reason, and the exchanges that show it."""

    def __init__(self, reason, *exchanges):
        super().__init__(reason)
        self.reason = reason
        self.exchanges = [exchange for exchange in exchanges if exchange is not None]

    def describe(self):
        """The reason, and below it what was said on the wire."""
        shown = [line for exchange in self.exchanges for line in exchange.describe().split("\n")]
        return "\n".join([self.reason, *(f"    {line}" for line in shown)])


class Skipped(Exception):
    """A check that cannot be made here, and why."""


def expect(condition, reason, *exchanges):
    if not condition:
        raise Failed(reason, *exchanges)


def expect_none(broken):
    """Fails with what oracles found: pairs of a sentence and the exchanges that show it."""
    if broken:
        sentence, exchanges = broken[0]
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise Failed(sentence + more, *exchanges[:4])
