"""What does a run report? Counts, tables and the four charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from crmflow.core.decision import Visit
from crmflow.core.listing import Listing, RunReport
from crmflow.core.text import Text
from crmflow.engine.effect import Owned, Segmented, Sent, TookPart, Visited, Withdrawn
from crmflow.engine.listings import Listings, listing
from crmflow.engine.running import Work
from crmflow.planning.coverage import gaps
from crmflow.rules.fact import POPULATION

POINTS = 100
"""Points of the concentration curve."""


def run_report(work: Work, zone: ZoneInfo, *, dry: bool) -> RunReport:
    """What a run found and did. `dry`: a later run exists, so nothing was written."""
    segments = _segments(work)
    visits = list(work.batch.visits.scan())
    cases = list(work.batch.cases.scan())
    lists = Listings(work.batch, work.rules, work.posts)
    return RunReport(
        title=Text("Run", "运行结果"),
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
            work.rules.set.vocabulary.results[name].label.en: sizes for name, sizes in segments.items()
        },
        visits=Counter(_staff(work, visit.staff) for visit in visits),
        cases=Counter((case.chart, case.state) for case in cases),
    )


def _notes(work: Work, dry: bool) -> Iterator[Text]:
    outcome = work.outcome
    if dry:
        yield Text(
            "a later run exists: this one was computed and nothing was written",
            "已有更晚的运行:本次只计算,未写入",
        )
    kinds = Counter(type(effect) for effect in outcome.effects)
    said = {
        Segmented: sum(1 for effect in outcome.effects if isinstance(effect, Segmented) and effect.entry),
        Owned: kinds[Owned],
        TookPart: kinds[TookPart],
        Visited: kinds[Visited],
        Withdrawn: kinds[Withdrawn],
        Sent: kinds[Sent],
    }
    late = sum(1 for _, moved in outcome.history if moved.kind == "late")
    customers = [work.known(known.customer.id).customer for known in outcome.known]
    without = sum(1 for _ in gaps(customers, work.posts))
    counts = [
        (len(customers), Text("customers", "客户")),
        (said[Segmented], Text("segments changed", "分群变化")),
        (said[Owned], Text("owners changed", "责任人变化")),
        (said[TookPart], Text("participants changed", "参与人变化")),
        (said[Visited], Text("visits planned", "新拜访")),
        (said[Withdrawn], Text("visits withdrawn", "撤销拜访")),
        (said[Sent], Text("messages", "消息")),
        (len(outcome.opened), Text("cases opened", "新工单")),
        (late, Text("escalations", "逐级上报")),
        (without, Text("customers without a live owner", "无在岗责任人的客户")),
    ]
    if not outcome.changed:
        yield Text("nothing changed", "没有变化")
    yield Text(
        ", ".join(f"{count:,} {label.en}" for count, label in counts),
        "、".join(f"{label.zh} {count:,}" for count, label in counts),
    )


def _segments(work: Work) -> Mapping[str, Mapping[str, int]]:
    """How many customers hold each value of each segment, in the order in which the rulebook lists them."""
    results = work.rules.set.vocabulary.results
    found: Counter[tuple[str, str | None]] = Counter(
        (segment.name, segment.value) for segment in work.batch.segments.scan()
    )
    return {name: {value: found[name, value] for value in result.of} for name, result in results.items()}


def _sizes(work: Work, segments: Mapping[str, Mapping[str, int]]) -> Listing:
    everyone = max(len(work.outcome.known), 1)
    rows = [
        {
            "segment": work.rules.set.vocabulary.results[name].label,
            "value": value,
            "count": count,
            "share": f"{100 * count / everyone:.1f} %",
        }
        for name, sizes in segments.items()
        for value, count in sizes.items()
    ]
    return listing("segments", Text("Segments", "客户分群"), "segment value count share", rows)


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
            "value": f"{previous or '–'} → {value or '–'}",
            "count": count,
        }
        for (name, previous, value), count in sorted(moved.items(), key=lambda item: (item[0][0], -item[1]))
    ]
    return listing("changes", Text("What changed", "分群变化"), "segment value count", rows)


def _by_staff(work: Work, visits: Sequence[Visit]) -> Listing:
    count = Counter((visit.staff, visit.unit) for visit in visits)
    rows = [
        {"staff": staff, "name": _staff(work, staff), "unit": unit, "count": number}
        for (staff, unit), number in count.most_common()
    ]
    return listing(
        "visits by staff", Text("Open visits by staff", "各员工待办拜访"), "staff name unit count", rows
    )


def _escalations(work: Work) -> Listing:
    rows = [
        {
            "id": case.id,
            "chart": work.rules.set.charts[case.chart].title
            if case.chart in work.rules.set.charts
            else case.chart,
            "step": moved.state,
            "level": moved.level,
            "holder": moved.holder,
            "since": moved.at,
        }
        for case, moved in work.outcome.history
        if moved.kind == "late"
    ]
    return listing(
        "escalations", Text("Escalated by this run", "本次逐级上报"), "id chart step level holder since", rows
    )


def _staff(work: Work, code: str | None) -> str:
    person = work.posts.staff.get(code) if code else None
    return person.name if person else (code or "–")


def _concentration(work: Work) -> list[tuple[float, float]]:
    """The share of the amount that the share of customers with the largest amounts hold. (C6)"""
    facts = work.rules.set.vocabulary.facts.values()
    amount = next(
        (fact.of for fact in facts if fact.aggregate in POPULATION and "share" in fact.aggregate), None
    )
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
