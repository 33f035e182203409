"""How is a rule of an inference written for durable-rules, so that the library gets it right?

- A thing, or a row of a relation, is asserted once for each pattern that may match it, with the pattern's own
  number `k`: the library does not let one fact match two patterns of a rule.
- In a pattern `k` comes first, then the comparisons with earlier patterns, then one that always holds, then
  what is asked of the fact itself: the library reads on behind a list whose last comparison fails.
- What is denied comes last, and only of relations that are complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.durable.linear import Encoding, Field, LinearReader
from crmflow.rules.durable.pattern import Comparison, Json, Known, Test, TestReader, Writer, fields_of
from crmflow.rules.feel.tree import Node
from crmflow.rules.infer.body import conjuncts
from crmflow.rules.infer.join import Source, sources_of
from crmflow.rules.infer.kind import PLACE, Kind
from crmflow.rules.infer.program import Atom, InferenceRule

PATTERNS: Final = 6  # of more, the library writes beyond its frames


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of a rule: whose rows are asserted under its number, with which fields of the thing."""

    number: int
    source: Source
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """One rule as durable-rules takes it; `sources` gives, by alias, what a match binds."""

    rule: InferenceRule
    json: list[Json]
    patterns: tuple[Pattern, ...]
    sources: Mapping[str, Source]


@dataclass(slots=True)
class RuleWriter:
    """Writes the rules of one inference; patterns and columns are numbered through."""

    constants: Mapping[str, object]
    encoding: Encoding
    columns: dict[tuple[str, ...], int] = field(default_factory=dict)
    patterns: int = 0

    def write(self, rule: InferenceRule) -> Written:
        """Raises FeelError CRM269 for what the library cannot be asked."""
        return _Rule(self, rule).written()

    def tests(self, rule: InferenceRule) -> list[tuple[Node, Test]]:
        """What a rule's body asks besides its relations, each with the node that says so."""
        read = self.reader(rule)
        nodes = [part for node in rule.body.conditions for part in conjuncts(node)]
        found = [(node, TestReader(read).of(node)) for node in nodes]
        for one, other in rule.body.equalities:
            found.append((one, TestReader(read).equality(one, other)))
        return found

    def reader(self, rule: InferenceRule) -> LinearReader:
        return LinearReader(rule.variables, self.constants, self.encoding.of)

    def column(self, path: tuple[str, ...]) -> int:
        return self.columns.setdefault(path, len(self.columns))

    def number(self) -> int:
        self.patterns += 1
        return self.patterns


