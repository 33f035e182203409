"""How does a chart's file say that its cases are grouped under incidents, or what makes an incident?"""

from __future__ import annotations

from datetime import timedelta

from crmflow.core.incident import Grouping, Surge
from crmflow.rules import vocabulary
from crmflow.rules.chart.shape import GroupShape, OpensShape
from crmflow.rules.chart.words import ChartWords, term
from crmflow.rules.condition import condition
from crmflow.rules.source import Path

OPENS: Path = ("case", "opens")
OF_A_SURGE = ("at least", "within", "level")


def grouping(words: ChartWords, shape: GroupShape | None) -> Grouping | None:
    """`group under`; whether there is such a chart is known when all are read."""
    if shape is None:
        return None
    when = None
    if shape.when is not None:
        when = condition(words.document, ("group under", "when"), words.scope, words.findings)
    return Grouping(shape.chart, when, shape.clocks == "paused")


def surge(words: ChartWords, shape: OpensShape) -> Surge | None:
    """`opens: {at least: 5, within: PT1H}`, of a chart about a unit."""
    if shape.at_least is None or shape.within is None:
        missing = {"at least": shape.at_least, "within": shape.within}
        if any(each is not None for each in (*missing.values(), shape.level)):
            name = next(key for key, each in missing.items() if each is None)
            words.findings.errors.append(words.document.diagnostic("CRM061", OPENS, {"name": name}, key=True))
        return None
    length, level = term(shape.within), shape.level
    if length is None:
        words.complain("CRM068", (*OPENS, "within"), shape.within, ())
        return None
    if level is not None:
        level = vocabulary.spelled(words.names.levels, level)
        if level is None and not words.names.declares_level(str(shape.level)):
            words.complain("CRM190", (*OPENS, "level"), str(shape.level), words.names.levels)
    return Surge(int(shape.at_least), timedelta(days=length.days) + length.time, level)


def refuse_keys(words: ChartWords) -> None:
    """A case about a unit is opened by a signal, a surge, or by hand; others are not opened by a surge."""
    about_a_unit = words.shape.case.about == "unit"
    known = ("on", *OF_A_SURGE) if about_a_unit else ("on", "when")
    for key in ("when",) if about_a_unit else OF_A_SURGE:
        if (*OPENS, key) in words.document.places:
            parts = {"name": key, "known": ", ".join(known)}
            words.findings.errors.append(words.document.diagnostic("CRM060", (*OPENS, key), parts, key=True))
