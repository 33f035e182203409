"""How are two streams in the store's order, by bucket and then by id, read side by side?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from crmflow.store.transaction import bucket_of

Item = TypeVar("Item")


def place(id: int) -> tuple[int, int]:
    """Where a customer comes in the store's order."""
    return bucket_of(id), id


class Alongside(Generic[Item]):
    """A stream of (id, item) that is asked for ids in the same order."""

    def __init__(self, stream: Iterator[tuple[int, Item]]) -> None:
        self._stream = stream
        self._next = next(stream, None)

    def of(self, id: int) -> Item | None:
        """The item of `id`; what lies before it is passed over."""
        while self._next is not None and place(self._next[0]) < place(id):
            self._next = next(self._stream, None)
        if self._next is not None and self._next[0] == id:
            return self._next[1]
        return None
