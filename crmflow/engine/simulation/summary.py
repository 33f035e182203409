"""What does a simulation come to? Matrices and tables of what would be different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from crmflow.core.listing import Column, Listing
from crmflow.core.post import Posts
from crmflow.core.simulation import Matrix
from crmflow.core.text import Text, phrases
from crmflow.engine.simulation.contrast import Contrast, same_visit
from crmflow.engine.simulation.replay import Replay
from crmflow.engine.simulation.tally import Load, Post, Stepped
from crmflow.engine.simulation.world import World
from crmflow.rules.vocabulary import pack_of

WORDS = phrases(__package__)
SUMMED = ("segments", "owners", "participants", "visits", "withdrawn", "messages", "cases", "escalations")
LOAD = "customers_old customers_new visits_old visits_new cases_old cases_new"
Row = Mapping[str, Any]


def matrices(contrast: Contrast) -> tuple[Matrix, ...]:
    """One for each segment that either side gives, the most moved first."""
    names = sorted({name for side in contrast.replay.sides for name in side.rules.set.vocabulary.results})
    counts: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in names}
    for name, value in _values(contrast.old, names):
        counts[name][value, value] += 1
    for _, (_, name), old, new in contrast.segments():
        if name in counts:
            if old is not None:
                counts[name][old, old] -= 1
            counts[name][old or "", new or ""] += 1
    found = [_matrix(contrast.replay, name, +count) for name, count in counts.items()]
    return tuple(sorted(found, key=lambda matrix: -matrix.moved))


def _values(world: World, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    wanted = frozenset(names)
    for own in world.segments.values():
        for (_, name), segment in own.items():
            if segment.value is not None and name in wanted:
                yield name, segment.value


def _matrix(replay: Replay, name: str, counts: Mapping[tuple[str, str], int]) -> Matrix:
    """The values in the order of the new rulebook, then what only the old one gives."""
    words = [side.rules.set.vocabulary for side in reversed(replay.sides)]
    results = [each.results[name] for each in words if name in each.results]
    met = [value for cell in counts for value in cell if value]
    values = dict.fromkeys((*(value for result in results for value in result.of), *met))
    labels = {value: words[0].word(value, pack_of(name)) for value in values}
    if any("" in cell for cell in counts):
        labels[""] = WORDS["said.none"]
    return Matrix(name, results[0].label, labels, dict(counts))


def tables(contrast: Contrast, steps: Sequence[Stepped], zone: ZoneInfo, posts: Posts) -> tuple[Listing, ...]:
    """What differs in all, from step to step, by owner, visit and case, and on whom the work falls."""
    days = [step.at.astimezone(zone).date() for step in steps]
    found = (
        _listing("summary", "what old new difference", _summary(contrast, steps)),
        _listing(
            "months",
            "step parted visits_old visits_new messages_old messages_new cases_old cases_new"
            " late_old late_new",
            _months(days, steps),
        ),
        _listing("owners", "from to count", _owners(contrast, posts)),
        _listing("visits", "rulebook reason both otherwise only_old only_new", _visits(contrast)),
        _listing("cases", "case both otherwise only_old only_new late_old late_new", _cases(contrast)),
        _listing("load", f"staff name unit {LOAD}", _whole_loads(steps, posts)),
        _listing("load-months", f"step staff name unit {LOAD}", _loads(days, steps, posts)),
    )
    return tuple(listing for listing in found if listing.rows or listing.name == "summary")


def _listing(name: str, columns: str, rows: Iterable[Row]) -> Listing:
    """Without the pairs of columns that are 0 throughout."""
    found = list(rows)
    used = {each.removesuffix("_old").removesuffix("_new") for row in found for each in row if row[each]}
    shown = [each for each in columns.split() if each.removesuffix("_old").removesuffix("_new") in used]
    labelled = tuple(Column(each, WORDS[f"columns.{each}"]) for each in shown or columns.split())
    return Listing(name, WORDS[f"titles.{name}"], labelled, found)


def _summary(contrast: Contrast, steps: Sequence[Stepped]) -> Iterator[Row]:
    old, new = (
        sum((Counter(step.sides[side].effects) for step in steps), Counter[str]()) for side in range(2)
    )
    for kind in SUMMED:
        if old[kind] or new[kind]:
            yield _compared(WORDS[f"kinds.{kind}"], old[kind], new[kind])


def _compared(what: Text, old: int, new: int) -> Row:
    return {"what": what, "old": old, "new": new, "difference": new - old}


def _months(days: Sequence[date], steps: Sequence[Stepped]) -> Iterator[Row]:
    for day, step in zip(days, steps, strict=True):
        row: dict[str, Any] = {"step": day, "parted": sum(step.parted.values())}
        for side, tally in zip(("old", "new"), step.sides, strict=True):
            row[f"visits_{side}"] = tally.effects.get("visits", 0)
            row[f"messages_{side}"] = tally.effects.get("messages", 0)
            row[f"cases_{side}"] = sum(load.cases for load in tally.loads.values())
            row[f"late_{side}"] = tally.effects.get("escalations", 0)
        yield row


def _owners(contrast: Contrast, posts: Posts) -> Iterator[Row]:
    moves = Counter((old, new) for _, old, new in contrast.owners())
    for (old, new), count in moves.most_common():
        yield {"from": _named(posts, old), "to": _named(posts, new), "count": count}


def _visits(contrast: Contrast) -> Iterator[Row]:
    """By rulebook and reason: how many both sides plan, and how many one side alone."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for old, new in contrast.visits():
        visit = new or old
        assert visit is not None
        count = counts.setdefault((visit.rulebook, visit.reason), Counter())
        count[_where(old is not None, new is not None, same_visit(old, new))] += 1
    for (rulebook, reason), count in sorted(counts.items()):
        word = contrast.replay.new.rules.set.vocabulary.word(reason, rulebook.partition("/")[0])
        yield {"rulebook": rulebook, "reason": word, **_all(count)}


