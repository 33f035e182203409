"""Which module may import which? Imports point one way, and each third party stays behind its fence."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house import CORE, PACKS, RULES, refuse, text

ORDER = {part: row for row, parts in enumerate(RULES["imports"]["order"]) for part in parts}
CLOSED, PURE, FENCES = (RULES["imports"][key] for key in ("closed", "pure", "fences"))


class Import(NamedTuple):
    """That the file `path` imports the module or name `target`, written `a.b.c`."""

    path: Path
    line: int
    target: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: imports {self.target}"

    @property
    def top(self) -> str:
        return self.target.partition(".")[0]

    @property
    def importer(self) -> str:
        """The importing module below crmflow, as `rules.feel.parser`; crmflow itself is the door."""
        names = [name for name in self.path.with_suffix("").parts[1:] if name != "__init__"]
        return ".".join(names) or "door"

    @property
    def imported(self) -> str:
        """The imported module below crmflow; what is no part of crmflow is a name of the door."""
        below = self.target.partition(".")[2]
        return below if part(below) in ORDER else "door"


def imports(paths: Iterable[Path]) -> Iterator[Import]:
    """Every import, also inside functions and for type checkers only."""
    for path in paths:
        for node in ast.walk(ast.parse(text(path), str(path))):
            if isinstance(node, ast.Import):
                yield from (Import(path, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = imported_from(node, path)
                yield from (Import(path, node.lineno, f"{module}.{alias.name}") for alias in node.names)


def imported_from(node: ast.ImportFrom, path: Path) -> str:
    """The module after `from`; the dots of a relative import are followed."""
    folders = path.parts[2:] if path.parts[0] == "plugins" else path.parts
    package = folders[: -node.level] if node.level else ()
    return ".".join([*package, *filter(None, [node.module])])


ALL = list(imports(CORE))
OWN = [found for found in ALL if found.top == "crmflow"]
FOREIGN = [found for found in ALL if found.top not in {*sys.stdlib_module_names, "crmflow"}]


def part(module: str) -> str:
    return module.partition(".")[0]


def within(module: str, places: Iterable[str]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def test_every_part_has_its_place() -> None:
    unknown = {part(found.importer) for found in ALL} - ORDER.keys()
    refuse(sorted(unknown), "every part has a row in house.toml")


def test_imports_point_one_way() -> None:
    between = [found for found in OWN if part(found.importer) != part(found.imported)]
    wrong = [f for f in between if ORDER[part(f.imported)] >= ORDER.get(part(f.importer), 0)]
    refuse(wrong, "a part imports only from the rows above its own")


@pytest.mark.parametrize("closed", CLOSED)
def test_closed_parts_know_little(closed: str) -> None:
    inside = [found for found in [*OWN, *FOREIGN] if within(found.importer, [closed])]
    wrong = [
        found for found in inside if found.top != "crmflow" or not within(found.imported, CLOSED[closed])
    ]
    refuse(wrong, f"{closed} imports only {CLOSED[closed]} and the standard library")


def test_third_parties_stay_behind_their_fences() -> None:
    wrong = [found for found in FOREIGN if not within(found.importer, FENCES.get(found.top, []))]
    refuse(wrong, "this library has its place elsewhere")


def test_pure_parts_touch_nothing() -> None:
    inside = [found for found in ALL if within(found.importer, PURE["parts"])]
    wrong = [found for found in inside if found.top in PURE["without"] and found.target not in PURE["yet"]]
    refuse(wrong, "this part has no input or output, no clock and no chance")


def test_packs_know_only_the_door() -> None:
    foreign = [f for f in imports(PACKS) if f.top not in {*sys.stdlib_module_names, f.path.parts[2]}]
    foreign = [f for f in foreign if not within(f.importer, FENCES.get(f.top, []))]
    doors = RULES["imports"]["packs"]
    wrong = [found for found in foreign if found.top != "crmflow" or not within(found.imported, doors)]
    refuse(
        wrong, f"a pack imports only the {' and '.join(doors)} of crmflow, itself and the standard library"
    )


@pytest.mark.parametrize("program", RULES["light"]["programs"])
def test_what_starts_quickly_loads_little(program: str) -> None:
    look = f"import sys; sys.exit(' '.join(sys.modules.keys() & {RULES['light']['without']}))"
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}\n{look}"], capture_output=True, text=True, check=False
    )
    assert ran.stderr.strip() == ""
