"""All that was recorded of a play, for oracles that look at it as a whole."""

from dataclasses import dataclass, replace

from oracle import fence_rules, wire_rules


@dataclass
class History:
    """The ledger, the records of its jobs, and what each worker process said and heard."""

    entries: list
    records: dict
    recordings: list
    slots: int
    key: str | None = None

    def broken(self):
        """What all oracles together say of a history in which every job was to complete."""
        found = [*fence_rules.check(self.entries, self.records), *fence_rules.all_completed(self.records)]
        for exchanges in self.recordings:
            found += wire_rules.check(exchanges, self.slots, self.key)
        return found

    def with_record(self, record, **changes):
        """The same with one record changed."""
        return replace(self, records={**self.records, record.id: replace(record, **changes)})

    def with_entries(self, change):
        """The same with another ledger."""
        return replace(self, entries=change(list(self.entries)))

    def with_exchanges(self, change):
        """The same with a worker's exchanges changed: of one that completed a job and heard so."""
        place = next(place for place, exchanges in enumerate(self.recordings) if completes(exchanges))
        recordings = list(self.recordings)
        recordings[place] = change(list(recordings[place]))
        return replace(self, recordings=recordings)


def completes(exchanges):
    """The calls that completed a job, and whose answers arrived."""
    return [each for each in exchanges if each.call == "complete" and each.status == 200 and each.is_delivered]
