"""Are the names of core, packs and site one vocabulary, in which each file may write names its own way?"""

from __future__ import annotations

import pytest

from crmflow.core.text import Text
from crmflow.errors import FeelError
from crmflow.rules import feel
from crmflow.rules.load import load
from crmflow.rules.source import RuleFile
from crmflow.rules.vocabulary import STAFF, spelled
from tests.rules.shop import core, edited, loaded, ruleset, shown, site

BANK = RuleFile(
    "bank/vocabulary.yaml",
    "format: 1\n"
    "customer:\n"
    "  tier: {en: tier, zh: 客户级别, type: number(3,0)}\n"
    "  born: {en: founded, zh: 成立日期, type: date}\n"
    "facts:\n"
    "  rich: {en: rich, zh: 富裕, is: shop.消费额 > 1000 and tier > 2}\n",
    "pack",
    "bank",
)


@pytest.mark.parametrize(
    ("pack", "text", "canonical"),
    [
        ("shop", "spend > 1", "shop.spend"),
        ("shop", "消费额 > 1", "shop.spend"),
        ("shop", "shop.消费额 > 1", "shop.spend"),
        ("shop", "出生日期 < today", "core.born"),
        ("shop", "bank.tier > 1", "bank.tier"),
        ("bank", "tier > 1", "bank.tier"),
        ("bank", "born < today", "bank.born"),
        ("bank", "core.born < today", "core.born"),
        ("site", "shop.spend > 1", "shop.spend"),
    ],
)
def test_a_bare_name_is_of_the_own_pack_then_of_the_core(pack: str, text: str, canonical: str) -> None:
    names = feel.parse(text, ruleset(BANK).vocabulary.scope(pack)).names

    assert names - {"today"} == {canonical}


@pytest.mark.parametrize(("pack", "text"), [("bank", "spend > 1"), ("site", "spend > 1")])
def test_a_name_of_another_pack_is_written_with_its_pack(pack: str, text: str) -> None:
    scope = ruleset(BANK).vocabulary.scope(pack)

    with pytest.raises(FeelError) as refused:
        feel.parse(text, scope)

    assert refused.value.code == "CRM101"


def test_names_have_the_types_that_rules_see() -> None:
    scope = ruleset().vocabulary.scope("shop")

    assert scope["shop.spend"].type == feel.number
    assert scope["shop.tier"].type == feel.Enumeration(("金卡", "银卡"))
    assert scope["shop.adviser"].type == STAFF
    assert scope["shop.last sale"].type == feel.date_time
    assert scope["shop.grade"].type == feel.Enumeration(("high", "middle", "low"))
    assert feel.parse("租约清单[经办人.离职 = true].rent", scope).type == feel.ListType(feel.number)


@pytest.mark.parametrize(
    ("name", "nullable"),
    [
        ("shop.spend", False),
        ("shop.last sale", True),
        ("shop.quiet", True),
        ("shop.tier", True),
        ("shop.leases", False),
        ("owner", True),
        ("today", False),
    ],
)
def test_a_name_may_lack_a_value_unless_it_always_has_one(name: str, nullable: bool) -> None:
    assert ruleset().vocabulary.scope("shop")[name].nullable is nullable


def test_values_may_be_declared_in_order() -> None:
    ordered = edited("shop/vocabulary.yaml", ("type: [金卡, 银卡]", "type: [银卡, 金卡], ordered: true"))

    scope = ruleset(ordered).vocabulary.scope("shop")

    assert scope["shop.tier"].type == feel.Enumeration(("银卡", "金卡"), ordered=True)
    assert feel.parse('会员等级 > "银卡"', scope).evaluate({"shop.tier": "金卡"}) is True


def test_a_holding_adds_its_own_fields_and_facts() -> None:
    vocabulary = ruleset().vocabulary

    scope = vocabulary.scope("shop", "shop.lease")

    assert feel.parse("租金 > 0 and 距上次走访天数 > 1 and spend > 0", scope).names == {
        "shop.rent",
        "shop.days since visit",
        "shop.spend",
    }
    assert vocabulary.scope("shop").resolve("rent") is None


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("shop.spend", Text("spend", "消费额")),
        ("shop.grade", Text("grade", "等级")),
        ("shop.leases", Text("leases", "租约清单")),
        ("shop.rent", Text("rent", "租金")),
        ("shop.last visit", Text("last visit", "上次走访")),
        ("owner", Text("owner", "责任人")),
        ("nothing", Text("nothing", "nothing")),
    ],
)
def test_every_name_has_a_label(name: str, label: Text) -> None:
    assert ruleset().vocabulary.label(name) == label


def test_roles_are_found_by_any_spelling() -> None:
    roles = ruleset().vocabulary.roles

    assert (spelled(roles, "顾问岗"), spelled(roles, "service desk"), spelled(roles, "boss")) == (
        "adviser",
        "service desk",
        None,
    )


BRANCHES = RuleFile("bank/vocabulary.yaml", "format: 1\nlevels: [branch, company]\n", "pack", "bank")
OUTLETS = RuleFile("vocabulary.yaml", "format: 1\nlevels: {outlet: {zh: 门店}, company: {}}\n", "site")


@pytest.mark.parametrize(
    ("files", "levels"),
    [
        ([], ["station", "district", "company"]),
        ([BRANCHES], ["branch", "company"]),
        ([BRANCHES, OUTLETS], ["outlet", "company"]),
    ],
)
def test_levels_are_those_of_the_site_else_of_the_packs_else_of_the_core(
    files: list[RuleFile], levels: list[str]
) -> None:
    times = site("params.yaml", "format: 1\ncore/charts/complaint: {step time: {value: PT4H}}\n")

    found = load([*core(), *files, times]).ruleset

    assert found is not None
    assert list(found.vocabulary.levels) == levels


def test_a_term_for_a_level_that_is_not_there_is_found_where_it_is_set() -> None:
    times = site("params.yaml", "format: 1\ncore/charts/complaint: {step time: {value: {brunch: PT4H}}}\n")

    found = [each for each in loaded(BRANCHES, times).errors if each.file == "params.yaml"]

    assert [shown(each) for each in found] == ["2:45-2:51 CRM132 brunch -> branch"] * 4


@pytest.mark.parametrize("level", ["station", "站"])
def test_a_term_for_a_level_may_call_it_by_any_of_its_names(level: str) -> None:
    times = site(
        "params.yaml", f"format: 1\ncore/charts/complaint: {{step time: {{value: {{{level}: PT2H}}}}}}\n"
    )

    found = load([*core(), times])

    assert found.errors == ()
    assert found.ruleset is not None
    within = found.ruleset.chart("core/charts/complaint").states["verify"].within
    assert {level: term.time.seconds // 3600 for level, term in within.items()} == {
        "station": 2,
        "district": 8,
        "company": 16,
    }


def test_a_level_is_set_once() -> None:
    text = "format: 1\ncore/charts/complaint: {step time: {value: {station: PT2H, 站: PT3H}}}\n"

    found = load([*core(), site("params.yaml", text)]).errors

    assert {shown(each) for each in found} == {"2:60-2:61 CRM124 站"}


def test_two_names_of_a_pack_may_not_be_written_alike() -> None:
    bank = RuleFile(
        "bank/vocabulary.yaml",
        "format: 1\ncustomer: {age: {zh: 年龄, type: number(3,0)}}\n"
        "facts: {years: {zh: 年龄, days since: born}}\n",
        "pack",
        "bank",
    )

    assert [shown(each) for each in loaded(bank).errors] == ["3:9-3:14 CRM139 年龄"]
