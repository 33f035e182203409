"""Does a chart's file become the chart that workflow runs?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from crmflow.core.chart import Term
from crmflow.core.escalation import Goal
from crmflow.core.text import Text
from tests.rules.shop import edited, loaded, ruleset, shown

FAULT = "shop/charts/fault"


def test_states_have_role_term_form_and_whom_they_exclude() -> None:
    chart = ruleset().chart(FAULT)

    repair = chart.states["repair"]
    assert (repair.label, repair.by, repair.not_by) == (Text("repair", "维修"), "handler", ("reporter",))
    assert repair.within == {
        "station": Term(0, timedelta(hours=4)),
        "district": Term(1),
        "company": Term(2, timedelta(hours=4)),
    }
    assert chart.states["accept"].within == {None: Term(0, timedelta(minutes=30))}
    assert [each.field.name for each in repair.form] == ["done", "cost"]
    assert repair.form[0].required is True
    cost = repair.form[1]
    assert (cost.field.kind, cost.field.scale) == ("number", 2)
    assert not isinstance(cost.required, bool)
    assert cost.required.evaluate({"done": True}) is True
    assert (chart.states["tell"].send, chart.states["closed"].end) == ("shop.thanks", True)


def test_moves_have_triggers_gates_and_conditions() -> None:
    chart = ruleset().chart(FAULT)
    moves = {move.id: move for move in chart.moves}

    assert (moves["accepted"].trigger, moves["accepted"].when) == ("done", None)
    assert (moves["closed"].trigger, moves["closed"].after) == ("after", timedelta(days=1))
    assert [line.id for line in moves["closed"].gates[0].lines] == ["told", "no debt"]
    assert (moves["cancelled"].trigger, moves["cancelled"].event) == ("event", "cancelled")
    assert moves["cancelled"].sources == ("accept", "repair")
    assert [move.id for move in chart.moves if move.up] == ["given up"]
    again = moves["again"].when
    assert again is not None
    assert again.names == {"done", "tried twice"}


def test_a_chart_knows_what_opens_it_and_when_it_is_late() -> None:
    chart = ruleset().chart(FAULT)

    assert (chart.case, chart.opens_on, chart.once_per) == ("shop.fault", "shop.fault", "touchpoint")
    assert (chart.about, chart.late_at, chart.levels) == ("customer", 1.0, ("station", "district", "company"))
    assert list(chart.facts) == ["tried twice"]
    assert chart.labels["tried twice"] == Text("tried twice", "已试两次")


def test_a_chart_about_a_holding_reads_its_names_and_opens_on_a_condition() -> None:
    file = edited(
        FAULT + ".yaml",
        ("opens: {on: fault}", "about: holding, opens: {when: 租金 > 100}"),
        ("not by: reporter, ", ""),
        (", reporter: W3, spend", ", spend"),
    )
    text = str(file.text)
    file = type(file)(file.path, text[: text.index("  - name: {en: the reporter")], "pack", "shop")

    chart = ruleset(file).chart(FAULT)

    assert (chart.about, chart.holding, chart.opens_on) == ("holding", "shop.lease", None)
    assert chart.opens_when is not None
    assert chart.opens_when.evaluate({"shop.rent": Decimal(200)}) is True


def test_a_param_may_name_the_role_of_a_step() -> None:
    file = edited(
        FAULT + ".yaml",
        ("params:\n", "params:\n  repairer: {en: who repairs, zh: 维修人, value: 客服岗}\n"),
        ("by: handler", "by: repairer"),
    )

    assert ruleset(file).chart(FAULT).states["repair"].by == "service desk"


def test_late_is_short_for_the_first_escalation() -> None:
    section = "escalations:\n  warn: {en: w, zh: 提醒, at: 100% - PT2H, send: thanks}\n"
    file = edited(FAULT + ".yaml", ("facts:\n", section + "facts:\n"))

    late, warn = ruleset(file).chart(FAULT).escalations

    assert (late.id, late.clock, late.share, late.goal) == ("late", "step", 1.0, Goal(up=True))
    assert (warn.share, warn.offset, warn.send, warn.goal) == (1.0, -timedelta(hours=2), "shop.thanks", None)


def test_cases_are_grouped_under_a_chart_about_a_unit_and_no_other() -> None:
    group = ("facts:\n", "group under: {chart: shop/charts/fault}\nfacts:\n")

    errors = loaded(edited(FAULT + ".yaml", group)).errors

    assert [shown(each) for each in errors] == ["8:22-8:39 CRM192 shop/charts/fault"]
