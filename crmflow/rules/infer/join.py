"""How are the combinations found that meet a rule's body, without trying each thing with each other?

Things and concluded relations are sources. One after the other is looked up by the values that are known
already (a hash join); conditions are asked as soon as all they read is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from crmflow.errors import RuleFileError
from crmflow.rules.feel.tree import Node
from crmflow.rules.infer.body import variables_of
from crmflow.rules.infer.kind import Kind
from crmflow.rules.infer.program import Atom, InferenceRule
from crmflow.rules.infer.reader import Reader, Readers, Slots

Row = tuple[Any, ...]
NOTHING: Final[Sequence[Row]] = ()
TRIED_LIMIT: Final = 50_000_000  # combinations that one rule may look at


@dataclass(frozen=True, slots=True)
class Source:
    """What gives values to variables: a relation that was concluded, or all things of a variable's kind."""

    variables: tuple[str, ...]
    atom: Atom | None = None
    kind: str = ""


@dataclass(slots=True)
class Index:
    """The rows of a source that pass its own conditions, by the values under which they are looked up."""

    slots: tuple[int, ...]
    width: int
    keys: tuple[Reader, ...]
    filters: tuple[Reader, ...]
    rows: dict[Any, list[Row]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        found: Slots = [None] * self.width
        for slot, value in zip(self.slots, row, strict=True):
            found[slot] = value
        if not self.filters or all(each(found) is True for each in self.filters):
            found_by = lookup(self.keys, found)
            if found_by is not None:
                self.rows.setdefault(found_by, []).append(row)


def lookup(keys: tuple[Reader, ...], slots: Slots) -> Any:
    """The values to look up; None where one is null, which finds nothing."""
    if len(keys) == 1:
        return keys[0](slots)
    values = tuple(each(slots) for each in keys)
    return None if None in values else values


@dataclass(frozen=True, slots=True)
class Step:
    """Looks up a source's rows by what is bound, binds what they hold, and asks what can be asked then."""

    index: Index
    keys: tuple[Reader, ...]
    slots: tuple[int, ...]
    checks: tuple[Reader, ...]


class Join:
    """Finds a rule's combinations, all or those with one given row of the relation that comes `first`."""

    def __init__(
        self,
        rule: InferenceRule,
        readers: Readers,
        index: Callable[[Source, Index], None],
        holds: Callable[[Atom, Readers], Reader],
        first: int | None = None,
    ) -> None:
        """`index` fills and keeps up an index, `holds` reads whether a relation has been concluded."""
        self.rule, self.readers, self.index, self.holds = rule, readers, index, holds
        self.width = len(readers.variables)
        self.tried = 0
        self._equalities = list(rule.body.equalities)
        self._conditions = list(rule.body.conditions)
        self._negations = list(rule.body.negations)
        self._bound: set[str] = set()
        self._needed = needed(rule)
        self.steps: list[Step] = []
        self.cut: int | None = None
        sources = sources_of(rule)
        if first is not None:
            self._append(sources.pop(first), kept=False)
        while sources:
            self._append(sources.pop(self._next(sources)))

    def all(self) -> Iterator[Slots]:
        """Every combination that gives another head or value, once; the list is used again for the next."""
        return self._from(0, [None] * self.width)

    def of(self, row: Row) -> Iterator[Slots]:
        """The combinations with this row of the first source."""
        first = self.steps[0]
        slots: Slots = [None] * self.width
        for slot, value in zip(first.slots, row, strict=True):
            slots[slot] = value
        if all(each(slots) is True for each in (*first.index.filters, *first.checks)):
            yield from self._from(1, slots)

    def _from(self, place: int, slots: Slots) -> Iterator[Slots]:
        if place == len(self.steps):
            yield slots
            return
        step = self.steps[place]
        last = place + 1 == len(self.steps)
        found_by = lookup(step.keys, slots)
        rows = NOTHING if found_by is None else step.index.rows.get(found_by, NOTHING)
        once = self.cut is not None and place == self.cut
        for row in rows:
            self.tried += 1
            if self.tried > TRIED_LIMIT:
                raise RuleFileError("CRM266", rule=self.rule.id, limit=TRIED_LIMIT, what="combinations")
            for slot, value in zip(step.slots, row, strict=True):
                slots[slot] = value
            if step.checks and not all(each(slots) is True for each in step.checks):
                continue
            for each in (slots,) if last else self._from(place + 1, slots):
                yield each
                if once:  # what remains only had to exist
                    return

    # the order of the sources

    def _next(self, sources: Sequence[Source]) -> int:
        """The source to look up next: by known values, for the head, with own conditions, as written."""

        def rank(place: int) -> tuple[bool, bool, bool, int]:
            source = sources[place]
            own = set(source.variables) - self._bound
            keyed = bool(own < set(source.variables)) or any(
                self._sides(pair, own) for pair in self._equalities
            )
            return not (keyed and self._bound), not own & self._needed, source.atom is None, place

        return min(range(len(sources)), key=rank)

    def _sides(self, pair: tuple[Node, Node], own: set[str]) -> tuple[Node, Node] | None:
        """The equality as (of the source, of what is bound), where it joins the two."""
        for mine, other in (pair, pair[::-1]):
            if self._read(mine) <= own and self._read(other) <= self._bound:
                return mine, other
        return None

    def _append(self, source: Source, kept: bool = True) -> None:
        """`kept`: its rows are looked up, rather than given one by one."""
        readers = self.readers
        own = set(source.variables) - self._bound
        slots = tuple(readers.slot(name) for name in source.variables)
        filters = tuple(self._checks(own))
        keys: list[tuple[Reader, Reader]] = []
        for name in dict.fromkeys(source.variables):
            if name in self._bound:
                at = readers.slot(name)
                keys.append((_at(at), _at(at)))
        for pair in self._take(self._equalities, lambda pair: self._sides(pair, own) is not None):
            mine, other = self._sides(pair, own) or pair
            keys.append((readers.key(mine), readers.key(other)))
        self._bound |= own
        index = Index(slots, self.width, tuple(mine for mine, _ in keys), filters)
        if kept:
            self.index(source, index)
        checks = tuple(self._checks(self._bound))
        self.steps.append(Step(index, tuple(other for _, other in keys), slots, checks))
        if self.cut is None and self._needed <= self._bound:
            self.cut = len(self.steps)

    def _checks(self, known: set[str]) -> Iterator[Reader]:
        """What can be asked when these variables are known, and was not asked before."""
        readers = self.readers
        for one, other in self._take(self._equalities, lambda pair: self._read(*pair) <= known):
            yield _equal(readers.key(one), readers.key(other))
        for condition in self._take(self._conditions, lambda node: self._read(node) <= known):
            yield readers.of(condition)
        for atom in self._take(self._negations, lambda atom: self._read(*atom.arguments) <= known):
            held = self.holds(atom, readers)
            yield lambda slots, held=held: held(slots) is False  # type: ignore[misc]

    def _take(self, items: list[Any], which: Callable[[Any], bool]) -> list[Any]:
        chosen = [item for item in items if which(item)]
        items[:] = [item for item in items if not which(item)]
        return chosen

    def _read(self, *nodes: Node) -> frozenset[str]:
        return frozenset().union(*(variables_of(node, self.readers.variables) for node in nodes))


def sources_of(rule: InferenceRule) -> list[Source]:
    """The relations of the body in order, then the kinds of those things that no relation gives."""
    sources = [
        Source(tuple(each.name for each in atom.arguments), atom)  # type: ignore[attr-defined]
        for atom in rule.body.atoms
    ]
    given = {name for source in sources for name in source.variables}
    kinds = {name: type for name, type in rule.variables.items() if isinstance(type, Kind)}
    return sources + [Source((name,), kind=kind.name) for name, kind in kinds.items() if name not in given]


def needed(rule: InferenceRule) -> set[str]:
    """The variables of which every value counts: those of the head and of what is added up."""
    if rule.at_least > 1:
        return set(rule.variables)
    nodes: Iterable[Node] = (*rule.head.arguments, *([rule.value] if rule.value else []))
    return {name for node in nodes for name in variables_of(node, rule.variables)}


def _at(slot: int) -> Reader:
    return lambda slots: slots[slot]


def _equal(one: Reader, other: Reader) -> Reader:
    def equal(slots: Slots) -> bool:
        value = one(slots)
        return value is not None and value == other(slots)

    return equal
