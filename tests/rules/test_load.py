"""Do the files of core, packs and site become one ruleset, each layer over the one below?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from crmflow.errors import RuleFileError
from crmflow.rules.load import load
from crmflow.rules.scenario import RulebookCase
from crmflow.rules.source import RuleFile
from tests.rules.shop import core, edited, loaded, ruleset, shop, shown, site, text_of

GRADE = "shop/segments/grade"


def own(text: str, base: str | None = None) -> RuleFile:
    """A site's own version of the grade, which names what it was made from."""
    base = ruleset().rulebook(GRADE).hash if base is None else base
    return site(f"{GRADE}.yaml", f'{text}overrides: "{base[:12]}"\n')


def test_the_core_by_itself_loads_without_a_note() -> None:
    found = load(core())

    assert found.diagnostics == ()
    assert found.ruleset is not None
    assert list(found.ruleset.charts) == ["core/charts/complaint"]


def test_rulebooks_run_after_those_whose_results_they_read_or_react_to() -> None:
    after = RuleFile(
        "shop/a.yaml",
        "format: 1\ntitle: {en: A, zh: 甲}\ndecides: segment\ngives: {name: special, of: [yes]}\n"
        "rules: [{id: one, when: '等级 = \"high\"', then: yes}]\n",
        "pack",
        "shop",
    )

    order = [rulebook.id for rulebook in ruleset(after).rulebooks]

    assert order.index("shop/a") > order.index(GRADE)
    assert order.index("shop/sends/thanks") > order.index(GRADE)


def test_rulebooks_that_decide_the_same_are_asked_in_the_site_s_order() -> None:
    other = RuleFile(
        "bank/owner.yaml",
        text_of("shop/owners/adviser.yaml").partition("tests:")[0],
        "pack",
        "bank",
    )
    text = str(other.text).replace("adviser != null and adviser.active", "owner != null")
    other = replace(other, text=text.replace("owner: adviser", "owner: owner").replace("home store", "unit"))
    order = site("order.yaml", "format: 1\norder: [shop/owners/adviser, bank/owner]\n")
    wrong = site("order.yaml", "format: 1\norder: [shop/owners/advisor, bank/owner]\n")

    assert [each.code for each in loaded(other).errors] == ["CRM202"]
    assert [shown(each) for each in loaded(other, wrong).errors] == [
        "2:9-2:28 CRM137 shop/owners/advisor -> shop/owners/adviser",
        "4:10-4:15 CRM202 owner",
    ]
    rules = ruleset(other, order)
    assert rules.rulebook("bank/owner").yields_to == ("shop/owners/adviser",)
    assert [each.id for each in rules.rulebooks if each.decides == "owner"] == [
        "shop/owners/adviser",
        "bank/owner",
    ]


def test_a_site_overrides_by_the_same_id() -> None:
    text = text_of(f"{GRADE}.yaml").replace('"< 100"', '"< 10"').replace("default: low\n", "")

    rules = ruleset(own(text))

    rulebook = rules.rulebook(GRADE)
    assert [each.text for each in (rule.conditions[0].expression for rule in rulebook.rules)][-1] == "< 10"
    assert rulebook.gives is not None
    assert rulebook.gives.name == "shop.grade", "its names stay those of the pack"


def test_an_override_of_an_older_version_is_noted_and_counts() -> None:
    found = loaded(own(text_of(f"{GRADE}.yaml"), "0123456789ab"))

    assert found.ruleset is not None
    assert [(each.code, each.suggestion) for each in found.notes] == [
        ("CRM208", ruleset().rulebook(GRADE).hash[:12])
    ]


def test_params_of_core_pack_and_site_in_this_order() -> None:
    chart = "core/charts/complaint"
    by_site = site("params.yaml", f"format: 1\n{chart}: {{回访次数: {{value: 5}}}}\n")

    assert ruleset(without=("shop/params.yaml",)).chart(chart).params["tries"] == Decimal(3)
    assert ruleset().chart(chart).params["tries"] == Decimal(2)
    assert ruleset(by_site).chart(chart).params["tries"] == Decimal(5)
    assert ruleset(by_site).chart(chart).hash != ruleset().chart(chart).hash


def test_tests_run_on_the_file_as_written_whatever_a_site_sets() -> None:
    rules = ruleset(site("params.yaml", "format: 1\nshop/visits/quiet: {安静天数: {value: 5}}\n"))

    assert rules.rulebook("shop/visits/quiet").params()["安静天数"] == Decimal(5)
    for case in rules.cases["shop/visits/quiet"]:
        assert isinstance(case, RulebookCase)
        assert case.rulebook.params()["安静天数"] == Decimal(60)


def test_the_hash_of_a_ruleset_is_over_all_its_files() -> None:
    hashes = {
        ruleset().hash,
        ruleset(edited("shop/visits/quiet.yaml", ("value: 60", "value: 61"))).hash,
        ruleset(edited("shop/vocabulary.yaml", ("over: P12M", "over: P6M"))).hash,
        ruleset(site("params.yaml", "format: 1\nshop/visits/quiet: {安静天数: {value: 5}}\n")).hash,
    }

    assert len(hashes) == 4
    assert ruleset().hash == load([*reversed([*core(), *shop()])]).ruleset.hash  # type: ignore[union-attr]


@pytest.mark.parametrize("ask", ["rulebook", "chart"])
def test_an_unknown_id_names_the_known_ones(ask: str) -> None:
    with pytest.raises(RuleFileError, match="shop/"):
        getattr(ruleset(), ask)("shop/none")


def test_mappings_are_left_to_their_reader() -> None:
    assert ruleset(site("mapping.yaml", "format: 1\ntouchpoints: sale\ncolumns: {金额: amount}\n"))


def test_a_rulebook_does_not_read_its_own_result_by_a_fact() -> None:
    facts = site("vocabulary.yaml", "format: 1\nfacts:\n  lucky: {en: lucky, zh: 走运, is: 'luck = \"a\"'}\n")
    luck = site(
        "luck.yaml",
        "format: 1\ntitle: {en: Luck, zh: 运气}\ndecides: segment\ngives: {name: luck, of: [a, b]}\n"
        "rules:\n  - {id: one, when: lucky, then: a}\n  - {id: two, when: not(lucky), then: b}\n",
    )

    assert [shown(each) for each in loaded(facts, luck).errors] == ["2:8-2:26 CRM201 luck"]
