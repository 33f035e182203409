"""Is what the documentation shows what happens? Every page is followed from an empty folder on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.pages import PAGES, Reader, blocks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_shows_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(sys, "argv", ["crmflow"])
    monkeypatch.setattr(sys, "path", [*sys.path])
    reader = Reader()
    for block in blocks(page):
        try:
            reader.follow(block)
        except Exception as error:
            raise AssertionError(f"{page.relative_to(ROOT)}:{block.line}: {error}") from error
