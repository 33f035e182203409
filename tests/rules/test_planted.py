"""Is every planted mistake told at its place, word for word, in English and in Chinese?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from crmflow.errors import LANGUAGES
from tests.rules.planted import FOLDER, Planted, imported, plant, planted, said

ALONE = ("settings", "vocabulary")  # a mistake there keeps all else from being looked at
TOGETHER = tuple(sorted({file.stem for file in FOLDER.glob("*.toml")} - {*ALONE, "mapping"}))
FOREIGN = ("pydantic", "token", "scanner", "block mapping", "Traceback", "NoneType", "{name}", "{known}")


@cache
def told(cases: tuple[Planted, ...], language: str) -> Mapping[str, list[str]]:
    """What `check` says of a site with these files, by file."""
    with TemporaryDirectory() as folder:
        site = Path(folder).resolve() / "site"
        plant(site, cases)
        return said(site, language)


def cases(*tables: str) -> list[object]:
    return [pytest.param(each, id=f"{each.table}: {each.name}") for each in planted(*tables)]


@pytest.mark.parametrize("case", cases(*TOGETHER))
def test_a_mistake_is_told_beside_all_others(case: Planted) -> None:
    every = tuple(planted(*TOGETHER))
    assert told(every, "en").get(case.path, []) == list(case.en)
    assert told(every, "zh").get(case.path, []) == list(case.zh)


@pytest.mark.parametrize("case", cases(*ALONE))
def test_a_mistake_that_stops_all_else_is_told(case: Planted) -> None:
    assert told((case,), "en") == {case.path: list(case.en)}
    assert told((case,), "zh") == {case.path: list(case.zh)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mistake_in_a_mapping_is_told_when_it_is_used(tmp_path: Path, language: str) -> None:
    for name, wanted, found in imported(tmp_path, language):
        assert found == wanted, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_other_file_is_blamed(language: str) -> None:
    every = tuple(planted(*TOGETHER))
    assert told(every, language).keys() <= {case.path for case in every}


def test_every_file_has_a_mistake_that_is_told_in_our_own_words() -> None:
    every = planted(*TOGETHER, *ALONE)
    assert len(every) >= 80
    for case in every:
        assert case.en
        assert len(case.en) == len(case.zh)
        assert not [word for word in FOREIGN for line in (*case.en, *case.zh) if word in line]