def _cases(contrast: Contrast) -> Iterator[Row]:
    """By chart, of the cases that ran in the period."""
    counts: dict[str, Counter[str]] = {}
    differ = {case.id for pair in contrast.cases() for case in pair if case is not None}
    old, new = contrast.old.cases, contrast.new.cases
    for id, case in {**old, **new}.items():
        count = counts.setdefault(case.chart, Counter())
        count[_where(id in old, id in new, id not in differ)] += 1
    for side, world in (("late_old", contrast.old), ("late_new", contrast.new)):
        for _, case_id, _ in world.escalations.values():
            counts[world.cases[case_id].chart][side] += 1
    for chart, count in sorted(counts.items()):
        charts = (side.rules.set.charts.get(chart) for side in reversed(contrast.replay.sides))
        title = next((each.title for each in charts if each is not None), Text(chart, chart))
        yield {"case": title, **_all(count), "late_old": count["late_old"], "late_new": count["late_new"]}


def _where(old: bool, new: bool, same: bool) -> str:
    if old and new:
        return "both" if same else "otherwise"
    return "only_old" if old else "only_new"


def _all(count: Mapping[str, int]) -> dict[str, int]:
    return {name: count[name] for name in ("both", "otherwise", "only_old", "only_new")}


def _whole_loads(steps: Sequence[Stepped], posts: Posts) -> Iterator[Row]:
    """A row a person and unit: all visits, and the customers and cases at the end."""
    everybody: list[Post] = sorted({post for step in steps for side in step.sides for post in side.loads})
    for post in everybody:
        old, new = (_sum([step.sides[side].loads.get(post, Load()) for step in steps]) for side in range(2))
        yield _load_row(post, old, new, posts)


def _sum(loads: Sequence[Load]) -> Load:
    return Load(loads[-1].customers, sum(load.visits for load in loads), loads[-1].cases)


def _loads(days: Sequence[date], steps: Sequence[Stepped], posts: Posts) -> Iterator[Row]:
    """A row a person, unit and step."""
    for day, step in zip(days, steps, strict=True):
        everybody: list[Post] = sorted({*step.old.loads, *step.new.loads})
        for post in everybody:
            old, new = (side.loads.get(post, Load()) for side in step.sides)
            yield {"step": day, **_load_row(post, old, new, posts)}


def _load_row(post: Post, old: Load, new: Load, posts: Posts) -> Row:
    staff, unit = post
    place = posts.units.get(unit)
    return {
        "staff": staff,
        "name": _named(posts, staff or None),
        "unit": place.name if place else unit,
        "customers_old": old.customers,
        "customers_new": new.customers,
        "visits_old": old.visits,
        "visits_new": new.visits,
        "cases_old": old.cases,
        "cases_new": new.cases,
    }


def _named(posts: Posts, code: str | None) -> Text:
    if code is None:
        return WORDS["said.nobody"]
    person = posts.staff.get(code)
    name = person.name if person else code
    return Text(name, name)
