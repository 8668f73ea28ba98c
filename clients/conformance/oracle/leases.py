"""Which leases a worker held when, told from what it asked and was answered."""

from dataclasses import dataclass, field

from wire.exchange import SETTLES


@dataclass
class Lease:
    """A claim of a job, from the answer that gave it on."""

    job: str
    fence: int
    token: str
    claim: object
    # The first settle; the worker may call its slot free from when it sends that.
    settling: float | None = None
    # When the worker was told that it is over: lost, cancelled, or settled.
    told: float | None = None
    # By its own clock: what the last answer that prolonged it said.
    until: float = 0
    calls: list = field(default_factory=list)

    @property
    def since(self):
        return self.claim.ended

    def is_held(self, at):
        """Whether the worker certainly has it then. One that it could not renew it may drop a little early."""
        ends = [end for end in (self.settling, self.told) if end is not None]
        return self.since <= at < min([*ends, self.until])


# A worker stops after nine tenths of a lease; what it does in the last part is its own affair.
CERTAIN_PART = 0.8


def replay(exchanges):
    """All leases of a worker, by job and fence."""
    leases = {}
    for exchange in sorted(exchanges, key=lambda exchange: exchange.ended or float("inf")):
        if exchange.call == "claim":
            leases.update({(lease.job, lease.fence): lease for lease in claimed(exchange)})
        elif exchange.call == "heartbeat":
            renew(leases, exchange)
        elif exchange.job is not None and (lease := leases.get((exchange.job, exchange.fence))):
            follow(lease, exchange)
    return leases


def claimed(exchange):
    """The leases that an answer gave, if the worker got it."""
    if exchange.status != 200 or not exchange.is_delivered:
        return []
    return [
        Lease(job["id"], job["lease"]["fence"], job["lease"]["token"], exchange,
              until=exchange.at + job["lease"]["expiresIn"] * CERTAIN_PART)
        for job in exchange.answered["jobs"]
    ]


def renew(leases, exchange):
    if exchange.status != 200 or not exchange.is_delivered:
        return
    for job in exchange.answered["jobs"]:
        lease = leases.get((job["id"], job["fence"]))
        if lease is None:
            continue
        if job["action"] == "continue":
            # Shorter than before where the deadline comes near.
            lease.until = exchange.at + job["expiresIn"] * CERTAIN_PART
        else:
            lease.told = lease.told or exchange.ended


def follow(lease, exchange):
    lease.calls.append(exchange)
    if exchange.call in SETTLES:
        lease.settling = min(lease.settling or exchange.at, exchange.at)
    if exchange.is_delivered and exchange.problem == "lease-lost":
        lease.told = min(lease.told or exchange.ended, exchange.ended)
