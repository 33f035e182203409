"""Where does a value come from, and why is it unknown? Facts with the touchpoints and names behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from crmflow.core.explanation import Explanation
from crmflow.core.provenance import Provenance
from crmflow.core.text import Text
from crmflow.rules.context import OWNER
from crmflow.rules.fact import FOLDS, POPULATION, Fact
from crmflow.rules.fold import FoldsAt, Row
from crmflow.rules.phrase import Phrase
from crmflow.rules.recorded import explain_field, explain_rows
from crmflow.rules.wording import Described, Wording, say

OF_A_DATE: Final = frozenset({"days since", "anniversary"})


@dataclass(frozen=True, slots=True)
class Origins:
    """What one customer's (or holding's) facts were computed from: the rows, folded as of a moment."""

    folds: FoldsAt
    touchpoints: Sequence[Row] = ()
    holdings: Sequence[Row] = ()
    provenances: Mapping[int, Provenance] = field(default_factory=dict)  # of touchpoints, by id
    fields: Mapping[str, Provenance] = field(default_factory=dict)  # of the customer's fields
    shown: int = 0  # rows of each fact that are told one by one

    def rows_of(self, fact: Fact) -> Sequence[Row]:
        return self.folds.rows_of(fact.name, self.touchpoints, self.holdings)


def explain_facts(
    names: Iterable[str], context: Mapping[str, object], wording: Wording, origins: Origins | None = None
) -> Explanation:
    """What the names of a context say, each with where it comes from.

    `since` is the last row's moment where a fact comes from rows. Without `origins` these are left out.
    """
    at = wording.moment(moment) if isinstance(moment := context.get("now"), datetime) else Text("–", "–")
    because = tuple(explain_name(name, context, wording, origins) for name in names)
    return Explanation(say("sentences", "facts", at=at), because=because)


def explain_name(
    name: str, context: Mapping[str, object], wording: Wording, origins: Origins | None = None
) -> Explanation:
    """What a name of the context says."""
    described, value = wording.described(name), context.get(name)
    return explain_value(name, wording.label(name), value, described, context, wording, origins)


def explain_value(
    name: str,
    label: Text,
    value: object,
    described: Described | None,
    context: Mapping[str, object],
    wording: Wording,
    origins: Origins | None = None,
) -> Explanation:
    """The value of a name, or of a path that begins with it, under a label, with where it comes from."""
    shown = None if wording.hides(described) else value
    found = _explained(name, label, value, described, context, wording, origins)
    return replace(found, name=name, value=shown)


def _explained(
    name: str,
    label: Text,
    value: object,
    described: Described | None,
    context: Mapping[str, object],
    wording: Wording,
    origins: Origins | None,
) -> Explanation:
    fact = described if isinstance(described, Fact) else None
    if value is None:
        reason = _unknown(name, fact, context, wording)
        says = say("sentences", "missing", label=label, reason=reason)
    else:
        says = say("sentences", "value", label=label, value=wording.value(value, described))
    if name in wording.vocabulary.inferred and value is not None:
        return Explanation(says, because=(Explanation(say("sources", "inferred")),))
    if fact is None:
        told = None if origins is None or not origins.shown else origins.fields.get(name)
        return Explanation(says, because=() if told is None else (explain_field(told, wording),))
    if fact.aggregate in FOLDS:
        if origins is None or fact.name not in origins.folds:
            return Explanation(says)
        rows = origins.rows_of(fact)
        since = rows[-1].at if rows else None
        told_by = explain_rows(fact, value, rows, origins.provenances, wording, origins.shown)
        counted = _rows(fact, rows, origins, wording)
        return Explanation(says, since=since, because=(*counted, *(told_by if origins.shown else ())))
    return Explanation(says, because=tuple(_computed_from(fact, context, wording, origins)))


def _rows(fact: Fact, rows: Sequence[Row], origins: Origins, wording: Wording) -> tuple[Explanation, ...]:
    window = _window(fact, origins, wording)
    source = "touchpoints" if fact.source is None else "holdings"
    if not rows:
        return (Explanation(say("sources", f"no-{source}")), *window)
    parts = {"first": wording.moment(rows[0].at), "last": wording.moment(rows[-1].at)}
    return (Explanation(say("sources", source, count=len(rows), **parts)), *window)


def _window(fact: Fact, origins: Origins, wording: Wording) -> tuple[Explanation, ...]:
    """From when to when rows counted, where that is not everything."""
    as_of, zone = origins.folds.as_of, origins.folds.zone
    start, end = fact.span.start(as_of, zone), fact.span.end(as_of, zone)
    said = []
    if start is not None:
        said.append(say("sources", "window", start=wording.moment(start)))
    if end != as_of:
        said.append(say("sources", "window-end", end=wording.moment(end)))
    return tuple(map(Explanation, said))


def _computed_from(
    fact: Fact, context: Mapping[str, object], wording: Wording, origins: Origins | None
) -> Iterable[Explanation]:
    if fact.formula is not None:
        yield Explanation(say("sources", "formula", formula=Phrase(fact.formula, wording).text()))
    if fact.aggregate in POPULATION and context.get(fact.name) is not None:
        yield Explanation(say("sources", "snapshot"))
    for name in sorted(fact.reads & context.keys()):
        yield explain_name(name, context, wording, origins)


def _unknown(name: str, fact: Fact | None, context: Mapping[str, object], wording: Wording) -> Text:
    """Why a name, or a path that begins with it, has no value."""
    if context.get(name) is not None:
        return say("reasons", "part")
    if name in wording.vocabulary.inferred:
        return say("reasons", "inferred")
    if fact is None:
        owned = "nobody" if name == OWNER else "undecided" if name in wording.vocabulary.results else "field"
        return say("reasons", owned)
    if fact.aggregate in FOLDS:
        if fact.at_least == 1:
            return say("reasons", "nothing")
        return say(
            "reasons", "too-few-gaps" if fact.aggregate == "median gap" else "too-few", count=fact.at_least
        )
    unknown = [read for read in sorted(fact.reads & context.keys()) if context[read] is None]
    if unknown or fact.aggregate in OF_A_DATE:
        return say("reasons", "from", label=wording.label(unknown[0] if unknown else fact.of))
    return say("reasons", "population" if fact.aggregate in POPULATION else "formula")
