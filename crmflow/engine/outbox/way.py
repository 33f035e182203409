"""How are messages handed to a relay that may raise, hang or answer nonsense? In a thread, for a minute."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple, get_args

from crmflow.core.message import Message
from crmflow.core.relay import Outcome, Receipt, Relay, Send
from crmflow.errors import PluginError

log = logging.getLogger("crmflow.relay")
BUDGET = 60.0
"""Seconds in which a relay must have answered for all that it is given in one delivery."""
FAILURES = 3
"""So many failures in a row, and a relay rests."""
REST = 300.0
"""Seconds of that rest."""
OUTCOMES = frozenset(get_args(Outcome))

Batch = Sequence[Message]


@dataclass(slots=True)
class Way:
    """The way of some channels out of the house: a relay with its settings, and how it has fared lately."""

    relay: Relay
    settings: Mapping[str, str]
    clock: Callable[[], float] = monotonic
    budget: float = BUDGET
    failures: int = 0
    rests_until: float = float("-inf")
    connected: Send | None = None

    @property
    def rest(self) -> float:
        """The seconds for which it still rests."""
        return max(self.rests_until - self.clock(), 0.0)

    def send(self, messages: Batch) -> Iterable[object]:
        """What the relay itself answers; it is connected first."""
        if self.connected is None:
            self.connected = self.relay.connect(self.settings)
        return self.connected(messages)

    def fares(self, error: PluginError | None, *, hangs: bool = False) -> bool:
        """Notes how a batch went; whether the relay may go on."""
        if error is None:
            self.failures = 0
            return True
        self.failures += 1
        log.warning("%s", error)
        if hangs or self.failures >= FAILURES:
            self.rests_until = self.clock() + REST
            log.error("relay %s rests for %.0f seconds", self.relay.name, REST)
            return False
        return True


class _Begun(NamedTuple):
    batch: Batch


class _Said(NamedTuple):
    answer: object


class _Ended(NamedTuple):
    error: PluginError | None


class Carrying:
    """Batches on their way through one relay, in a thread of their own; `wait` for what became of them.

    `receipts` are its answers by key, `errors` say why a message that it was given has none. What is in
    neither was not handed over.
    """

    def __init__(self, way: Way, batches: Sequence[Batch]) -> None:
        self.way = way
        self.receipts: dict[str, Receipt] = {}
        self.errors: dict[str, PluginError] = {}
        self._batches = batches
        self._deadline = way.clock() + way.budget
        self._events: SimpleQueue[_Begun | _Said | _Ended | None] = SimpleQueue()
        self._stop = Event()
        Thread(target=self._carry, name=f"relay {way.relay.name}", daemon=True).start()

    def _carry(self) -> None:
        """In the thread."""
        for batch in self._batches:
            if self._stop.is_set():
                break
            self._events.put(_Begun(batch))
            error: PluginError | None = None
            try:
                for answer in self.way.send(batch):
                    self._events.put(_Said(answer))
            except BaseException as raised:  # a plugin may even try to end the program
                reason = f"{type(raised).__name__}: {raised}"
                error = PluginError("CRM710", relay=self.way.relay.name, reason=reason)
            self._events.put(_Ended(error))
        self._events.put(None)

    def wait(self) -> None:
        """Until the relay has answered for all batches, rests, or has had its time."""
        batch: Batch = ()
        nonsense: PluginError | None = None
        try:
            while (event := self._next()) is not None:
                match event:
                    case _Begun(batch):
                        nonsense = None
                    case _Said(answer):
                        nonsense = self._hear(answer, batch) or nonsense
                    case _Ended(error) if not self.way.fares(self._lacking(batch, error or nonsense)):
                        self._stop.set()
        except Empty:
            self._stop.set()
            slow = PluginError("CRM711", relay=self.way.relay.name, seconds=self.way.budget)
            self._lacking(batch, slow)
            self.way.fares(slow, hangs=not self.receipts)

    def _next(self) -> _Begun | _Said | _Ended | None:
        return self._events.get(timeout=max(self._deadline - self.way.clock(), 0.001))

    def _hear(self, answer: object, batch: Batch) -> PluginError | None:
        """Takes a receipt; what is none, or answers for another message, is CRM712."""
        if (
            isinstance(answer, Receipt)
            and answer.outcome in OUTCOMES
            and answer.key not in self.receipts
            and any(message.key == answer.key for message in batch)
        ):
            self.receipts[answer.key] = answer
            return None
        return PluginError("CRM712", relay=self.way.relay.name, answer=repr(answer)[:200])

    def _lacking(self, batch: Batch, error: PluginError | None) -> PluginError | None:
        """Says of each message of a batch that has no receipt why; the error, where there is one."""
        silent = [message.key for message in batch if message.key not in self.receipts]
        if silent and error is None:
            error = PluginError("CRM712", relay=self.way.relay.name, answer="nothing")
        self.errors |= {key: error for key in silent if error is not None}
        return error
