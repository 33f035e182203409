"""What does a run report? Counts, tables and the four charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from crmflow.core.decision import Visit
from crmflow.core.listing import Listing, RunReport
from crmflow.core.text import Text, listed
from crmflow.engine.effect import Owned, Segmented, Sent, TookPart, Visited, Withdrawn
from crmflow.engine.listings import WORDS, Listings, labels_of, listing
from crmflow.engine.running import Work
from crmflow.planning.coverage import gaps
from crmflow.rules.vocabulary import pack_of

SHARES = frozenset({"share", "share above"})
CHANGED = Text("{before} → {after}", "{before} → {after}")
NONE = Text("–", "–")
POINTS = 100
"""Points of the concentration curve."""


def run_report(work: Work, zone: ZoneInfo, *, dry: bool) -> RunReport:
    """What a run found and did. `dry`: a later run exists, so nothing was written."""
    segments = _segments(work)
    visits = list(work.batch.visits.scan())
    cases = list(work.batch.cases.scan())
    lists = Listings(work.batch, work.rules, work.posts)
    return RunReport(
        title=WORDS["titles.run"],
        as_of=work.as_of.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z"),
        release=f"{work.rules.number} ({work.rules.id[:12]})",
        changed=work.outcome.changed and not dry,
        notes=tuple(_notes(work, dry)),
        tables=(
            _sizes(work, segments),
            _changes(work),
            _by_staff(work, visits),
            lists.visits(),
            lists.cases(),
            _escalations(work),
        ),
        concentration=_concentration(work),
        segments={
            work.rules.set.vocabulary.results[name].label: {
                _word(work, name, value): count for value, count in sizes.items()
            }
            for name, sizes in segments.items()
        },
        visits=Counter(_staff(work, visit.staff) for visit in visits),
        cases=Counter(_step(work, case.chart, case.state) for case in cases),
    )


def _notes(work: Work, dry: bool) -> Iterator[Text]:
    outcome = work.outcome
    if dry:
        yield WORDS["run.dry"]
    if not outcome.changed:
        yield WORDS["run.nothing"]
    customers = [work.known(known.customer.id).customer for known in outcome.known]
    kinds = Counter(type(effect) for effect in outcome.effects if effect.entry)
    counts = {
        "customers": len(customers),
        "segmented": kinds[Segmented],
        "owned": kinds[Owned],
        "took-part": kinds[TookPart],
        "visited": kinds[Visited],
        "withdrawn": kinds[Withdrawn],
        "sent": kinds[Sent],
        "opened": len(outcome.opened),
        "late": sum(1 for _, moved in outcome.history if moved.kind == "late"),
    }
    if any(rulebook.decides == "owner" for rulebook in work.rules.set.rulebooks):
        counts["without-owner"] = sum(1 for _ in gaps(customers, work.posts))
    yield listed(WORDS[f"run.{name}"].filled(count=f"{count:,}") for name, count in counts.items())


def _segments(work: Work) -> Mapping[str, Mapping[str, int]]:
    """How many customers hold each value of each segment, in the order in which the rulebook lists them."""
    results = work.rules.set.vocabulary.results
    found = work.batch.segments.sizes()
    return {
        name: {value: found.get((name, value), 0) for value in result.of} for name, result in results.items()
    }


def _sizes(work: Work, segments: Mapping[str, Mapping[str, int]]) -> Listing:
    everyone = max(len(work.outcome.known), 1)
    rows = [
        {
            "segment": work.rules.set.vocabulary.results[name].label,
            "value": _word(work, name, value),
            "count": count,
            "share": f"{100 * count / everyone:.1f} %",
        }
        for name, sizes in segments.items()
        for value, count in sizes.items()
    ]
    return listing("segments", "segment value count share", rows)


def _changes(work: Work) -> Listing:
    """From which value to which, and how many."""
    results = work.rules.set.vocabulary.results
    moved = Counter(
        (effect.change.name, effect.change.previous, effect.change.value)
        for effect in work.outcome.effects
        if isinstance(effect, Segmented) and effect.change.name in results
    )
    rows = [
        {
            "segment": results[name].label,
            "value": CHANGED.filled(before=_word(work, name, previous), after=_word(work, name, value)),
            "count": count,
        }
        for (name, previous, value), count in sorted(moved.items(), key=lambda item: (item[0][0], -item[1]))
    ]
    return listing("changes", "segment value count", rows)


def _by_staff(work: Work, visits: Sequence[Visit]) -> Listing:
    count = Counter((visit.staff, visit.unit) for visit in visits)
    rows = [
        {"staff": staff, "name": _staff(work, staff), "unit": unit, "count": number}
        for (staff, unit), number in count.most_common()
    ]
    return listing(
        "visits-by-staff", "staff name unit count", rows, labels_of(work.rules.set.vocabulary, work.posts)
    )


def _escalations(work: Work) -> Listing:
    rows = [
        {
            "id": case.id,
            "case": _step(work, case.chart, moved.state)[0],
            "step": _step(work, case.chart, moved.state)[1],
            "level": moved.level,
            "holder": moved.holder,
            "name": _staff(work, moved.holder),
            "since": moved.at,
        }
        for case, moved in work.outcome.history
        if moved.kind == "late"
    ]
    return listing(
        "escalations",
        "id case step level holder name since",
        rows,
        labels_of(work.rules.set.vocabulary, work.posts),
    )


def _step(work: Work, chart_id: str, state_id: str) -> tuple[Text, Text]:
    """What a chart and a state of it are called."""
    chart = work.rules.set.charts.get(chart_id)
    state = chart.states.get(state_id) if chart else None
    return (
        chart.title if chart else Text(chart_id, chart_id),
        state.label if state else Text(state_id, state_id),
    )


def _word(work: Work, segment: str, value: str | None) -> Text:
    """A segment's value as its pack calls it."""
    return NONE if value is None else work.rules.set.vocabulary.word(value, pack_of(segment))


def _staff(work: Work, code: str | None) -> str:
    person = work.posts.staff.get(code) if code else None
    return person.name if person else (code or "–")


def _concentration(work: Work) -> list[tuple[float, float]]:
    """The share of the amount that the share of customers with the largest amounts hold. (C6)"""
    facts = work.rules.set.vocabulary.facts.values()
    amount = next((fact.of for fact in facts if fact.aggregate in SHARES), None)
    if amount is None:
        return []
    values = [known.values.get(amount) for known in work.outcome.known]
    amounts = sorted((value for value in values if isinstance(value, Decimal) and value > 0), reverse=True)
    total = sum(amounts)
    if not total:
        return []
    curve, held = [(0.0, 0.0)], Decimal(0)
    step = max(len(amounts) // POINTS, 1)
    for place, value in enumerate(amounts, 1):
        held += value
        if place % step == 0 or place == len(amounts):
            curve.append((place / len(values), float(held / total)))
    return [*curve, (1.0, 1.0)]
