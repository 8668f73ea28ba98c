"""The rules for how a worker ends a run: once, the same way each time it says so, and never when the lease is lost."""

from collections import defaultdict

from wire.exchange import SETTLES

# Calls that were on their way, on another connection, when an answer came.
ON_THE_WAY = 0.25


def of_each_lease(exchanges):
    """The calls about a job, by job and fence, in the order in which they were made."""
    found = defaultdict(list)
    for exchange in exchanges:
        if exchange.job is not None:
            found[exchange.job, exchange.fence].append(exchange)
    return found


def one_end_for_each_lease(exchanges):
    """I2: of the ends that took effect under a fence there is one, however often it was said."""
    for (job, fence), calls in of_each_lease(exchanges).items():
        ends = [call for call in calls if call.call in SETTLES and call.took_effect]
        for end in ends[1:]:
            if (end.call, end.request.body) != (ends[0].call, ends[0].request.body):
                yield f"I2 two different ends of job {job} took effect under fence {fence}", [ends[0], end]


def settles_are_repeated_alike(exchanges):
    """What was answered with 5xx, 429 or not at all is said again with the same body."""
    for (job, fence), calls in of_each_lease(exchanges).items():
        settles = [call for call in calls if call.call in SETTLES]
        for first, second in zip(settles, settles[1:]):
            if first.is_delivered and not is_temporary(first.status):
                continue
            # A cancel ends everything that was said before.
            if second.call != "cancelled" and (first.call, first.request.body) != (second.call, second.request.body):
                yield (f"the end of job {job} under fence {fence} was not answered, and then another end was sent",
                       [first, second])


def is_temporary(status):
    return status is None or status == 429 or status >= 500


def losses(exchanges):
    """When and how a worker was told that a lease is over, by job and fence; each the first time."""
    found = {}
    for exchange in sorted((each for each in exchanges if each.ended), key=lambda each: each.ended):
        if not exchange.is_delivered:
            continue
        if exchange.job is not None and exchange.problem == "lease-lost":
            found.setdefault((exchange.job, exchange.fence), exchange)
        if exchange.call == "heartbeat" and exchange.status == 200:
            for job in exchange.answered["jobs"]:
                if job["action"] == "lost":
                    found.setdefault((job["id"], job["fence"]), exchange)
    return found


def silent_after_the_loss(exchanges):
    """`lease-lost` is final; only the handler of a cancelled job may still say that it has stopped."""
    told = losses(exchanges)
    for (job, fence), calls in of_each_lease(exchanges).items():
        loss = told.get((job, fence))
        if loss is None:
            continue
        # A heartbeat may call a job lost whose end took effect without an answer; that end may still be said again.
        begun = {call.call for call in calls
                 if call.call in SETTLES and call.at < loss.ended and loss.call == "heartbeat"}
        late = [call for call in calls
                if call.at > loss.ended + ON_THE_WAY and call.call != "cancelled" and call.call not in begun]
        if late:
            yield f"a {late[0].call} of job {job} was sent although fence {fence} was lost", [loss, late[0]]
