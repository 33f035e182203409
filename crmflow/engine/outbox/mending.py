"""What can somebody do with messages that did not leave? Send them again, or give them up."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime

from crmflow.core.journal import Entry
from crmflow.core.message import Outgoing, State
from crmflow.errors import WorkflowError
from crmflow.rules.vocabulary import Vocabulary
from crmflow.store.batch import Batch

UNDELIVERED: tuple[State, ...] = ("held", "dead")


def retry(batch: Batch, ids: Iterable[int] | None, vocabulary: Vocabulary) -> int:
    """They wait for an attempt from now on, as if they were new; one that is too late only where it is asked
    for by its number."""
    now = batch.now
    if ids is None:
        undelivered = batch.outbox.scan(states=UNDELIVERED)
        chosen = [each for each in undelivered if not is_too_late(each, vocabulary, now)]
    else:
        chosen = _those(batch, ids, (*UNDELIVERED, "discarded"))
    again = [
        replace(each, state="waiting", attempts=0, due_at=now, asked_at=now, code=None, parts={})
        for each in chosen
    ]
    return _keep(batch, again, "message retried")


def is_too_late(outgoing: Outgoing, vocabulary: Vocabulary, at: datetime) -> bool:
    """Whether it is not worth sending any more, by its `within`."""
    message = vocabulary.messages.get(outgoing.message)
    return message is not None and at - outgoing.wanted_at > message.within


def discard(batch: Batch, ids: Iterable[int]) -> int:
    """They are not sent, unless an attempt is under way at this moment."""
    chosen = _those(batch, ids, (*UNDELIVERED, "waiting"))
    given_up = [replace(each, state="discarded", due_at=None) for each in chosen]
    return _keep(batch, given_up, "message discarded")


def _those(batch: Batch, ids: Iterable[int], states: Container[State]) -> list[Outgoing]:
    """Raises WorkflowError CRM589 for a number that is no message's in one of these states."""
    wanted = list(dict.fromkeys(ids))
    found = batch.outbox.present(wanted)
    for id in wanted:
        if id not in found or found[id].state not in states:
            raise WorkflowError("CRM589", id=id)
    return list(found.values())


def _keep(batch: Batch, messages: list[Outgoing], kind: str) -> int:
    batch.outbox.save(messages)
    batch.journal.write(
        Entry(
            kind=kind,
            subject=f"message:{message.id}",
            actor=batch.actor,
            at=batch.now,
            customer_id=message.customer_id,
            case_id=message.case_id,
            cause=message.journal_id,
            told={"message": message.message},
        )
        for message in messages
    )
    return len(messages)
