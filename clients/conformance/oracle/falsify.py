"""Histories that are falsified in one place each; the oracles have to recognise every one."""

import copy
import json

from oracle.history import completes
from oracle.settle_rules import losses
from stage.ledger import Entry
from wire.message import Message


def not_recognised(history):
    """The falsifications about which the oracles say nothing that they do not say of the history itself."""
    known = {sentence for sentence, _ in history.broken()}
    return [
        what for what, word, change in CHANGES
        if not any(word in sentence for sentence, _ in change(history).broken() if sentence not in known)
    ]


def victim(history):
    """A job that completed, with a run in the ledger."""
    ended = {entry.job for entry in history.entries if entry.event == "end"}
    return next(record for record in history.records.values() if record.status == "Completed" and record.id in ended)


def first(history, event):
    return next(entry for entry in history.entries if entry.job == victim(history).id and entry.event == event)


def without_the_end(history):
    job = victim(history).id
    return history.with_entries(lambda entries: [e for e in entries if (e.job, e.event) != (job, "end")])


def with_entry(make):
    """Adds a line to the ledger, made of the victim's first one."""
    return lambda history: history.with_entries(lambda entries: [*entries, make(first(history, "start"))])


def taken_over(history):
    """A second run begins before the first one ends."""
    begun = first(history, "start")
    later = Entry(begun.job, begun.fence + 100, "start")
    place = history.entries.index(begun) + 1
    return history.with_entries(lambda entries: [*entries[:place], later, *entries[place:]])


def record_with(**changes):
    return lambda history: history.with_record(victim(history), **changes)


def other_fence(history):
    record = victim(history)
    attempts = [{**run, "fence": run["fence"] + 1} for run in record.attempts]
    return history.with_record(record, attempts=attempts)


def exchange_like(exchange, later=0.0, status=None, answer=None, **changes):
    """A copy of an exchange, some time later, with another request or answer."""
    other = copy.copy(exchange)
    other.request = Message(exchange.request.first, list(exchange.request.headers), exchange.request.body)
    other.at, other.ended = exchange.at + later, exchange.ended + later
    if status is not None:
        body = json.dumps(answer or {}).encode()
        other.answer = Message(f"HTTP/1.1 {status} X", [("Content-Type", "application/json")], body)
    for name, value in changes.items():
        setattr(other, name, value)
    return other


def with_header(exchange, name, value):
    """A copy with another header; with none when there is no value."""
    other = exchange_like(exchange)
    other.request.headers = [pair for pair in other.request.headers if pair[0].lower() != name.lower()]
    other.request.headers += [(name, value)] if value is not None else []
    return other


def with_body(exchange, body):
    other = exchange_like(exchange, later=0.01)
    other.request.body = json.dumps(body).encode()
    return other


def last_end(exchanges):
    """The last call that completed a job; if possible of one that no heartbeat called lost meanwhile.

    Such a heartbeat was on its way together with the call, and allows it to be said again.
    """
    told, ends = losses(exchanges), completes(exchanges)
    return next((end for end in reversed(ends) if (end.job, end.fence) not in told), ends[-1])


def end_changed(change):
    """Replaces the last completed job's call by what the change makes of it."""

    def changed(exchanges):
        end = last_end(exchanges)
        place = exchanges.index(end)
        return [*exchanges[:place], *change(end), *exchanges[place + 1:]]

    return lambda history: history.with_exchanges(changed)


def claims_too_much(history):
    def changed(exchanges):
        claim = next(each for each in exchanges if each.call == "claim")
        greedy = with_body(claim, {**claim.json, "max": history.slots + 1})
        return [greedy if each is claim else each for each in exchanges]

    return history.with_exchanges(changed)


def lost_and_goes_on(end):
    """The end is answered that the lease is lost, and is said again."""
    lost = exchange_like(end, status=409, answer={"type": "/problems/lease-lost"})
    # A second after the answer, which may itself have taken long.
    return [lost, exchange_like(lost, later=lost.ended - lost.at + 1)]


def other_end_after_silence(end):
    """The end is not answered, and another one is sent."""
    silent = exchange_like(end, fate="cut before the server heard of it", answer=None)
    silent.answer = None
    return [silent, with_body(end, {"result": "another"})]


CHANGES = [
    ("a job that still runs", "I1", record_with(status="Running")),
    ("a job that failed", "I1", record_with(status="Failed", failure={"code": "lost"})),
    ("a poison pill that was not lost", "I1", record_with(status="Failed", failure={"code": "poison_pill"})),
    ("a job that nobody submitted", "I1", with_entry(lambda entry: Entry("nobody", 1, "start"))),
    ("a job that completed without a run", "I2", without_the_end),
    ("a job that is recorded under another fence", "I2", other_fence),
    ("the result of another run", "I2", record_with(result={"fence": -1})),
    ("a run that started twice", "I2", with_entry(lambda entry: entry)),
    ("an end of what never ran", "I2", with_entry(lambda entry: Entry(entry.job, entry.fence + 100, "end"))),
    ("an end after the next start", "had begun", taken_over),
    ("a fence that is smaller than the one before", "I6", with_entry(lambda entry: Entry(entry.job, 0, "start"))),
    ("a run of which the record knows nothing", "I3", taken_over),
    ("two ends under one fence", "I2 two", end_changed(lambda end: [end, with_body(end, {"result": "another"})])),
    ("another end after no answer", "another end was sent", end_changed(other_end_after_silence)),
    ("a call after the loss", "was lost", end_changed(lost_and_goes_on)),
    ("a claim for more than there are slots", "slots", claims_too_much),
    ("a call without a fence", "carries no", end_changed(lambda end: [with_header(end, "Job-Fence", None)])),
    ("a call with another's lease", "not given", end_changed(lambda end: [with_header(end, "Job-Lease", "x")])),
    ("a body of another type", "application/json",
     end_changed(lambda end: [with_header(end, "Content-Type", "text/plain")])),
    ("a call that was refused as wrong", "answered 422", end_changed(lambda end: [exchange_like(end, status=422)])),
]
