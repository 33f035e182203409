"""What became of rows that were written?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from crmflow.core.intake import Counts

Outcome = Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a set of rows: id and outcome of each, in order."""

    ids: Sequence[int] = ()
    outcomes: Sequence[Outcome] = ()

    def __add__(self, other: Written) -> Written:
        return Written([*self.ids, *other.ids], [*self.outcomes, *other.outcomes])

    @property
    def counts(self) -> Counts:
        return counts(self.outcomes)


def counts(outcomes: Sequence[Outcome]) -> Counts:
    """How many rows had each outcome."""
    return Counts(outcomes.count("new"), outcomes.count("changed"), outcomes.count("same"))
