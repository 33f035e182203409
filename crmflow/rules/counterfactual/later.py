"""When does a rule begin to fire by time alone, if nothing else happens?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from crmflow.core.decision import Conflict
from crmflow.rules.context import NOW, Context
from crmflow.rules.counterfactual.leaf import FIXED, Leaves
from crmflow.rules.derive import TODAY
from crmflow.rules.rulebook import Rule, Rulebook

HORIZON: Final = 366  # days
BY_THE_DAY: Final = frozenset({"days since", "anniversary"})
Later = Callable[[int], Mapping[str, object]]
"""The values that facts over windows have so many days from now."""


def first_day(
    rulebook: Rulebook,
    rule: Rule,
    leaves: Leaves,
    later: Later | None = None,
    *,
    params: Mapping[str, object],
) -> int | None:
    """In how many days the rule decides at the earliest, within a year; None where time does not bring it.

    Without `later` only the day and what is derived from it move on; windows of facts stay as they are.
    """
    if not any(_follows_time(name, leaves) for name in leaves.closure(rulebook.reads_of(rule))):
        return None
    for days in range(1, HORIZON + 1):
        hits = rulebook.decide(passed(leaves, days, later), params)
        if not isinstance(hits, Conflict) and any(hit.rule == rule.id for hit in hits):
            return days
    return None


def passed(leaves: Leaves, days: int, later: Later | None = None) -> Context:
    """The context so many days later: windows have moved on, and what is derived follows."""
    values = {} if later is None else later(days)
    moved = {name: value for name, value in values.items() if name in leaves.context}
    context, more = {**leaves.context, **moved}, timedelta(days=days)
    for name in (TODAY, NOW):
        moment = context.get(name)
        if isinstance(moment, date | datetime):
            context[name] = moment + more
    return leaves.settled(context, TODAY, NOW, *moved)


def _follows_time(name: str, leaves: Leaves) -> bool:
    fact = leaves.facts.get(name)
    return name in FIXED or (fact is not None and (fact.aggregate in BY_THE_DAY or fact.over is not None))
