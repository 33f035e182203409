"""What is different between two sets of rules, and what does the difference reach?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from crmflow.core.chart import Chart
from crmflow.engine.release import Rules
from crmflow.engine.survey import population_facts
from crmflow.rules.rulebook import Rulebook

OF_THE_RUN = frozenset({"owner", "participants"})
"""Names whose values a run decides, and that facts may read."""

KNOWN = ("customer", "touchpoints", "holdings", "facts", "inferred", "results")
"""The parts of a vocabulary that say what is known of a customer."""


@dataclass(frozen=True)
class Difference:
    """Between old and new rules."""

    old: Rules
    new: Rules

    @cached_property
    def facts(self) -> bool:
        """Whether facts differ, or what they are computed from."""
        return any(_known(self.old, part) != _known(self.new, part) for part in KNOWN)

    @cached_property
    def rulebooks(self) -> Mapping[str, Rulebook]:
        """The new rulebooks that are different from the old one of the same id."""
        before = {rulebook.id: rulebook for rulebook in self.old.set.rulebooks}
        return {
            rulebook.id: rulebook
            for rulebook in self.new.set.rulebooks
            if rulebook != before.get(rulebook.id)
        }

    @cached_property
    def charts(self) -> Mapping[str, Chart]:
        """The new charts that are different from the old one of the same id."""
        before = {id: chart.hash for id, chart in self.old.set.charts.items()}
        return {id: chart for id, chart in self.new.set.charts.items() if chart.hash != before.get(id)}

    @cached_property
    def ids(self) -> list[str]:
        """The rulebooks, inferences and charts that are new, gone or different."""
        gone = [
            *(each.id for each in self.old.set.rulebooks if each.id not in _ids(self.new)),
            *(id for id in self.old.set.charts if id not in self.new.set.charts),
        ]
        inferences = {each.id: each for each in self.old.set.inferences}
        inferred = [each.id for each in self.new.set.inferences if each != inferences.get(each.id)]
        return sorted({*self.rulebooks, *self.charts, *inferred, *gone})

    @cached_property
    def comparable(self) -> bool:
        """Whether asking the different rulebooks alone tells if a customer fares differently.

        Not where facts differ or depend on what is decided, a rulebook comes or goes or is asked at another
        time, or a condition that opens cases or the working time is another.
        """
        return not self.facts and not self._facts_of_decisions and self._same_order and self._same_openings

    @property
    def _facts_of_decisions(self) -> bool:
        """Whether comparing customers, or inferring, reads who owns them."""
        facts = self.old.set.vocabulary.facts
        waiting = {fact.of for fact in population_facts(self.old)}
        waiting |= {name for each in self.old.set.inferences for name in each.reads}
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            found.add(name)
            if name in facts:
                waiting |= facts[name].reads - found
        return not OF_THE_RUN.isdisjoint(found)

    @property
    def _same_order(self) -> bool:
        return [_asked(each) for each in self.old.set.rulebooks] == [
            _asked(each) for each in self.new.set.rulebooks
        ]

    @property
    def _same_openings(self) -> bool:
        old, new = (
            {id: _opening(chart) for id, chart in each.set.charts.items()} for each in (self.old, self.new)
        )
        return old == new and self.old.calendars == self.new.calendars


def _known(rules: Rules, part: str) -> object:
    """A part of the vocabulary; and the inferences, which give what is inferred."""
    known = getattr(rules.set.vocabulary, part)
    return (known, rules.set.inferences) if part == "inferred" else known


def _asked(rulebook: Rulebook) -> tuple[object, ...]:
    """When a rulebook is asked, about whom, and what becomes of its answer."""
    gives = rulebook.gives and rulebook.gives.name
    return rulebook.id, rulebook.decides, rulebook.about, rulebook.on, gives, rulebook.yields_to


def _opening(chart: Chart) -> tuple[object, ...]:
    if chart.opens_when is None:
        return (None,)
    return chart.opens_when.text, chart.holding, chart.params


def _ids(rules: Rules) -> set[str]:
    return {rulebook.id for rulebook in rules.set.rulebooks}
