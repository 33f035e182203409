"""What does a test of an inference say: given which small world, and what is expected of whom?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

from crmflow.core.text import Text
from crmflow.errors import RuleFileError
from crmflow.rules import feel
from crmflow.rules.feel import Scope
from crmflow.rules.feel.scope import nearest
from crmflow.rules.given import NOTHING, GivenReader
from crmflow.rules.infer.fixpoint import infer
from crmflow.rules.infer.kind import CUSTOMER, Kind, Kinds
from crmflow.rules.infer.machine import conclude
from crmflow.rules.infer.program import Inference
from crmflow.rules.infer.shape import InferenceTestShape
from crmflow.rules.infer.world import World
from crmflow.rules.shape import as_text
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import PRESENT, Vocabulary

Row = tuple[str, str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class InferenceCase:
    """A test of an inference as its file has it, whatever a site sets.

    `rows` are the things of its world, customers first: kind, id and values; one that belongs to a customer
    names them under "customer".
    """

    inference: Inference
    path: Path
    name: Text
    expect: Mapping[str, object]
    rows: tuple[Row, ...]
    present: Mapping[str, object]
    set_params: Mapping[str, object]

    def found(self) -> dict[str, object]:
        """What follows for each customer, by id. Raises RuleFileError."""
        world = self.world()
        values = conclude(self._with_params(), world).values()
        return {world.labels[place]: values[place] for place in world.places(CUSTOMER)}

    def met(self) -> set[str]:
        """The ids of the rules that the world meets; none where it is too large."""
        try:
            return infer(self._with_params(), self.world()).met()
        except RuleFileError:
            return set()

    def _with_params(self) -> Inference:
        declares = {
            name: replace(param, value=self.set_params.get(name, param.value))
            for name, param in self.inference.declares.items()
        }
        return self.inference.at_site(declares)

    def world(self) -> World:
        world = World(self.present)
        customers: dict[object, int] = {}
        for kind, id, values in self.rows:
            if kind == CUSTOMER:
                customers[id] = world.add(kind, values, id)
            else:
                world.add(kind, values, id, customers[values[CUSTOMER]])
        return world


def read_inference_cases(
    document: Document,
    shapes: Sequence[InferenceTestShape],
    inference: Inference,
    names: Vocabulary,
    findings: Findings,
) -> tuple[InferenceCase, ...]:
    """The tests of an inference; a wrong name or value in one is a finding."""
    reader = _CaseReader(document, inference, names, findings)
    return tuple(reader.case(("tests", n), shape) for n, shape in enumerate(shapes))


class _CaseReader:
    """Reads the worlds of one file's tests."""

    def __init__(
        self, document: Document, inference: Inference, names: Vocabulary, findings: Findings
    ) -> None:
        self.document, self.inference, self.findings = document, inference, findings
        self.kinds = Kinds(names, document.pack)
        self.reader = GivenReader(document, Scope(PRESENT), findings)

    def case(self, path: Path, shape: InferenceTestShape) -> InferenceCase:
        rows = tuple(self._rows((*path, "given"), shape.given))
        present = self._present((*path, "given"), shape.given)
        customers = [id for kind, id, _ in rows if kind == CUSTOMER]
        for kind, id, values in rows:
            if kind != CUSTOMER and values.get(CUSTOMER) not in customers:
                spelled = next(each for each in shape.given if self._kind(each) == self.kinds.all[kind])
                self._stranger((*path, "given", spelled, id), values.get(CUSTOMER), customers)
        for id in shape.expect:
            if id not in customers:
                self._stranger((*path, "expect", id), id, customers)
            if shape.expect[id] != NOTHING:
                self.reader.value((*path, "expect", id), shape.expect[id], self.inference.gives.type)
        set_params = self.reader.params((*path, "params"), self.inference.declares) if shape.params else {}
        return InferenceCase(self.inference, path, shape.name.text, shape.expect, rows, present, set_params)

    def _rows(self, path: Path, given: Mapping[str, Any]) -> Iterator[Row]:
        """The things of each kind, customers before what belongs to them."""
        kinds = {spelling: self._kind(spelling) for spelling in given if spelling not in _PRESENT}
        for spelling, kind in sorted(kinds.items(), key=lambda each: each[1] != self.kinds.customer):
            if kind is None:
                known = self.kinds.spellings()
                parts = {"name": spelling, "known": ", ".join(known)}
                self._complain("CRM180", (*path, spelling), parts, nearest(spelling, known))
                continue
            for id, values in (given[spelling] or {}).items():
                at = (*path, spelling, id)
                yield (
                    kind.name,
                    id,
                    {**dict.fromkeys(kind.fields), "id": id, **self._values(at, kind, values)},
                )

    def _values(self, path: Path, kind: Kind, values: Mapping[str, Any] | None) -> dict[str, object]:
        scope = Scope(kind.fields)
        found: dict[str, object] = {}
        for spelling, raw in (values or {}).items():
            at = (*path, spelling)
            name = self.reader.name(at, spelling, scope)
            if name is not None and name.canonical == CUSTOMER and kind != self.kinds.customer:
                found[CUSTOMER] = as_text(raw)
            elif name is not None:
                found[name.canonical] = self.reader.value(at, raw, name.type)
        return found

    def _present(self, path: Path, given: Mapping[str, Any]) -> dict[str, object]:
        """Today and now; the one follows from the other."""
        today = now = None
        if "today" in given:
            today = self.reader.value((*path, "today"), given["today"], feel.date)
        if "now" in given:
            now = self.reader.value((*path, "now"), given["now"], feel.date_time)
        if isinstance(now, datetime):
            return {"now": now, "today": today or now.date()}
        return {
            "today": today,
            "now": datetime.combine(today, time(), UTC) if isinstance(today, date) else None,
        }

    def _kind(self, spelling: str) -> Kind | None:
        found = self.kinds.find(spelling)
        return found if isinstance(found, Kind) else None

    def _stranger(self, path: Path, id: object, customers: Sequence[str]) -> None:
        near = nearest(str(id), customers)
        self._complain("CRM183", path, {"name": id, "known": ", ".join(customers)}, near)

    def _complain(self, code: str, path: Path, parts: Mapping[str, object], suggestion: str | None) -> None:
        found = self.document.diagnostic(code, path, parts, key=True, suggestion=suggestion)
        self.findings.errors.append(found)


_PRESENT: Final = frozenset({"today", "now"})
