"""Is what the documentation shows what happens? Every page is followed from an empty folder on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from crmflow.rules.feel import ContextType, FunctionType, ListType, RangeType, tree
from crmflow.rules.feel.builtins import BUILTINS
from crmflow.rules.feel.check import ARITHMETIC
from crmflow.rules.feel.operations import COMPARE
from crmflow.rules.feel.properties import PROPERTIES
from crmflow.rules.feel.types import SCALARS
from docs.make_reference import FOLDER, pages
from tests.house import ROOT, refuse
from tests.pages import PAGES, Reader, blocks, trees

LINK = re.compile(r"\]\(([^)#:\s]*)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_shows_happens(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "argv", ["crmflow"])
    monkeypatch.setattr(sys, "path", [*sys.path])
    reader = Reader()
    if "postgresql" in page.name:
        server = request.getfixturevalue("postgres_url").partition("//")[2]
        reader = Reader({"crm@db.example/crm": server})
    for block in blocks(page):
        try:
            reader.follow(block)
        except Exception as error:
            raise AssertionError(f"{page.relative_to(ROOT)}:{block.line}: {error}") from error


def test_pages_that_are_written_from_the_program_are_fresh() -> None:
    stale = [name for name, text in pages().items() if (FOLDER / name).read_text("utf-8") != text]
    refuse(stale, "run `python docs/make_reference.py`")


@pytest.mark.parametrize("page", ["reference/feel", "explanation/feel"])
def test_both_languages_show_the_same_of_feel(page: str) -> None:
    english, chinese = (
        [block.text for block in blocks(ROOT / f"docs/{page}{language}.md") if block.language != "text"]
        for language in ("", ".zh")
    )
    assert english == chinese


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = {link for link in LINK.findall(page.read_text("utf-8")) if link}
    refuse((link for link in links if not (page.parent / link).exists()), "a link leads to a file")


def test_what_operations_read_is_there_in_chinese() -> None:
    written = {page.relative_to(ROOT).as_posix() for page in PAGES}
    twins = {page for page in written if page.endswith(".zh.md")}
    refuse(
        (page for page in twins if page.replace(".zh", "") not in written),
        "a Chinese page has its English twin",
    )
    refuse((page for page in FOR_OPERATIONS if f"docs/{page}.zh.md" not in twins), "operations read Chinese")


@pytest.fixture(scope="module", params=["", ".zh"], ids=["en", "zh"])
def shown(request: pytest.FixtureRequest) -> list[tree.Node]:
    """Every node of every expression on the page of FEEL."""
    left = [root for block in blocks(FOLDER / f"feel{request.param}.md") for root in trees(block)]
    nodes = []
    while left:
        nodes.append(left.pop())
        left += tree.children(nodes[-1])
    return nodes


def test_every_function_of_feel_is_shown(shown: list[tree.Node]) -> None:
    functions = {node.name for node in shown if isinstance(node, tree.BuiltinName)}
    refuse(BUILTINS.keys() - functions, "the page of FEEL shows each function")


def test_every_function_of_feel_is_shown_with_named_arguments(shown: list[tree.Node]) -> None:
    calls = [node for node in shown if isinstance(node, tree.Call) and node.names]
    named = {call.function.name for call in calls if isinstance(call.function, tree.BuiltinName)}
    nameable = {
        builtin.name
        for builtin in BUILTINS.values()
        if any(signature.parameters and not signature.variadic for signature in builtin.signatures)
    }
    refuse(nameable - named, "the page of FEEL shows each function with named arguments")


def test_every_form_of_feel_is_shown(shown: list[tree.Node]) -> None:
    forms = {type(node) for node in shown}
    wanted = {
        form for form in vars(tree).values() if isinstance(form, type) and form in tree.Node.__subclasses__()
    }
    refuse(wanted - forms - ORDERED, "the page of FEEL shows each form")


def test_every_comparison_of_feel_is_shown(shown: list[tree.Node]) -> None:
    operators = {(type(node), getattr(node, "operator", None)) for node in shown}
    wanted = {(kind, operator) for kind in (tree.Comparison, tree.OperatorTest) for operator in COMPARE}
    refuse(wanted - operators, "the page of FEEL shows each comparison")


def test_every_calculation_of_feel_is_shown(shown: list[tree.Node]) -> None:
    shown_on = {
        (node.operator, node.left.type, node.right.type)
        for node in shown
        if isinstance(node, tree.Arithmetic)
    }
    refuse(ARITHMETIC.keys() - shown_on, "the page of FEEL shows each calculation")


def test_every_property_of_feel_is_shown(shown: list[tree.Node]) -> None:
    read = {node.name for node in shown if isinstance(node, tree.Path)}
    refuse({name for _, name in PROPERTIES} - read, "the page of FEEL shows each property")


def test_every_type_of_feel_is_shown(shown: list[tree.Node]) -> None:
    asked = [node.wanted for node in shown if isinstance(node, tree.InstanceOf)]
    refuse(set(SCALARS.values()) - set(asked), "the page of FEEL shows each type")
    kinds = {ListType, RangeType, ContextType, FunctionType}
    refuse(kinds - {type(each) for each in asked}, "the page of FEEL shows each kind of type")


def test_the_example_of_a_host_runs() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples/host.py"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "K1: refunded 40, complaint at 'accept'",
        "refused: a refund of -1",
        "1 refund, 1 case",
    ]


# What comparisons and functions become where a vocabulary declares an order.
ORDERED = {tree.Rank, tree.ByRank}

FOR_OPERATIONS = [
    "tutorial/first-site",
    "howto/edit-rules",
    "howto/handle-cases",
    "howto/import-data",
    "howto/test-rules",
    "reference/chart",
    "explanation/feel",
    "reference/codes",
    "reference/feel",
    "reference/params",
    "reference/rulebook",
    "reference/vocabulary",
]
