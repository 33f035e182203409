"""In which order can the rules be answered, so that what a rule denies is complete before?

Rules that need each other are answered together (a stratum); through a `not` they must not need each other
(Apt, Blair and Walker 1988: a stratified program has one least model).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmflow.errors import RuleFileError
from crmflow.rules.infer.program import InferenceRule

Needs = Mapping[str, frozenset[str]]


def strata(rules: Sequence[InferenceRule]) -> tuple[tuple[InferenceRule, ...], ...]:
    """The rules by stratum, the first first, each in the order of the file.

    Raises RuleFileError CRM263 for a rule that denies what it helps to conclude (`rule` is its id).
    """
    needs = _needs(rules)
    for rule in rules:
        for atom in rule.body.negations:
            if rule.head.relation in (atom.relation, *needs.get(atom.relation, ())):
                circle = _circle(rules, atom.relation, rule.head.relation)
                raise RuleFileError(
                    "CRM263",
                    rule=rule.id,
                    name=atom.relation,
                    circle=" → ".join([rule.head.relation, *circle]),
                )
    height = dict.fromkeys(needs, 0)
    for _ in height:  # without a circle no relation stands higher than there are relations
        for rule in rules:
            above = [height.get(atom.relation, 0) for atom in rule.body.atoms]
            above += [height.get(atom.relation, 0) + 1 for atom in rule.body.negations]
            above += [height.get(atom.relation, 0) + 1 for atom in rule.body.atoms if rule.aggregate]
            height[rule.head.relation] = max(height[rule.head.relation], *above, 0)
    levels = sorted(set(height.values()))
    return tuple(tuple(rule for rule in rules if height[rule.head.relation] == level) for level in levels)


def _needs(rules: Sequence[InferenceRule]) -> dict[str, frozenset[str]]:
    """The relations that each relation is concluded from, directly or by way of others."""
    needs: dict[str, frozenset[str]] = {rule.head.relation: frozenset() for rule in rules}
    for _ in needs:
        for rule in rules:
            read = {atom.relation for atom in (*rule.body.atoms, *rule.body.negations)}
            further = [needs.get(name, frozenset()) for name in read]
            needs[rule.head.relation] = needs[rule.head.relation].union(read, *further)
    return needs


def _circle(rules: Sequence[InferenceRule], start: str, end: str) -> list[str]:
    """The shortest way from a relation, over what it is concluded from, to another."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        if way[-1] == end:
            return way
        for rule in rules:
            if rule.head.relation == way[-1]:
                read = dict.fromkeys(atom.relation for atom in (*rule.body.atoms, *rule.body.negations))
                ways += [[*way, name] for name in read if name not in seen]
                seen |= read.keys()
    return [start, end]
