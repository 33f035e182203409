"""Which conditions of a chart may a new day make true, although nothing else has changed?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crmflow.core.chart import Condition, Move
from crmflow.rules.fact import Fact
from crmflow.rules.vocabulary import Vocabulary

DAILY = frozenset({"next day works", "today", "now"})
"""What conditions may read that is another on another day."""


def dated(moves: Iterable[Move], facts: Mapping[str, Condition | None], names: Vocabulary) -> frozenset[str]:
    """The ids of the gate lines, and of the moves with a condition of their own, that read something which
    follows the day, be it through the chart's own `facts`."""
    conditions: dict[str, Condition] = {}
    for move in moves:
        conditions |= {line.id: line.when for gate in move.gates for line in gate.lines}
        if move.when is not None:
            conditions[move.id] = move.when
    return frozenset(id for id, when in conditions.items() if _follows_the_day(_read_by(when, facts), names))


def _read_by(when: Condition, facts: Mapping[str, Condition | None]) -> set[str]:
    """The names that a condition reads, and those that the chart's facts among them read."""
    found = set(when.names)
    for name, fact in reversed(list(facts.items())):  # later ones may read earlier ones
        if name in found and fact is not None:
            found |= fact.names
    return found


def _follows_the_day(read: set[str], names: Vocabulary) -> bool:
    facts = names.all_facts()
    behind = read | names.behind(read)
    return not behind.isdisjoint(DAILY) or any(_in_time(facts[each]) for each in behind & facts.keys())


def _in_time(fact: Fact) -> bool:
    """Whether time alone changes a fact: one that counts days, or looks at a window."""
    return fact.aggregate in ("days since", "anniversary") or fact.over is not None or fact.ago is not None
