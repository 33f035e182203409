"""Does a run infer facts of a customer from the others, keep them until the next, and say why?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from crmflow import Engine, RuleFileError
from crmflow.core.explanation import Explanation
from tests.engine.conftest import contents, new_site

if TYPE_CHECKING:
    from tests.postgres import Cluster

ZONE = ZoneInfo("Asia/Shanghai")
FIRST, SECOND = datetime(2026, 7, 1, tzinfo=ZONE), datetime(2026, 7, 2, tzinfo=ZONE)
CUSTOMERS = "客户编号,姓名,介绍人编号,日期\nK1,甲,,2026-06-01\nK2,乙,K1,2026-06-01\nK3,丙,K2,2026-06-01\n"
STANDING = """
format:  1
title:   {en: Standing, zh: 口碑}
decides: segment
gives:   {name: standing, zh: 口碑, of: [voice, quiet]}
rules:
  - {id: voice, when: fuel.customers brought >= 2, then: voice}
default: quiet
tests:
  - {name: two, given: {fuel.customers brought: 2}, expect: voice}
"""
STARS = """
format:  1
title:   {en: Stars, zh: 口碑圈}
decides: infer
gives:   {name: star circle, zh: 口碑圈}
rules:
  - id:    circle
    title: {en: recommended by one who brought two, zh: 介绍人已带来两人}
    for:   {new: customer, old: customer, fill: fuel.fill}
    when:
      - new.fuel.介绍人编号 = old.id
      - old.fuel.customers brought >= 2
      - fill.customer = old and fill.at < now
    then:  star circle(new)
tests:
  - name: circle
    given:
      now: "2026-07-01T00:00:00"
      customer: {K1: {fuel.customers brought: 2}, K2: {fuel.recommended by: K1}}
      fuel.fill: {F1: {customer: K1, at: "2026-06-01T00:00:00"}}
    expect: {K1: false, K2: true}
"""


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'crm.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with cluster.database() as url:
        yield url


@pytest.fixture
def engine(url: str, tmp_path: Path) -> Iterator[Engine]:
    """Three customers of whom each was brought by the one before, and a run of all."""
    site = new_site(tmp_path / "site", url)
    for name, text in {"standing": STANDING, "stars": STARS}.items():
        (site.rules / f"{name}.yaml").write_text(text, "utf-8")
    with Engine.open(site) as engine:
        engine.publish()
        bring(engine, tmp_path, CUSTOMERS)
        fills = tmp_path / "fills.csv"
        fills.write_text("流水号,时间,客户编号,加油量\nF1,2026-06-30 08:00,K1,50\n", "utf-8")
        assert engine.import_file("touchpoints", fills, mapping={"touchpoints": "fuel.fill"}).new == 1
        engine.run(FIRST)
        yield engine


def bring(engine: Engine, folder: Path, text: str) -> None:
    file = folder / "customers.csv"
    file.write_text(text, "utf-8")
    assert engine.import_file("customers", file).rejected == 0


def inferred(engine: Engine, customer: str) -> dict[str, str]:
    names = ("fuel.customers brought", "site.star circle")
    return {row["fact"]: row["value"].en for row in engine.facts(customer).rows if row["fact"] in names}


def said(explanation: Explanation) -> list[str]:
    return [sentence for _, _, sentence in explanation.lines("en")]


def test_what_is_inferred_is_a_fact_of_each_customer(engine: Engine) -> None:
    assert inferred(engine, "K1") == {"fuel.customers brought": "2", "site.star circle": "no"}
    assert inferred(engine, "K2") == {"fuel.customers brought": "1", "site.star circle": "yes"}
    assert inferred(engine, "K3") == {"fuel.customers brought": "0", "site.star circle": "no"}


def test_rulebooks_read_what_is_inferred(engine: Engine) -> None:
    standing = {
        row["known_as"]: row["value"] for row in engine.segments().rows if row["segment"].en == "standing"
    }
    assert standing == {"K1": "voice", "K2": "quiet", "K3": "quiet"}


def test_a_second_run_at_the_same_moment_changes_no_row(engine: Engine, url: str) -> None:
    before = contents(url)
    assert not engine.run(FIRST).changed
    assert contents(url) == before


def test_a_newcomer_waits_for_the_next_run_of_all(engine: Engine, tmp_path: Path) -> None:
    bring(engine, tmp_path, "客户编号,姓名,介绍人编号,日期\nK4,丁,K3,2026-07-01\n")
    assert inferred(engine, "K4") == {"fuel.customers brought": "unknown", "site.star circle": "unknown"}
    assert inferred(engine, "K3")["fuel.customers brought"] == "0"
    assert "no run of all customers has inferred it yet" in said(engine.explain("K4"))
    engine.decide("K3", SECOND)
    assert inferred(engine, "K3")["fuel.customers brought"] == "0"
    engine.run(SECOND)
    assert inferred(engine, "K3")["fuel.customers brought"] == "1"
    assert inferred(engine, "K4") == {"fuel.customers brought": "0", "site.star circle": "no"}


def test_an_explanation_names_the_rule_and_the_other_customers(engine: Engine) -> None:
    lines = said(engine.explain("K1"))
    first = next(n for n, line in enumerate(lines) if line.startswith("by the rule “all whom they brought”"))
    assert lines[first - 1] == "customers brought: 2"
    assert "(K2)" in lines[first]
    assert "(K3)" in lines[first + 1]
    assert lines[first + 2].startswith("by the rule “named as the one who recommended us”: 老客户 = C")
    star = said(engine.explain("K2"))
    assert any("“recommended by one who brought two”" in line and "(K1)" in line for line in star)


def test_a_condition_says_that_its_fact_is_inferred(engine: Engine) -> None:
    assert "inferred from other customers by the latest run of all" in said(engine.why_not("K2", "standing"))


def test_an_inference_does_not_read_what_the_run_decides(engine: Engine, tmp_path: Path) -> None:
    text = STARS.replace("old.fuel.customers brought >= 2", 'old.standing = "voice"')
    (tmp_path / "site" / "rules" / "stars.yaml").write_text(text, "utf-8")
    with pytest.raises(RuleFileError, match="CRM090"):
        engine.publish()
    (found,) = (each for each in engine.check() if each.code == "CRM260")
    assert (found.start.line, found.name) == (12, "site.standing")


def test_the_number_is_exact(engine: Engine) -> None:
    assert Decimal(inferred(engine, "K1")["fuel.customers brought"]) == 2
