"""How do the effects of decisions get into the store? As sets, each effect once by its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from crmflow.core.message import Outgoing
from crmflow.engine.effect import Effect, Owned, Segmented, Sent, TookPart, Visited, Withdrawn
from crmflow.store.batch import Batch
from crmflow.store.owners import Ownership
from crmflow.store.segments import Segment


def write(batch: Batch, effects: Sequence[Effect]) -> list[Effect]:
    """Writes the effects that have not happened yet, with their journal entries; returns these.

    An effect whose key is in the journal already is dropped.
    """
    ids = batch.journal.write(effect.entry for effect in effects if effect.entry is not None)
    new = list(_happened(effects, iter(ids)))
    batch.segments.put(_segment(effect, entry) for effect, entry in new if isinstance(effect, Segmented))
    batch.owners.put(
        _ownership(effect, entry) for effect, entry in new if isinstance(effect, (Owned, TookPart))
    )
    batch.visits.open([replace(effect.visit, id=0) for effect, _ in new if isinstance(effect, Visited)])
    batch.visits.close(
        (effect.visit.id, "withdrawn", effect.entry.at, None)
        for effect, _ in new
        if isinstance(effect, Withdrawn)
    )
    batch.outbox.put(_outgoing(effect, entry) for effect, entry in new if isinstance(effect, Sent))
    return [effect for effect, _ in new]


def _happened(effects: Iterable[Effect], ids: Iterator[int | None]) -> Iterator[tuple[Effect, int | None]]:
    """Each effect that is new or has no entry, with the id of its entry."""
    for effect in effects:
        id = None if effect.entry is None else next(ids)
        if id is not None or effect.entry is None:
            yield effect, id


def _segment(effect: Segmented, entry: int | None) -> Segment:
    change = effect.change
    return Segment(
        customer_id=change.customer_id,
        name=change.name,
        value=change.value,
        since=change.at,
        rule=change.rule,
        holding_id=change.holding_id or None,
        stale=change.stale,
        journal_id=entry,
    )


def _ownership(effect: Owned | TookPart, entry: int | None) -> Ownership:
    at = effect.entry.at
    if isinstance(effect, Owned):
        return Ownership(effect.customer_id, "owner", effect.staff, at, journal_id=entry)
    return Ownership(effect.customer_id, "participant", effect.staff, at, effect.held, journal_id=entry)


def _outgoing(effect: Sent, entry: int | None) -> Outgoing:
    said = effect.entry
    return Outgoing(
        key=said.key or f"journal:{entry}",
        message=effect.sending.message,
        customer_id=effect.customer_id,
        at=said.at,
        channel=effect.sending.channel,
        journal_id=entry,
    )
