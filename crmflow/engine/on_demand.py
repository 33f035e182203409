"""What is known of a case's customer, read only when a condition asks?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property


class OnDemand(Mapping[str, object]):
    """A context that is made when the first of its names is asked for."""

    def __init__(self, make: Callable[[], Mapping[str, object]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, object]:
        return self._make()

    def __getitem__(self, name: str) -> object:
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._made

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)
