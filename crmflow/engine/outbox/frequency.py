"""How many messages of a purpose has a customer got of late?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from crmflow.core.contact import Purpose
from crmflow.core.message import Outgoing
from crmflow.rules.vocabulary import Vocabulary
from crmflow.store.batch import Batch


class Frequency:
    """Counts what was sent, what is on its way, and what is about to be, by customer and purpose."""

    def __init__(
        self, batch: Batch, vocabulary: Vocabulary, messages: Sequence[Outgoing], as_of: datetime
    ) -> None:
        self._purposes = {
            name: vocabulary.purpose(template.purpose) for name, template in vocabulary.messages.items()
        }
        capped = {each.customer_id for each in messages if self._capped(each.message)}
        longest = max((purpose.per for purpose in self._purposes.values()), default=timedelta())
        self._count: Counter[tuple[int, str]] = Counter()
        for sent in batch.outbox.sent_since(as_of - longest, capped, as_of):
            purpose = self._purposes.get(sent.message)
            if purpose and (sent.sent_at is None or sent.sent_at > as_of - purpose.per):
                self.one_more(sent.customer_id, purpose)

    def _capped(self, message: str) -> bool:
        return message in self._purposes and self._purposes[message].most is not None

    def reached(self, customer_id: int, purpose: Purpose) -> bool:
        """Whether another one would be one too many."""
        return purpose.most is not None and self._count[customer_id, purpose.name] >= purpose.most

    def one_more(self, customer_id: int, purpose: Purpose) -> None:
        self._count[customer_id, purpose.name] += 1
