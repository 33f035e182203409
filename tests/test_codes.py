"""Does the catalogue of codes hold together, and does each exception bring the parts of its message?"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from string import Formatter
from typing import NamedTuple

import pytest

from crmflow.errors import LANGUAGES, Code, catalogue
from tests.house import CORE, FILES, PACKS, RULES, refuse, text

CODES = list(catalogue().values())


class Use(NamedTuple):
    """A code written in the source, and the names of what an exception gets with it (None: no exception)."""

    code: str
    where: str
    parts: set[str] | None


def uses() -> Iterator[Use]:
    for path in [*CORE, *PACKS]:
        for node in ast.walk(ast.parse(text(path), str(path))):
            if isinstance(node, ast.Constant) and is_code(node):
                yield Use(str(node.value), f"{path}:{node.lineno}", None)
            elif isinstance(node, ast.Call) and is_exception(node):
                code, *_ = node.args
                parts = {str(keyword.arg) for keyword in node.keywords}
                yield Use(ast.literal_eval(code), f"{path}:{node.lineno}", parts)


def is_code(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(re.fullmatch(r"CRM\d{3}", str(node.value)))


def is_exception(call: ast.Call) -> bool:
    """An exception with its code and its parts in plain sight."""
    named = isinstance(call.func, ast.Name) and call.func.id.endswith("Error")
    return named and is_code(call.args[0]) and all(keyword.arg for keyword in call.keywords)


USES = list(uses())


def blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def test_every_code_used_is_in_the_catalogue() -> None:
    unknown = {use.code: use.where for use in USES if use.code not in catalogue()}
    refuse(sorted(unknown.items()), "the catalogue in crmflow/codes explains every code")


def test_every_code_of_the_catalogue_is_used() -> None:
    unused = catalogue().keys() - {use.code for use in USES}
    refuse(sorted(unused), "every code of the catalogue is used in the source")


def test_a_code_stands_once_and_in_the_file_of_its_hundred() -> None:
    files = {path.stem: tomllib.loads(text(path)) for path in FILES if path.match("crmflow/codes/*.toml")}
    places = [(id, file) for file, codes in files.items() for id in codes]
    misplaced = [place for place in places if place[0][3] != str(RULES["codes"][place[1]])]
    refuse(misplaced, "a code stands in the file of its hundred")
    assert len(places) == len(CODES) == len({code.name for code in CODES})


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.id)
def test_a_code_says_the_same_in_each_language(code: Code) -> None:
    for said in (code.title, code.message, code.why, code.remedy):
        assert set(said) == set(LANGUAGES)
        assert all(said.values())
        assert blanks(said["en"]) == blanks(said["zh"])


def test_an_exception_brings_the_parts_of_its_message() -> None:
    lacking = []
    for use in USES:
        if use.parts is not None and (code := catalogue().get(use.code)):
            missing = (blanks(code.message["en"]) | blanks(code.remedy["en"])) - use.parts
            lacking += [f"{use.where}: {use.code} lacks {name}" for name in sorted(missing)]
    refuse(lacking, "an exception brings every part that its message and remedy name")
