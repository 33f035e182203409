"""Does a stranger find the way? Names, lengths and docstrings of files, and the README's table of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house import CORE, FILES, PYTHON, ROOT, RULES, text

# Places and words of the room where the text was written; they mean nothing to a reader.
LEAK = re.compile(r"/(work|root|home)/|\.\./shared|\bissue #?\d", re.IGNORECASE)


def test_files_are_short() -> None:
    long = {str(path): len(text(path).splitlines()) for path in PYTHON}
    limit, longer = RULES["files"]["lines"], RULES["files"]["longer"]
    assert {path: lines for path, lines in long.items() if lines > limit}.keys() == set(longer)


def test_packages_are_shallow() -> None:
    depth = RULES["files"]["folders"]
    inner = [path for path in CORE if len(path.parent.parts) > 1 + depth]
    assert not [str(path) for path in inner if "migrations" not in path.parts]


def test_names_say_something() -> None:
    names = {name for path in PYTHON for name in (*path.parent.parts, path.stem)}
    assert not names & set(RULES["files"]["empty_names"])


def test_modules_begin_with_what_they_answer() -> None:
    silent = [path for path in PYTHON if text(path).strip() and not ast.get_docstring(ast.parse(text(path)))]
    assert not [str(path) for path in silent]


def test_tests_mirror_the_package() -> None:
    folders = {path.parts[1] for path in PYTHON if path.parts[0] == "tests" and len(path.parts) > 2}
    assert not [name for name in folders if not (ROOT / "crmflow" / name).exists()]


def test_the_repository_speaks_of_the_product_alone() -> None:
    lines = [(path, number, line) for path in FILES for number, line in enumerate(text(path).splitlines(), 1)]
    assert not [f"{path}:{number}: {line.strip()[:100]}" for path, number, line in lines if LEAK.search(line)]


def where_is_it() -> list[Path]:
    """The files of the README's table of questions."""
    table = text(Path("README.md")).partition("\n| question | file |\n")[2].partition("\n\n")[0]
    return [Path(row.split("|")[2].strip(" `")) for row in table.splitlines()[1:]]


def test_the_readme_names_files_that_exist() -> None:
    assert 5 <= len(where_is_it()) <= 25, "a table on one screen"
    assert not [str(path) for path in where_is_it() if not (ROOT / path).exists()]


def test_the_readme_names_every_part() -> None:
    parts = {Path(*path.parts[:2]) for path in CORE} - {Path("crmflow/__init__.py")}
    assert not [str(part) for part in parts if not any(path.is_relative_to(part) for path in where_is_it())]
