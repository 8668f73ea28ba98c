"""The rules for what a worker may send at all: they hold whatever goes wrong around it."""

from oracle.leases import replay
from oracle.settle_rules import one_end_for_each_lease, settles_are_repeated_alike, silent_after_the_loss

# Answers that a correct request never gets. (A long result may get 413.)
MALFORMED = (400, 401, 403, 404, 405, 406, 415, 422)


def check(exchanges, slots, key):
    """All of them; what is broken."""
    leases = replay(exchanges)
    return [
        *known_calls_only(exchanges),
        *is_authorized(exchanges, key),
        *is_json(exchanges),
        *names_its_lease(exchanges),
        *claims_for_free_slots(exchanges, leases, slots),
        *one_end_for_each_lease(exchanges),
        *settles_are_repeated_alike(exchanges),
        *silent_after_the_loss(exchanges),
    ]


def known_calls_only(exchanges):
    """Every request is one of the protocol, and no answer says that it was wrong in itself."""
    for exchange in exchanges:
        if exchange.call is None:
            yield f"{exchange.method} {exchange.path} is no call of the protocol", [exchange]
        elif exchange.status in MALFORMED and not is_large(exchange):
            yield f"{exchange.call} was answered {exchange.status} {exchange.problem}", [exchange]


def is_large(exchange):
    """Whether the server refused a result for its size, which a worker need not foresee."""
    return exchange.call == "complete" and exchange.status == 422 and len(exchange.request.body) > 100_000


def is_authorized(exchanges, key):
    for exchange in exchanges:
        if key and exchange.request.header("Authorization") != f"Bearer {key}":
            yield f"{exchange.call} does not carry the key", [exchange]


def is_json(exchanges):
    """Bodies are JSON and say so; a result file says nothing of the kind."""
    for exchange in exchanges:
        kind = exchange.request.header("Content-Type", "").split(";")[0].strip().lower()
        if exchange.call == "result-upload" or not exchange.request.body:
            continue
        if kind != "application/json":
            yield f"{exchange.call} has a body of the type \"{kind}\", and needs application/json", [exchange]
        elif exchange.json is None and exchange.request.body.strip() != b"null":
            yield f"{exchange.call} has a body that is no JSON", [exchange]


def names_its_lease(exchanges):
    """Every call about a job carries token and fence of a claim of that job."""
    tokens = {
        (job["id"], job["lease"]["fence"]): job["lease"]["token"]
        for exchange in exchanges if exchange.call == "claim" and exchange.status == 200
        for job in exchange.answered["jobs"]
    }
    for exchange in exchanges:
        if exchange.job is None:
            continue
        if exchange.fence is None or exchange.token is None:
            yield f"{exchange.call} carries no Job-Lease or no Job-Fence", [exchange]
        elif tokens.get((exchange.job, exchange.fence)) != exchange.token:
            yield f"{exchange.call} carries a lease that the worker was not given", [exchange]


def claims_for_free_slots(exchanges, leases, slots):
    """No claim asks for more than the slots that are free, other claims that are under way counted."""
    claims = [exchange for exchange in exchanges if exchange.call == "claim" and isinstance(exchange.json, dict)]
    for claim in claims:
        busy = [lease for lease in leases.values() if lease.is_held(claim.at)]
        asked = [other for other in claims
                 if other is not claim and other.at <= claim.at < (other.ended or float("inf"))]
        maximum = claim.json.get("max")
        wanted = maximum if isinstance(maximum, int) else 0
        # A claim is counted from when it is sent: two at once that together ask too much are told by the later one.
        total = wanted + len(busy) + sum(other.json.get("max") or 0 for other in asked)
        if wanted < 1 or total > slots:
            yield (f"a claim asks for {maximum} jobs, beside {len(busy)} that run and {len(asked)} other claims, "
                   f"with {slots} slots"), [claim, *asked, *(lease.claim for lease in busy)]
