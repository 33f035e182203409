"""Does an explanation lead from a decision to the line of the file, and from a rule to what makes it fire?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crmflow import Engine, Explanation, StoreError
from crmflow.exchange.explanation import render
from crmflow.exchange.listings import Style


def nodes(explanation: Explanation) -> Iterator[Explanation]:
    return (node for _, node, _ in explanation.lines("en"))


def said(explanation: Explanation, language: str = "en") -> str:
    return "\n".join(sentence for _, _, sentence in explanation.lines(language))


def a_decision(engine: Engine, kind: str) -> int:
    return next(each.id for each in engine.replay_all() if each.kind == kind)


def test_a_decision_leads_to_the_lines_of_the_files(engine: Engine) -> None:
    found = engine.explain(f"decision:{a_decision(engine, 'segment')}")
    sources = [node.source for node in nodes(found) if "file" in node.source]
    assert {source["file"] for source in sources} == {"customers.csv", "fills.csv"}
    assert all(isinstance(source["line"], int) for source in sources)
    litres = next(node for node in nodes(found) if node.name == "fuel.litres 30 days")
    fills = [node for node in litres.because if "touchpoint" in node.source]
    assert fills or litres.value == 0
    assert re.search(r"fills\.csv, line \d+", said(found)) or not fills


def test_a_decision_is_told_in_chinese(engine: Engine) -> None:
    found = engine.explain(f"decision:{a_decision(engine, 'visit')}")
    assert re.fullmatch(r"决定 \d+：安排拜访，截至 2026-06-30 23:59，版本 1，执行者 \w+", found.says.zh)
    assert "fills.csv 第" in said(found, "zh")


def test_an_owner_is_told_with_everybody_who_stood_to_be_chosen(engine: Engine) -> None:
    choices = [
        node
        for each in engine.replay_all()
        if each.kind == "owner"
        for node in nodes(engine.explain(f"decision:{each.id}"))
        if node.says.en == "who stood to be chosen"
    ]
    several = next(each for each in choices if len(each.because) > 1)
    assert [node.holds for node in several.because] == [True] + [False] * (len(several.because) - 1)
    assert "chosen" in several.because[0].says.en


def test_an_owner_is_asked_for_by_the_customer(engine: Engine) -> None:
    customer = engine.owners().rows[0]["customer"]
    assert engine.explain(f"owner:{customer}").says.en.startswith("Owner: ")


def test_the_timers_of_a_case_say_when_they_fire(engine: Engine) -> None:
    case = engine.cases().rows[0]["id"]
    found = engine.explain(f"timer:{case}")
    assert found.says.en.startswith(f"Timers of case {case}")
    assert found.because


def test_why_not_says_what_would_make_each_rule_fire(engine: Engine) -> None:
    customer = str(engine.segments().rows[0]["customer"])
    found = engine.why_not(customer, "fuel/segments/class")
    changes = [node.source["changes"] for node in nodes(found) if "changes" in node.source]
    assert changes
    assert all({"name", "value", "instead_of"} <= set(each) for several in changes for each in several)  # type: ignore[attr-defined]
    assert "it would apply if" in said(found)
    assert "则该规则成立并起作用" in said(found, "zh")


def test_why_not_of_one_rule_says_when_it_fires_by_itself(engine: Engine) -> None:
    for row in engine.segments().rows[:20]:
        found = engine.why_not(str(row["customer"]), "fuel/visits/overdue", "overdue")
        later = [node for node in nodes(found) if node.name == "today"]
        if later:
            days = int(re.findall(r"in (\d+) days|tomorrow", later[0].says.en)[0] or 1)
            assert days > 0
            assert timedelta(days=days)
            return
    pytest.fail("nobody's cycle ends within a year")


def test_why_not_says_why_no_case_opens(engine: Engine) -> None:
    customer = str(engine.segments().rows[0]["customer"])
    found = engine.why_not(customer, "core/charts/complaint")
    assert "a case opens only on “complaint”" in said(found) or "waits" in said(found)


def test_why_not_says_that_a_visit_was_planned_already(engine: Engine) -> None:
    visit = engine.visits().rows[0]
    found = engine.why_not(str(visit["customer"]))
    assert "the visit was planned already on 2026-06-30 23:59" in said(found)


def test_a_page_is_escaped_and_needs_nothing_else(engine: Engine) -> None:
    customer = str(engine.segments().rows[0]["customer"])
    found = engine.why_not(customer)
    page = render(found, Style("zh"), datetime(2026, 7, 1, tzinfo=UTC))
    assert page.count("<details") == page.count("</details>") > 5
    assert "http" not in page
    assert '"unit"' not in page, "quotes are escaped"
    assert re.search(r"<title>客户 C\d+（K\d+），截至 2026-[-0-9: ]+，版本 1：为什么没有？</title>", page)
    assert page.count("<details open>") > 5, "open down to the values"
    assert page.count("<details>") > 0, "where a value comes from is shut"


def test_a_decision_that_there_is_not_is_refused(engine: Engine) -> None:
    with pytest.raises(StoreError) as raised:
        engine.explain("decision:1")
    assert raised.value.code == "CRM421"
