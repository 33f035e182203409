"""Which faults does `check` find that a script plants in the decision tables of the DMN TCK?

`CRMFLOW_TCK=…/TestCases python -m tests.rules.dmn.mutation` prints the figures.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from crmflow.errors import CrmflowError
from crmflow.rules import dmn

ALONE: Final = ("UNIQUE", "ANY")
REPEATED: Final = frozenset({"CRM222", "CRM223", "CRM224", "CRM226", "CRM227"})
CONTRADICTED: Final = frozenset({"CRM221", "CRM223", "CRM224"})
GAP: Final = frozenset({"CRM220"})
IMPOSSIBLE: Final = frozenset({"CRM225", "CRM229", "CRM234"})

Change = Callable[[Element], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A model with one fault in one table, which must be found under one of `codes`."""

    name: str
    path: Path
    text: bytes
    codes: frozenset[str]

    def found(self) -> Counter[str]:
        """How often each code is found in it, its imports lying beside it."""
        with TemporaryDirectory() as folder:
            for beside in self.path.parent.glob("*.dmn"):
                (Path(folder) / beside.name).write_bytes(beside.read_bytes())
            changed = Path(folder) / self.path.name
            changed.write_bytes(self.text)
            return codes(changed)


def codes(path: Path) -> Counter[str]:
    return Counter(each.code for each in dmn.load(path).check())


def sound_models(kit: Path) -> Iterator[tuple[Path, Counter[str]]]:
    """The models of the kit with decision tables that can be read, and what is found in them unchanged."""
    for path in sorted(kit.rglob("*.dmn")):
        if b"decisionTable" in path.read_bytes():
            try:
                yield path, codes(path)
            except CrmflowError:
                continue


def mutants(path: Path, before: Counter[str]) -> Iterator[Mutant]:
    """The model with one change in one of its tables; `before` is what is found in it unchanged."""
    root = ElementTree.parse(path).getroot()
    for n, table in enumerate(_tables(root)):
        for name, codes, change in _changes(table, before):
            copy = deepcopy(root)
            change(_tables(copy)[n])
            text = ElementTree.tostring(copy, "utf-8", xml_declaration=True)
            yield Mutant(f"{path.stem}, table {n + 1}, {name}", path, text, codes)


def _changes(table: Element, before: Counter[str]) -> Iterator[tuple[str, frozenset[str], Change]]:
    """Each rule repeated and contradicted, each deleted from a table where one rule fires for everybody, and
    each given a test that nothing passes."""
    policy = table.get("hitPolicy", "UNIQUE")
    complete = not before["CRM220"] and not before["CRM221"] and not before["CRM222"]
    rules = [(at, each) for at, each in enumerate(table) if _local(each) == "rule"]
    for k, (at, rule) in enumerate(rules):
        place, other = rules[k - 1]
        yield f"rule {k + 1} twice", REPEATED, partial(_twice, at=at)
        if policy in ALONE and _results(other) != _results(rule):
            yield f"rule {k + 1} contradicted", CONTRADICTED, partial(_contradicted, at=at, place=place)
        if policy in ALONE and complete and not _defaults(table) and "null" not in _tests(rule):
            yield f"rule {k + 1} deleted", GAP, partial(_deleted, at=at)
        if _parts(rule, "inputEntry"):
            yield f"rule {k + 1} impossible", IMPOSSIBLE, partial(_never, at=at)


def _deleted(table: Element, at: int) -> None:
    table.remove(table[at])


def _twice(table: Element, at: int) -> None:
    table.insert(at + 1, _fresh(table[at]))


def _contradicted(table: Element, at: int, place: int) -> None:
    new = _fresh(table[at])
    for result in _parts(new, "outputEntry"):
        new.remove(result)
    new.extend(deepcopy(_parts(table[place], "outputEntry")))
    table.insert(at + 1, new)


def _never(table: Element, at: int) -> None:
    text = next(each for each in _parts(table[at], "inputEntry")[0] if _local(each) == "text")
    text.text = "]5..5["


def _fresh(rule: Element) -> Element:
    """A copy without ids, which stand once in a model."""
    copy = deepcopy(rule)
    for each in copy.iter():
        each.attrib.pop("id", None)
    return copy


def _tables(root: Element) -> list[Element]:
    return [each for each in root.iter() if _local(each) == "decisionTable"]


def _parts(element: Element, name: str) -> list[Element]:
    return [each for each in element if _local(each) == name]


def _results(rule: Element) -> list[str]:
    return ["".join(each.itertext()).strip() for each in _parts(rule, "outputEntry")]


def _tests(rule: Element) -> str:
    return " ".join("".join(each.itertext()) for each in _parts(rule, "inputEntry"))


def _defaults(table: Element) -> bool:
    return any(_local(each) == "defaultOutputEntry" for each in table.iter())


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def failures(kit: Path) -> tuple[int, list[str]]:
    """How many faults were planted, and which were not found."""
    planted, missed = 0, []
    for path, before in sound_models(kit):
        for mutant in mutants(path, before):
            planted += 1
            found = mutant.found()
            if not any(found[code] > before[code] for code in mutant.codes):
                missed.append(f"{mutant.name}: {dict(found)}")
    return planted, missed


if __name__ == "__main__":
    planted, missed = failures(Path(os.environ["CRMFLOW_TCK"]))
    print(f"{planted} faults planted, {planted - len(missed)} found", *missed, sep="\n  ")
    sys.exit(bool(missed))
