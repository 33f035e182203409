"""Is every fault found that trying all customers finds, and none that it does not?"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from crmflow.core.decision import Conflict
from crmflow.rules.logic.lines import Fault
from crmflow.rules.logic.of_rulebook import RulebookLines, witness
from crmflow.rules.logic.questions import Questions
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.vocabulary import Vocabulary
from tests.rules.logic.small import Sketch, customers, sketches

NOTHING = Vocabulary()
small = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def faults(rulebook: Rulebook) -> list[Fault]:
    return list(Questions(RulebookLines(rulebook, NOTHING).lines()).faults())


def fired(rulebook: Rulebook, customer: dict[str, Any]) -> tuple[int, ...]:
    return tuple(RulebookLines(rulebook, NOTHING).fired(customer, range(len(rulebook.rules))))


def everybody(rulebook: Rulebook) -> list[tuple[dict[str, Any], tuple[int, ...]]]:
    """Everybody with the rules that fire; at most a few thousand."""
    found = list(customers(rulebook))
    assume(len(found) <= 1_000)
    lines = RulebookLines(rulebook, NOTHING)
    return [(each, tuple(lines.fired(each, range(len(rulebook.rules))))) for each in found]


def of(code: str, found: list[Fault]) -> set[int | None]:
    return {each.line for each in found if each.code == code}


@small
@given(sketches())
def test_a_rule_that_never_fires_is_found_and_no_other(sketch: Sketch) -> None:
    rulebook = sketch.rulebook
    firing = {n for _, rules in everybody(rulebook) for n in rules}
    assert of("CRM225", faults(rulebook)) == set(range(len(rulebook.rules))) - firing


@small
@given(sketches())
def test_a_rule_that_never_decides_is_found_and_no_other(sketch: Sketch) -> None:
    rulebook = sketch.rulebook
    assume(rulebook.hit in ("first", "priority"))
    people = everybody(rulebook)
    order = {n: (rank(rulebook, n), n) for n in range(len(rulebook.rules))}
    deciding = {min(rules, key=order.__getitem__) for _, rules in people if rules}
    found = faults(rulebook)
    silent = of("CRM224", found) | of("CRM225", found)
    never = set(range(len(rulebook.rules))) - deciding
    assert silent <= never
    assert never <= silent | of("CRM227", found)


def rank(rulebook: Rulebook, n: int) -> int:
    assert rulebook.gives is not None
    value = rulebook.rules[n].then.hit("", {}).value
    return rulebook.gives.of.index(str(value)) if rulebook.hit == "priority" else 0


@small
@given(sketches())
def test_a_gap_is_found_where_somebody_known_meets_no_rule(sketch: Sketch) -> None:
    rulebook = sketch.rulebook
    assume(rulebook.hit != "collect")
    people = everybody(rulebook)
    missed = [each for each, rules in people if not rules and None not in each.values()]
    gaps = [each for each in faults(rulebook) if each.code == "CRM220"]
    assert bool(gaps) == bool(missed) if sketch.columns else bool(gaps) <= bool(missed)
    for gap in gaps:
        assert gap.witness is not None
        assert rulebook.decide(gap.witness) == ()


@small
@given(sketches())
def test_rules_that_clash_are_found_and_no_others(sketch: Sketch) -> None:
    rulebook = sketch.rulebook
    assume(rulebook.hit == "unique")
    people = everybody(rulebook)
    found = faults(rulebook)
    pairs = {(a, b) for _, rules in people for a in rules for b in rules if a < b and clash(rulebook, a, b)}
    silent = of("CRM226", found) | of("CRM227", found)
    told = {(other, each.line) for each in found if each.code == "CRM221" for other in each.others}
    assert told == {pair for pair in pairs if silent.isdisjoint(pair)}
    for each in found:
        if each.code == "CRM221":
            assert isinstance(rulebook.decide(each.witness or {}), Conflict)


def clash(rulebook: Rulebook, one: int, other: int) -> bool:
    return rulebook.rules[one].then != rulebook.rules[other].then


@small
@given(sketches())
def test_a_rule_that_changes_nothing_can_be_taken_out(sketch: Sketch) -> None:
    rulebook = sketch.rulebook
    found = faults(rulebook)
    for n in of("CRM226", found) | of("CRM227", found):
        assert isinstance(n, int)
        less = sketch.without(n).rulebook
        for customer, _ in everybody(rulebook):
            assert values(rulebook, customer) == values(less, customer)


def values(rulebook: Rulebook, customer: dict[str, Any]) -> object:
    decided = rulebook.decide(customer)
    if isinstance(decided, Conflict):
        return {hit.value for hit in decided.hits}
    return {hit.value for hit in decided}


@small
@given(sketches())
def test_a_part_that_is_empty_words_can_be_taken_out(sketch: Sketch) -> None:
    rulebook = sketch.rulebook
    for each in faults(rulebook):
        if each.code in ("CRM228", "CRM229", "CRM230"):
            assert each.part is not None
            assert each.line is not None


@small
@given(sketches())
def test_a_witness_decides_by_its_rule_and_there_is_one_where_anybody_does(sketch: Sketch) -> None:
    rulebook = sketch.rulebook
    people = everybody(rulebook)
    for n, rule in enumerate(rulebook.rules):
        found = witness(rulebook, rule.id, NOTHING)
        if found is not None:
            decided = rulebook.decide(found)
            assert not isinstance(decided, Conflict)
            assert rule.then.hit(rule.id, {}).value in {hit.value for hit in decided}
            assert n in fired(rulebook, found)
        elif rulebook.hit == "collect":
            assert not any(n in rules for _, rules in people)
        elif rulebook.hit == "first":
            assert not any(rules and rules[0] == n for _, rules in people)


def test_a_rule_that_keeps_a_later_one_from_its_turn_is_needed() -> None:
    """Without the second row the fifth, which never gets its turn, would give its customers another value."""
    rows = ("-,null,A", 'true,"x",B', "false,-,A", "null,-,A", '-,"x",A', "true,-,B")
    sketch = Sketch("first", ("b", "s"), tuple(tuple(row.split(",")) for row in rows))

    found = faults(sketch.rulebook)

    assert of("CRM224", found) == {4}
    assert 1 not in of("CRM226", found)
