"""Is what the documentation shows what happens? Every page is followed from an empty folder on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from crmflow.rules.feel.builtins.registry import BUILTINS
from docs.make_reference import FOLDER, pages
from tests.house import ROOT, refuse
from tests.pages import PAGES, Reader, blocks

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


@pytest.mark.parametrize("language", ["", ".zh"])
def test_every_function_of_feel_is_shown(language: str) -> None:
    shown = "".join(block.text for block in blocks(FOLDER / f"feel{language}.md") if block.language == "feel")
    refuse((name for name in BUILTINS if f"{name}(" not in shown), "the page of FEEL shows each function")


def test_the_example_of_a_host_runs() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples/host.py"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "K1: refunded 40, complaint at 'accept'",
        "refused: a refund of -1",
        "1 refund, 1 case",
    ]


FOR_OPERATIONS = [
    "tutorial/first-site",
    "howto/edit-rules",
    "howto/handle-cases",
    "howto/import-data",
    "reference/chart",
    "reference/codes",
    "reference/feel",
    "reference/params",
    "reference/rulebook",
    "reference/vocabulary",
]
