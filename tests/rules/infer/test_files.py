"""Do inferences of every form give what the tests in their files expect, on both machines?"""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from crmflow.rules.check import checked
from crmflow.rules.load import RuleFile, load
from crmflow.rules.params import Param
from crmflow.rules.ruleset import Ruleset
from tests.rules.shop import core, results, shown

FILES = sorted(Path(__file__).with_name("files").glob("*.yaml"))
NEEDS = {"durable": "durable_rules_engine"}


def files(engine: str = "built in") -> list[RuleFile]:
    found = [RuleFile(f"shop/{path.name}", path.read_text("utf-8"), "pack", "shop") for path in FILES]
    said = f"decides: infer\nengine: {engine}"
    return [replace(each, text=str(each.text).replace("decides: infer", said)) for each in found]


def ruleset(*more: RuleFile, engine: str = "built in") -> Ruleset:
    loaded = load([*core(), *files(engine), *more])
    assert loaded.ruleset is not None, "\n".join(map(shown, loaded.errors))
    return loaded.ruleset


@pytest.mark.parametrize("engine", ["built in", "durable"])
def test_every_test_in_the_files_passes(engine: str) -> None:
    if not find_spec(NEEDS.get(engine, "crmflow")):
        pytest.skip("durable-rules is not installed")
    found = [each for each in results(ruleset(engine=engine)) if each.rule.startswith("shop/")]
    assert len(found) == 14
    assert [(each.name.en, each.found) for each in found if not each.passed] == []


def test_a_failing_test_shows_what_was_found() -> None:
    text = next(str(each.text) for each in files() if "premium" in each.path)
    broken = RuleFile("shop/premium.yaml", text.replace("P3: 0", "P3: 1"), "pack", "shop")
    kept = [each for each in files() if each.path != broken.path]
    loaded = load([*core(), *kept, broken])
    assert loaded.ruleset is not None
    (failed,) = (each for each in results(loaded.ruleset) if not each.passed)
    assert (failed.name.en, failed.expected, failed.found) == ("two policies of one household: P3", "1", "0")
    assert failed.finding is not None
    assert failed.finding.code == "CRM301"


def test_an_inference_comes_after_those_that_it_reads() -> None:
    assert [each.id for each in ruleset().inferences] == ["shop/place", "shop/premium", "shop/root"]


def test_inferences_do_not_read_each_other_in_a_circle() -> None:
    text = next(str(each.text) for each in files() if "premium" in each.path)
    circle = text.replace("and p.begun", "and a.first above != null and p.begun")
    kept = [each for each in files() if "premium" not in each.path]
    loaded = load([*core(), *kept, RuleFile("shop/premium.yaml", circle, "pack", "shop")])
    assert [each.code for each in loaded.errors] == ["CRM276"]


def test_customers_are_not_compared_by_what_is_inferred_later() -> None:
    text = next(str(each.text) for each in files() if "vocabulary" in each.path)
    vocabulary = RuleFile("shop/vocabulary.yaml", text + "  place: {rank: family premium}\n", "pack", "shop")
    kept = [each for each in files() if "vocabulary" not in each.path]
    loaded = load([*core(), *kept, vocabulary])
    assert [each.code for each in loaded.errors] == ["CRM273"]


def test_a_site_sets_params_for_all_and_not_by_unit() -> None:
    site = RuleFile("params.yaml", "format: 1\nshop/place:\n  leads: {value: 3}\n", "site")
    (place, *_) = ruleset(site).inferences
    assert isinstance(place.declares["leads"], Param)
    assert place.params == {"leads": 3}
    by_unit = RuleFile("params.yaml", "format: 1\nshop/place:\n  leads: {units: {S1: 3}}\n", "site")
    loaded = load([*core(), *files(), by_unit])
    assert [shown(each) for each in loaded.errors] == ["3:11-3:16 CRM277 leads"]


def test_a_rule_that_no_test_meets_is_noted() -> None:
    text = next(str(each.text) for each in files() if "place" in each.path)
    quiet = RuleFile(
        "shop/place.yaml", text.replace("2026-01-31T00:00:00", "2026-03-01T00:00:00"), "pack", "shop"
    )
    kept = [each for each in files() if "place" not in each.path]
    loaded = load([*core(), *kept, quiet])
    assert [each.name for each in checked(loaded).notes if each.code == "CRM211"] == ["relapse"]


def test_variables_that_nothing_joins_are_noted() -> None:
    text = next(str(each.text) for each in files() if "premium" in each.path)
    wide = text.replace("a.household = b.household and ", "")
    kept = [each for each in files() if "premium" not in each.path]
    loaded = load([*core(), *kept, RuleFile("shop/premium.yaml", wide, "pack", "shop")])
    assert [each.name for each in loaded.notes if each.code == "CRM272"] == ["b", "p"]
