"""Which plays of a case would take the moves, and meet the refusals, that the tests of a chart do not?"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, product
from typing import Any, Final

from crmflow.core.chart import Chart, FormField, State
from crmflow.core.field import Field
from crmflow.core.text import Text
from crmflow.errors import CrmflowError
from crmflow.rules.cases import Rehearse, Rehearsed
from crmflow.rules.coverage.chart import LATE, chart_tally, reached
from crmflow.rules.coverage.suggest import CONFIRM, Suggestions, key_of, with_tests, written
from crmflow.rules.coverage.tally import Tally
from crmflow.rules.feel import Expression, to_xsd, tree, types
from crmflow.rules.logic.of_rulebook import representatives
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.scenario import ChartCase

PLAYS: Final = 1_500
STEPS: Final = 8
FORMS: Final = 12  # ways to fill in one form
BARRED: Final = "W9"
LONG: Final = "P30D"  # later than a step may take

Step = Mapping[str, Any]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Play:
    """A case that is opened with `given` and then goes through steps."""

    given: Values
    do: tuple[Step, ...] = ()


def suggest_chart(ruleset: Ruleset, chart: Chart, rehearse: Rehearse) -> Suggestions:
    """Tests of a chart, each confirmed by playing it, that reach what its own tests do not; what they expect
    is what comes out now, for the author to confirm."""
    document, cases = ruleset.documents[chart.id], ruleset.cases[chart.id]
    own = next((case.chart for case in cases if isinstance(case, ChartCase)), chart)
    tally = chart_tally(own, document, cases, rehearse)
    search = _Search(own, ruleset, tally, rehearse)
    lines = tuple(_line(play, found, key, tally, document.pack) for play, found, key in search.found())
    file = with_tests(document, lines) if lines and document.file.layer == "site" else None
    return Suggestions(chart.id, lines, file, tally.covered(chart.id).missed)


class _Search:
    """Plays cases, the shortest first, each a step longer than one that came to somewhere new."""

    def __init__(self, chart: Chart, ruleset: Ruleset, tally: Tally, rehearse: Rehearse) -> None:
        self.chart, self.tally, self.rehearse = chart, tally, rehearse
        gates = {gate.id: gate for move in chart.moves for gate in move.gates}
        whens = [
            *(move.when for move in chart.moves),
            *(line.when for gate in gates.values() for line in gate.lines),
            *chart.facts.values(),
        ]
        self.asked = [each for each in whens if isinstance(each, Expression)]
        found = representatives(self.asked, ruleset.vocabulary, chart.holding, chart.params)
        self.values = {name: found.get(name) or values for name, values in _by_type(self.asked).items()}
        self.facts = [name for name in self.values if "." in name]  # the others are the case's own

    def found(self) -> Iterator[tuple[Play, Rehearsed, Hashable]]:
        waiting, seen = deque(self.openings()), set[Hashable]()
        for _ in range(PLAYS):
            if not waiting or self.tally.reached == self.tally.points.keys():
                return
            play = waiting.popleft()
            outcome = self.played(play)
            if outcome is None:
                continue
            keys = set(reached(self.chart, outcome.history)) & self.tally.points.keys()
            more = [key for key in self.tally.points if key in keys - self.tally.reached]
            if more:
                self.tally.reach(keys)
                yield play, outcome, more[0]
            stands = _stands(play, outcome)
            if stands not in seen and len(play.do) < STEPS:
                seen.add(stands)
                state = self.chart.states[str(outcome.found["state"])]
                waiting.extend(Play(play.given, (*play.do, step)) for step in self.steps(state, play))

    def played(self, play: Play) -> Rehearsed | None:
        expected = dict.fromkeys(("state", "level", "blocked by"))
        try:
            return self.rehearse(self.chart, {"given": play.given, "do": play.do, "expect": expected})
        except CrmflowError:
            return None

    def openings(self) -> Iterator[Play]:
        """A case of somebody for whom as much as possible holds; then each with one fact changed."""
        barred = {fact for state in self.chart.states.values() for fact in state.not_by}
        own = {"level": self.chart.levels[0]} if self.chart.levels else {}
        given = {**own, **dict.fromkeys(sorted(barred), BARRED)}
        given |= {
            name: max(self.values[name], key=lambda each: self._holds(name, each)) for name in self.facts
        }
        yield Play(given)
        for name in self.facts:
            yield from (Play({**given, name: value}) for value in self.values[name] if value != given[name])

    def _holds(self, name: str, value: object) -> int:
        """Of how many conditions a value makes true what they ask of this name alone."""
        names = {**self.chart.params, name: value}
        own = (each for each in self.asked if each.names - self.chart.params.keys() == {name})
        return sum(each.evaluate(names) is True for each in own)

    def steps(self, state: State, play: Play) -> Iterator[Step]:
        """What may be done in a state."""
        for move in self.chart.moves:
            if state.id in move.sources:
                if move.after is not None:
                    yield {"wait": to_xsd(move.after)}
                elif move.event is not None:
                    yield {"event": move.event}
                elif move.trigger == "change":
                    names = move.when.names if move.when is not None else ()
                    yield from (
                        {"set": {name: value}} for name in names for value in self.values.get(name, ())
                    )
        yield from self.beside(state)
        if state.within and LATE in self.tally.points:
            yield {"wait": LONG}
        if self.chart.moves_from(state.id, "done"):
            for form in islice(self.forms(state.form), FORMS):
                yield {"done": form}
                if state.not_by:
                    yield {"done": form, "by": BARRED}

    def beside(self, state: State) -> Iterator[Step]:
        """What may be done in the branches of a state, and how the case that it opened may end."""
        for branch in state.branches:
            for form in islice(self.forms(self.chart.states[branch].form), FORMS):
                yield {"done": form, "in": branch}
        if state.opens is not None:
            given = [FormField(field, required=True) for field in state.opens.gives]
            yield from ({"event": "joined", "data": form} for form in islice(self.forms(given), FORMS))

    def forms(self, form: Iterable[FormField]) -> Iterator[Values]:
        choices = [[(each.field.name, value) for value in self.of_field(each)] for each in form]
        for filled in product(*choices):
            yield {name: value for name, value in filled if value is not None}

    def of_field(self, form: FormField) -> list[Any]:
        """Values that a field may have; nothing where it may be left out."""
        field: Field = form.field
        match field.kind:
            case "boolean":
                values: list[Any] = [True, False]
            case "one of":
                values = list(field.values)
            case "staff":
                values = ["W1", "W2"]
            case "number":
                values = [each for each in self.values.get(field.name, ()) if each is not None] or [
                    Decimal(1)
                ]
            case "string":
                values = ["a"]
            case _:
                values = []
        return values if form.required is True and values else [*values, None]


def _by_type(asked: list[Expression]) -> dict[str, list[Any]]:
    """The names that conditions read, with values that their types suggest."""
    found: dict[str, list[Any]] = {}
    for each in asked:
        for node in tree.walk(each.tree):
            if isinstance(node, tree.Variable) and node.name in each.names:
                found[node.name] = [True, False] if node.type == types.boolean else [None]
    return found


def _stands(play: Play, outcome: Rehearsed) -> Hashable:
    """What tells a case from others: where it stands, how often it came there, and what was filled in."""
    state = outcome.found["state"]
    entries = sum(row.to == state for row in outcome.history if row.kind in ("opened", "moved"))
    filled = {name: value for row in outcome.history for name, value in row.data.items()}
    return state, outcome.found["level"], min(entries, 3), repr(sorted(filled.items())), repr(play.given)


def _line(play: Play, outcome: Rehearsed, key: Hashable, tally: Tally, pack: str) -> str:
    """One test on one line."""
    called = _called(key, tally)
    found = outcome.found
    expect = {
        "state": found["state"],
        **({"blocked by": found["blocked by"]} if found.get("blocked by") else {}),
        **({"refused": found["refused"]} if found.get("refused") else {}),
    }
    parts = {
        "name": {"en": called.en, "zh": called.zh},
        "given": {key_of(name, pack): value for name, value in play.given.items()},
        "do": [
            {key: {key_of(name, pack): each for name, each in value.items()} if key == "set" else value}
            | ({"by": step["by"]} if "by" in step else {})
            for step in play.do
            for key, value in step.items()
            if key != "by"
        ],
        "expect": expect,
    }
    return f"- {written(parts)}{CONFIRM}"


def _called(key: Hashable, tally: Tally) -> Text:
    """What a test is for."""
    name = str(tally.points[key].missed.parts["name"])
    match key:
        case ("move", _) | ("line", _, _, True):
            return Text(f"{name} goes", f"{name} 通过")
        case ("not by", _, fact):
            return Text(f"{name} is not for {fact}", f"{fact} 不得办理 {name}")
        case ("late",):
            return Text("late", "超时")
    return Text(f"{name} does not hold", f"{name} 不成立")