class _Rule:
    """Writes one rule: its sources, each after one that it is joined with, and then what is denied."""

    def __init__(self, writer: RuleWriter, rule: InferenceRule) -> None:
        self.writer, self.rule, self.read = writer, rule, writer.reader(rule)
        self.tests = writer.tests(rule)
        self.denied = [
            (atom, [self.read.of(each) for each in atom.arguments]) for atom in rule.body.negations
        ]
        fields = {each for _, test in self.tests for each in fields_of(test)}
        fields |= {each for _, sums in self.denied for sum in sums for each in sum.factors}
        self.fields = sorted((each for each in fields if each.may_be_null), key=lambda each: each.path)
        self.sources = {f"s{n}": source for n, source in enumerate(self._ordered())}
        self.places: dict[Field, tuple[str, str]] = {}  # alias and column
        self.joins: dict[str, list[Json]] = {alias: [] for alias in self.sources}
        self.own: dict[str, list[Json]] = {alias: [] for alias in self.sources}

    def written(self) -> Written:
        for alias, source in self.sources.items():
            self._place(alias, source)
        for node, test in self.tests:
            self._ask(node, test)
        json: list[Json] = []
        patterns: list[Pattern] = []
        for alias, source in self.sources.items():
            patterns.append(Pattern(self.writer.number(), source, tuple(self._fields_of(source))))
            json.append({alias: _pattern(patterns[-1], self.joins[alias], self.own[alias])})
        for n, (atom, sums) in enumerate(self.denied):
            patterns.append(Pattern(self.writer.number(), Source((), atom)))
            json.append({f"d{n}$not": _pattern(patterns[-1], list(self._denied(atom, sums)), [])})
        if len(json) > PATTERNS:
            end = len(self.rule.when[0].text) if self.rule.when else 0
            raise FeelError("CRM269", 0, end, name=f"{len(json)} > {PATTERNS}")
        return Written(self.rule, json, tuple(patterns), self.sources)

    def _ordered(self) -> Iterator[Source]:
        """Besides what gives the variables, the kinds of things whose fields are asked for."""
        waiting = sources_of(self.rule)
        held = {source.variables[0] for source in waiting if source.atom is None}
        for name in dict.fromkeys(each.variable for each in self.fields):
            kind = self.rule.variables[name]
            if name not in held and isinstance(kind, Kind):
                waiting.append(Source((name,), kind=kind.name))
        bound: set[str] = set()
        while waiting:
            chosen = next((each for each in waiting if self._is_joined(each, bound)), waiting[0])
            waiting.remove(chosen)
            bound |= set(chosen.variables)
            yield chosen

    def _is_joined(self, source: Source, bound: set[str]) -> bool:
        own = set(source.variables)
        if own & bound:
            return True
        read = [{each.variable for each in fields_of(test)} for _, test in self.tests]
        return any(names & own and names & bound for names in read)

    def _fields_of(self, source: Source) -> Iterator[Field]:
        if source.atom is None:
            yield from (each for each in self.fields if each.variable == source.variables[0])

    def _place(self, alias: str, source: Source) -> None:
        """Where each variable and field stands; a variable that stands earlier joins the two patterns."""
        for n, variable in enumerate(source.variables):
            path = (PLACE,) if isinstance(self.rule.variables[variable], Kind) else ()
            earlier = self.places.setdefault(Field(variable, path), (alias, f"c{n}"))
            if earlier[0] != alias:
                self.joins[alias].append({f"c{n}": {earlier[0]: earlier[1]}})
        for each in self._fields_of(source):
            self.places[each] = alias, str(self.writer.column(each.path))

    def _ask(self, node: Node, test: Test) -> None:
        """Puts a test into the pattern of its fields, or into the last one of those that it compares."""
        aliases = sorted({self.places[each][0] for each in fields_of(test)}, key=list(self.sources).index)
        if len(aliases) < 2:
            alias = aliases[0] if aliases else next(iter(self.sources))
            self.own[alias].append(Writer(self._column).alpha(test))
            return
        if not isinstance(test, Comparison):
            raise FeelError("CRM269", node.start, node.end, name="or / in / between")
        last = aliases[-1]
        for each in test.sum.factors:
            if each.may_be_null and not test.with_null:
                self.own[self.places[each][0]].append(Writer(self._column).alpha(Known(each, null=False)))
        mine = [each for each in test.sum.factors if self.places[each][0] == last]
        if len(mine) > 1 or abs(test.sum.factors[mine[0]]) != 1:
            raise FeelError("CRM269", node.start, node.end, name="+ / *")
        self.joins[last].append(Writer(self._column).asked(test, self._referred, mine[0]))

    def _denied(self, atom: Atom, sums: Sequence[Any]) -> Iterator[Json]:
        for n, (node, sum) in enumerate(zip(atom.arguments, sums, strict=True)):
            if not sum.factors:
                yield {f"c{n}": sum.constant}
                continue
            (each, factor), *more = sum.factors.items()
            if more or sum.constant or factor != 1:
                raise FeelError("CRM269", node.start, node.end, name="+ / *")
            yield {f"c{n}": self._referred(each, self._column(each, "q"))}

    def _referred(self, each: Field, column: str) -> Json:
        return {self.places[each][0]: column}

    def _column(self, each: Field, prefix: str) -> str:
        column = self.places[each][1]
        return prefix + column if each.may_be_null else column


def _pattern(pattern: Pattern, joins: Sequence[Json], own: Sequence[Json]) -> Json:
    """All comparisons before all groups of tests, see above."""
    always = [{"z": {"s0": "z"}}] if joins else []
    plain = [each for each in own if not {"$or", "$and"} & each.keys()]
    groups = [each for each in own if {"$or", "$and"} & each.keys()]
    return {"$and": [{"k": pattern.number}, *joins, *always, *plain, *groups]}
