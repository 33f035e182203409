"""How many cases of the DMN TCK, the standard's public test kit, does this engine pass?

| count          | of                        | passed where                                           |
|----------------|---------------------------|--------------------------------------------------------|
| strict         | all cases                 | all is equal, and nothing was raised where null is due |
| lenient        | all cases                 | the same, but an exception counts as null              |
| value-expected | those that expect a value | as strict: refusing everything wins nothing here       |
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from crmflow.errors import CrmflowError, RuleFileError
from crmflow.rules.dmn.document import Element, read_document
from crmflow.rules.dmn.model import Model, load
from crmflow.rules.feel.dates import DateTime, Time
from crmflow.rules.feel.values import read
from crmflow.rules.feel.xsd import from_xsd

TOLERANCE: Final = Decimal("1e-8")  # as the kit's own runners compare
_NOT_COUNTED: Final = "non-compliant"


@dataclass(frozen=True, slots=True)
class Case:
    """A test case: what is asked of a model, what is given, and what each asked name must give."""

    folder: str
    file: str
    id: str
    service: str | None
    inputs: Mapping[str, object]
    expected: Mapping[str, object]

    @property
    def wants_value(self) -> bool:
        return any(value is not None for value in self.expected.values())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case; `detail` says for a person what was wrong."""

    case: Case
    strict: bool
    lenient: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """The three counts over the cases of a run."""

    cases: int
    strict: int
    lenient: int
    value_cases: int
    value_passed: int

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Score:
        all = list(outcomes)
        valued = [outcome for outcome in all if outcome.case.wants_value]
        return cls(
            cases=len(all),
            strict=sum(outcome.strict for outcome in all),
            lenient=sum(outcome.lenient for outcome in all),
            value_cases=len(valued),
            value_passed=sum(outcome.strict for outcome in valued),
        )


def run(folder: str | Path) -> Iterator[Outcome]:
    """The outcome of each case of the kit's TestCases folder, or of one below it, in order.

    Raises RuleFileError: CRM303 for a folder without test cases, CRM304 for a test file that is none.
    """
    root = Path(folder)
    files = [file for file in sorted(root.rglob("*.xml")) if _NOT_COUNTED not in file.parts]
    if not files:
        raise RuleFileError("CRM303", folder=root)
    top = next((each for each in (root, *root.resolve().parents) if each.name == "TestCases"), root)
    for file in files:
        yield from _run_file(file, file.resolve().parent.relative_to(top.resolve()).as_posix())


def write_results(outcomes: Iterable[Outcome], path: str | Path) -> None:
    """The kit's own form of results: folder, test file, case, SUCCESS or ERROR, detail; all quoted."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for outcome in outcomes:
            case = outcome.case
            status = "SUCCESS" if outcome.strict else "ERROR"
            writer.writerow([case.folder, case.file, case.id, status, outcome.detail])


def _run_file(file: Path, folder: str) -> Iterator[Outcome]:
    root = read_document(file.read_bytes(), str(file))
    name = root.said("modelName")
    if root.tag != "testCases" or name is None:
        raise RuleFileError("CRM304", file=file)
    model: Model | CrmflowError
    try:
        model = load(file.parent / name)
    except CrmflowError as error:
        model = error
    for element in root.all("testCase"):
        yield _outcome(model, _case(element, folder, file.stem))


def _case(element: Element, folder: str, file: str) -> Case:
    return Case(
        folder,
        file,
        element.get("id") or "",
        element.get("invocableName"),
        {node.get("name") or "": _value(node) for node in element.all("inputNode")},
        {node.get("name") or "": _value(node.first("expected")) for node in element.all("resultNode")},
    )


def _value(element: Element | None) -> Any:
    """What a `value`, `list` or `component` says; null where it is nil."""
    if element is None or element.get("nil") == "true":
        return None
    if (listed := element.first("list")) is not None:
        return None if listed.get("nil") == "true" else [_value(item) for item in listed.all("item")]
    if element.first("component") is not None:
        return {each.get("name"): _value(each) for each in element.all("component")}
    value = element.first("value")
    if value is None or value.get("nil") == "true":
        return None
    return from_xsd(value.get("type") or "string", value.text)


def _outcome(model: Model | CrmflowError, case: Case) -> Outcome:
    strict = lenient = True
    details = []
    for name, expected in case.expected.items():
        found: object
        raised = False
        try:
            found = _ask(model, case, name)
        except CrmflowError as error:
            found, raised = None, True
            details.append(str(error))
        if not same(found, expected):
            strict = lenient = False
            if not raised:
                details.append(f"{name}: expected {expected!r}, found {found!r}")
        strict = strict and not raised
    return Outcome(case, strict, lenient, "; ".join(details))


def _ask(model: Model | CrmflowError, case: Case, name: str) -> object:
    if isinstance(model, CrmflowError):
        raise model
    if case.service is None:
        return model.evaluate(name, case.inputs)
    found = model.evaluate(case.service, case.inputs)
    return found.get(name) if len(case.expected) > 1 and isinstance(found, dict) else found


def same(found: Any, expected: Any) -> bool:
    """Equal as the kit's runners see it: numbers within 1e-8, moments by their instant."""
    found, expected = read(found), read(expected)
    match found, expected:
        case Decimal(), Decimal():
            return abs(found - expected) < TOLERANCE
        case list(), list():
            return len(found) == len(expected) and all(map(same, found, expected))
        case Mapping(), Mapping():
            return found.keys() == expected.keys() and all(same(found[key], expected[key]) for key in found)
        case (Time(), Time()) | (DateTime(), DateTime()):
            return bool(found.zoned == expected.zoned and found.instant == expected.instant)
    return type(found) is type(expected) and bool(found == expected)
