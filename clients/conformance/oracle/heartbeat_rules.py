"""The rules for heartbeats of a worker that nothing disturbs: the promised pace, and all leases in one call."""

from oracle.leases import replay
from stage.patience import patient

# What a busy machine may delay.
SLACK = patient(0.5)
# A worker may look at its leases a moment before it sends the heartbeat.
GATHERING = 0.25


def check(exchanges, since, until):
    """All of them, for the time from a session to when the worker was asked to stop; what is broken."""
    session = next(each for each in exchanges if each.call == "session" and each.status == 201)
    beats = [each for each in exchanges if each.call == "heartbeat" and since <= each.at <= until]
    return [
        *has_the_pace(beats, session, until),
        *carries_all_leases(beats, exchanges),
    ]


def has_the_pace(beats, session, until):
    """One every `heartbeatSeconds`, from the session on."""
    promised = session.answered["heartbeatSeconds"]
    times = [session.ended, *(beat.at for beat in beats), until]
    shown = [session, *beats]
    for earlier, later, exchange in zip(times, times[1:], shown):
        if later - earlier > 1.5 * promised + SLACK:
            yield (f"{later - earlier:.2f} s passed without a heartbeat, and one was promised every {promised} s",
                   [exchange])
    most = 2 * (until - session.ended) / promised + 2
    if len(beats) > most:
        seconds = until - session.ended
        yield f"{len(beats)} heartbeats came in {seconds:.1f} s, and one every {promised} s was asked for", beats


def carries_all_leases(beats, exchanges):
    """Each names every lease that the worker holds, with its token, and none that it was not given."""
    leases = replay(exchanges)
    for beat in beats:
        named = {(job.get("id"), job.get("fence")): job.get("token") for job in beat.json.get("jobs", [])}
        for key, token in named.items():
            if key not in leases or leases[key].token != token:
                yield f"a heartbeat names the lease {key}, which the worker was not given so", [beat]
        for key, lease in leases.items():
            if lease.is_held(beat.at) and lease.is_held(beat.at - GATHERING) and key not in named:
                yield f"a heartbeat leaves out job {key[0]}, which the worker holds", [beat, lease.claim]
