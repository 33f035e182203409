"""What follows from a world by the rules of an inference? Semi-naive evaluation, stratum after stratum.

Each row is joined with all others once, when it is new (Bancilhon and Ramakrishnan 1986). It ends because
heads compute nothing: every value of a row stands in the world or in the file, so there are finitely many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from crmflow.rules.infer.conclusions import Conclusions
from crmflow.rules.infer.join import Index, Join, Row, Source
from crmflow.rules.infer.program import Atom, Inference, InferenceRule
from crmflow.rules.infer.reader import Reader, Readers, Slots
from crmflow.rules.infer.world import World


def infer(inference: Inference, world: World) -> Conclusions:
    """Everything that follows, always in the same order. Raises RuleFileError CRM266 for too much of it."""
    run = _Run(Conclusions(inference, world))
    for stratum in inference.strata:
        run.answer(stratum)
    return run.found


class _Run:
    """One evaluation: the conclusions so far, and the indexes to keep up."""

    def __init__(self, found: Conclusions) -> None:
        self.found = found
        self._indexes: dict[str, list[Index]] = {}

    def answer(self, stratum: Sequence[InferenceRule]) -> None:
        """Concludes with rules until nothing new comes."""
        concluded = {rule.head.relation for rule in stratum}
        new: deque[tuple[str, Row]] = deque()
        joins: dict[str, list[Join]] = {name: [] for name in concluded}
        for rule in stratum:
            recursive = [n for n, atom in enumerate(rule.body.atoms) if atom.relation in concluded]
            for n in recursive:
                joins[rule.body.atoms[n].relation].append(self._join(rule, n))
            if not recursive:
                join = self._join(rule)
                for slots in join.all():
                    self._conclude(join, slots, new)
        while new:
            relation, row = new.popleft()
            for join in joins[relation]:
                for slots in join.of(row):
                    self._conclude(join, slots, new)

    def _conclude(self, join: Join, slots: Slots, new: deque[tuple[str, Row]]) -> None:
        row = self.found.conclude(join.rule, slots)
        if row is not None:
            relation = join.rule.head.relation
            for index in self._indexes.get(relation, ()):
                index.add(row)
            new.append((relation, row))

    def _join(self, rule: InferenceRule, first: int | None = None) -> Join:
        return Join(rule, self.found.readers(rule), self._index, self._holds, first)

    def _index(self, source: Source, index: Index) -> None:
        """Fills an index, and keeps up that of a relation."""
        if source.atom is None:
            for place in self.found.world.places(source.kind):
                index.add((place,))
            return
        relation = source.atom.relation
        for row in self.found.rows[relation]:
            index.add(row)
        self._indexes.setdefault(relation, []).append(index)

    def _holds(self, atom: Atom, readers: Readers) -> Reader:
        rows, row = self.found.rows[atom.relation], readers.row(atom.arguments)
        return lambda slots: row(slots) in rows
