"""Does a stranger find the way? Names, lengths and docstrings of files, and the README's table of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house import CORE, FILES, PYTHON, ROOT, RULES, refuse, text

LIMITS = RULES["files"]

# Places and words of the room where the text was written; they mean nothing to a reader.
LEAK = re.compile(r"/(work|root)/|\.\./shared|\bissue #?\d", re.IGNORECASE)


def test_files_are_short() -> None:
    written = [path for path in PYTHON if "migrations" not in path.parts]  # a migration is a frozen schema
    lengths = {str(path): len(text(path).splitlines()) for path in written}
    long = {path for path, lines in lengths.items() if lines > LIMITS["lines"]}
    refuse(sorted(long - set(LIMITS["longer"])), f"a file has at most {LIMITS['lines']} lines")
    refuse(sorted(set(LIMITS["longer"]) - long), "house.toml calls this file longer, which it is not")


def test_packages_are_shallow() -> None:
    deep = {path.parent for path in CORE if len(path.parent.parts) > 1 + LIMITS["folders"]}
    refuse({str(folder) for folder in deep} - set(LIMITS["deeper"]), "packages are two deep")


def test_names_say_something() -> None:
    empty = set(LIMITS["empty_names"])
    refuse((path for path in PYTHON if empty & {*path.parent.parts, path.stem}), "a name says what is inside")


def test_modules_begin_with_what_they_answer() -> None:
    modules = {path: ast.parse(text(path), str(path)) for path in PYTHON if text(path).strip()}
    silent = [path for path, module in modules.items() if not ast.get_docstring(module)]
    refuse(silent, "the first line says which question the module answers")


def test_tests_mirror_the_package() -> None:
    folders = {path.parts[1] for path in PYTHON if path.parts[0] == "tests" and len(path.parts) > 2}
    folders.discard("pains")  # what users of other systems complain about, whichever part answers it
    refuse((name for name in folders if not (ROOT / "crmflow" / name).exists()), "tests mirror crmflow")


def test_the_repository_speaks_of_the_product_alone() -> None:
    lines = [(path, number, line) for path in FILES for number, line in enumerate(text(path).splitlines(), 1)]
    leaks = [f"{path}:{number}: {line.strip()}" for path, number, line in lines if LEAK.search(line)]
    refuse(leaks, "no path and no number of the place where this was written")


def where_is_it() -> list[Path]:
    """The files of the README's table of questions."""
    table = text(Path("README.md")).partition("\n| question | file |\n")[2].partition("\n\n")[0]
    return [Path(row.split("|")[2].strip(" `")) for row in table.splitlines()[1:]]


def test_the_readme_names_files_that_exist() -> None:
    assert 5 <= len(where_is_it()) <= 25, "a table on one screen"
    refuse((path for path in where_is_it() if not (ROOT / path).exists()), "the README names what exists")


def test_the_readme_names_every_part() -> None:
    parts = {Path(*path.parts[:2]) for path in CORE} - {Path("crmflow/__init__.py")}
    named = where_is_it()
    refuse(
        parts - {part for part in parts for path in named if path.is_relative_to(part)},
        "the README names every part",
    )
