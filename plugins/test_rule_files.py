"""Do the rule files of every pack load, and do what the tests in them expect?"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from crmflow import Engine, Site

PACKS = ("fuel", "insurance", "retail", "utility")


@pytest.fixture(params=PACKS)
def pack(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def engine(pack: str, tmp_path: Path) -> Iterator[Engine]:
    """An empty site with one pack."""
    with Engine.create(Site.init(tmp_path, [pack], zone="Asia/Shanghai", language="zh")) as engine:
        yield engine


def test_nothing_is_found_in_the_rule_files(engine: Engine) -> None:
    assert engine.check() == ()


def test_every_test_in_the_rule_files_passes(engine: Engine) -> None:
    assert [result for result in engine.test() if not result.passed] == []


def test_the_tests_in_the_rule_files_reach_nearly_everything(engine: Engine, pack: str) -> None:
    shares = [(each.id, kind, share) for each in engine.coverage() for kind, share in each.shares.items()]
    branches = [share for _, kind, share in shares if kind == "branches"]

    assert 100 * sum(each.reached for each in branches) >= 95 * sum(each.all for each in branches)
    assert [id for id, kind, share in shares if kind != "branches" and share.percent < 100] == []


def test_every_rulebook_and_chart_has_tests(engine: Engine, pack: str) -> None:
    folder = Path(str(import_module(f"crmflow_{pack}").__file__)).parent
    written = {
        f"{pack}/{file.relative_to(folder).with_suffix('').as_posix()}" for file in folder.glob("*/*.yaml")
    }
    assert written
    assert written <= {result.rule for result in engine.test()}
