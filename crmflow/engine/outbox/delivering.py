"""How does what is due leave the house? It is begun in one transaction, handed over, and ended in another.

Nothing is sent inside a transaction. Whatever dies in between, the attempt ends with its lease, and the next
one brings the same key: each effect is delivered at least once, and its receiver can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from threading import Lock
from typing import NamedTuple

from crmflow.core.journal import Entry
from crmflow.core.message import Delivered, Message, Outgoing
from crmflow.core.relay import Receipt
from crmflow.engine.calls import Calls
from crmflow.engine.outbox.clearing import Begun, Clearing
from crmflow.engine.outbox.frequency import Frequency
from crmflow.engine.outbox.receivers import Receivers
from crmflow.engine.outbox.way import Carrying, Way
from crmflow.engine.outbox.ways import Ways
from crmflow.errors import CrmflowError, WorkflowError

ATTEMPTS = 10
"""After so many attempts a message is dead."""
FIRST_PAUSE = timedelta(seconds=30)
"""How long to wait after the first attempt; it doubles each time."""
LONGEST_PAUSE = timedelta(hours=6)
LONGEST_WISH = timedelta(days=1)
"""No receiver may put a message off for longer."""
TOGETHER = 50
"""Messages handed over at a time; one that was tried before goes alone, so that it spoils no other."""


class Attempt(NamedTuple):
    """A message that was handed to a relay: how the relay answered, or what went wrong; neither, if it never
    got it."""

    outgoing: Outgoing
    message: Message
    way: Way
    receipt: Receipt | None
    error: CrmflowError | None


class Delivering:
    """Delivers for one site. The relays are connected once, and their failures are remembered."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._lock = Lock()
        self._ways: Ways | None = None

    @property
    def ways(self) -> Ways:
        """Raises SettingsError CRM850–855, PluginError CRM701–713: [relay] cannot be used."""
        with self._lock:
            if self._ways is None:
                self._ways = Ways(self._calls.site, self._calls.packs)
            return self._ways

    def deliver(self, limit: int, as_of: datetime | None, actor: str) -> Delivered:
        """One round for at most `limit` messages that are due."""
        ways = self.ways
        with self._calls.writing(actor, None) as (batch, rules):
            moment = self._calls.at(batch, as_of)
            due = batch.outbox.due(moment, limit)
            site = self._calls.site
            receivers = Receivers(batch, rules, due, moment, site.zone, site.language)
            frequency = Frequency(batch, rules.set.vocabulary, due, moment)
            sender = ways.sender or self._calls.store.schema or ""
            cleared = list(Clearing(receivers, frequency, ways, moment, sender).clear(due))
            batch.outbox.save(each.outgoing for each in cleared)
            held = [each.outgoing for each in cleared if each.outgoing.state == "held"]
            batch.journal.write(entry(message, moment, actor) for message in held)
        begun = [each for each in cleared if isinstance(each, Begun)]
        postponed = len(cleared) - len(begun) - len(held)
        counted = self._end(carry(begun), as_of, actor) if begun else Delivered()
        return counted + Delivered(held=len(held), postponed=postponed)

    def _end(self, attempts: Sequence[Attempt], as_of: datetime | None, actor: str) -> Delivered:
        """Keeps what became of the messages."""
        with self._calls.writing(actor, None) as (batch, _):
            moment = self._calls.at(batch, as_of)
            present = batch.outbox.present(attempt.outgoing.id for attempt in attempts)
            ended = [
                became
                for attempt in attempts
                if (became := after(attempt, present.get(attempt.outgoing.id), moment)) is not None
            ]
            batch.outbox.save(ended)
            told = [message for message in ended if message.state != "waiting"]
            batch.journal.write(entry(message, moment, actor) for message in told)
        count = Counter(outcome(message, moment) for message in ended)
        return Delivered(**count)


def carry(begun: Iterable[Begun]) -> list[Attempt]:
    """Hands messages over, to all relays at once; returns when each has answered or had its time."""
    by_way: dict[int, tuple[Way, list[Begun]]] = {}
    for each in begun:
        by_way.setdefault(id(each.way), (each.way, []))[1].append(each)
    carrying = [(Carrying(way, batches(together)), together) for way, together in by_way.values()]
    attempts = []
    for one, together in carrying:
        one.wait()
        for each in together:
            key = each.message.key
            attempts.append(
                Attempt(each.outgoing, each.message, one.way, one.receipts.get(key), one.errors.get(key))
            )
    return attempts


def batches(begun: Sequence[Begun]) -> list[list[Message]]:
    """The messages as they are handed over."""
    fresh = [each.message for each in begun if each.outgoing.attempts == 1]
    again = [[each.message] for each in begun if each.outgoing.attempts > 1]
    return [*(fresh[start : start + TOGETHER] for start in range(0, len(fresh), TOGETHER)), *again]


def after(attempt: Attempt, present: Outgoing | None, moment: datetime) -> Outgoing | None:
    """Where a message stands after an attempt; None: what is known by now counts more.

    What was sent is sent, even if another worker has taken over, or somebody discarded it meanwhile.
    """
    outgoing, message, way, receipt, error = attempt
    if present is None or present.state == "sent":
        return None
    if receipt is not None and receipt.outcome == "sent":
        by = message.channel
        return replace(present, state="sent", channel=by, due_at=None, sent_at=moment, code=None, parts={})
    if present.state != "waiting" or present.attempts != outgoing.attempts:
        return None
    if receipt is None and error is None:
        rest = timedelta(seconds=way.rest)
        return replace(present, attempts=present.attempts - 1, due_at=moment + rest)
    if error is None and receipt is not None:
        parts = {"relay": way.relay.name, "reason": receipt.reason, "attempts": present.attempts}
        error = WorkflowError("CRM588", **parts)
    assert error is not None
    failed = replace(present, code=error.code, parts=error.parts)
    if present.attempts >= ATTEMPTS or (receipt is not None and receipt.outcome == "dead"):
        return replace(failed, state="dead", due_at=None)
    return replace(failed, due_at=moment + pause(present, receipt))


def pause(outgoing: Outgoing, receipt: Receipt | None) -> timedelta:
    """Until the next attempt: twice as long each time, a quarter more or less by the key, so that messages
    that failed together do not come back together; and not before the receiver wishes."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(outgoing.attempts - 1, 20)
    seed = blake2b(f"{outgoing.key}|{outgoing.attempts}".encode(), digest_size=2).digest()
    spread = 0.75 + 0.5 * int.from_bytes(seed) / 0xFFFF
    wish = receipt.after if receipt is not None and receipt.after is not None else timedelta()
    return max(min(doubled, LONGEST_PAUSE) * spread, min(wish, LONGEST_WISH))


def outcome(message: Outgoing, moment: datetime) -> str:
    """Under which name of Delivered a message counts that was begun."""
    if message.state != "waiting":
        return message.state
    return "retried" if message.code is not None else "postponed"


def entry(message: Outgoing, at: datetime, actor: str) -> Entry:
    """The journal's row for what became of a message; that it was sent is told once."""
    told = {"message": message.message, "channel": message.channel, "attempts": message.attempts}
    if message.code is not None:
        told |= {"code": message.code, **message.parts}
    return Entry(
        kind=f"message {message.state}",
        subject=f"message:{message.id}",
        actor=actor,
        at=at,
        customer_id=message.customer_id,
        case_id=message.case_id,
        cause=message.journal_id,
        key=f"{message.key}|sent" if message.state == "sent" else None,
        told=told,
    )
