"""Do cases that were worked on elsewhere come in with their past, without anything being sent again?"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmflow import Case, Engine, Site
from crmflow.core.case import Moved
from crmflow.exchange.importing import ImportReport
from tests.engine.conftest import moved

VOCABULARY = """
format: 1
roles:
  handler: {en: handler, zh: 经办}
levels:
  station: {en: station, zh: 站}
  district: {en: district, zh: 区}
touchpoints:
  call: {en: call, zh: 来电, fields: {text: string}}
cases:
  ticket: {en: ticket, zh: 工单}
  inquiry: {en: inquiry, zh: 询问}
messages:
  thanks: {en: We have your ticket., zh: 已收到您的工单。, purpose: service}
  reminder: {en: Please answer., zh: 请回复。, purpose: service}
"""
CHART = """
format: 1
title: {en: Ticket, zh: 工单}
case: {kind: ticket, about: customer, start: accept}
late: {at: 100%, to: same role one unit up}
states:
  accept:
    {en: accept, zh: 受理, by: handler, within: P2D, send: thanks, form: {class: {type: [A, B], zh: 类别}}}
  work:
    en: work
    zh: 处理
    by: handler
    within: P5D
    form: {amount: {type: "number(8,2)", zh: 金额, required: false}}
  waiting: {en: waiting, zh: 等待客户, send: reminder}
  here: {en: here, zh: 甲}
  there: {en: there, zh: 乙}
  closed: {en: closed, zh: 办结, end: true}
moves:
  - [circle, accept, circle, "-", here]
  - [onward, here, enter, "-", there]
  - [back, there, enter, entries > 0, here]
  - [accepted, accept, done, "-", work]
  - [asked, work, ask, "-", waiting]
  - [answered, waiting, answer, "-", work]
  - [given up, waiting, after P30D, "-", closed]
  - [done, work, done, class = "A" or amount > 10, closed]
"""
INQUIRY = """
format: 1
title: {en: Inquiry, zh: 询问}
case: {kind: inquiry, about: customer, opens: {on: call}, start: both}
late: {at: 100%, to: same role one unit up}
states:
  both:
    en: ask both
    zh: 分头了解
    send: thanks
    parallel:
      meter: {en: meter, zh: 表计, by: handler, within: P2D}
      account: {en: account, zh: 账务, by: handler, within: P2D}
  closed: {en: closed, zh: 办结, end: true}
moves:
  - [joined, both, joined, "-", closed]
"""
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
HEADERS = ["case", "customer id", "time", "event", "state", "by", "class", "amount", "unit"]


class World:
    """A site with one chart and four customers, and a file of cases to import."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.now = NOW
        self.folder = folder
        site = Site.init(folder, [], zone="UTC", language="en")
        (folder / "rules/charts").mkdir(parents=True)
        (folder / "rules/vocabulary.yaml").write_text(VOCABULARY, "utf-8")
        (folder / "rules/charts/ticket.yaml").write_text(CHART, "utf-8")
        (folder / "rules/charts/inquiry.yaml").write_text(INQUIRY, "utf-8")
        site = site if url is None else moved(folder, url)
        Engine.migrate(site)
        self.engine = Engine.open(site, clock=lambda: self.now)
        self.write("units", "code,name,level,parent", "D,East,district,", "S,River,station,D")
        self.write("staff", "code,name,role,unit", "W1,Ann,handler,S", "W2,Bob,handler,D")
        self.write("customers", "customer id", "K1", "K2", "K3", "K4")
        self.engine.publish()

    def write(self, table: str, *lines: str) -> None:
        path = self.folder / f"{table}.csv"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        self.engine.import_file(table, path)  # type: ignore[arg-type]

    def take(self, *rows: str, past: str = "mark", headers: str = ",".join(HEADERS)) -> ImportReport:
        """Imports cases of the chart, each row a line of CSV."""
        path = self.folder / "cases.csv"
        path.write_text("\n".join([headers, *rows]) + "\n", "utf-8")
        self.now += timedelta(minutes=1)
        return self.engine.import_file("cases", path, mapping={"cases": "ticket"}, past=past)  # type: ignore[arg-type]

    def rejects(self) -> list[tuple[str, str]]:
        with (self.folder / "cases.csv.rejects.csv").open(encoding="utf-8-sig", newline="") as file:
            return [(row["line"], row["code"]) for row in csv.DictReader(file)]

    def cases(self) -> list[Case]:
        with self.engine.store.reading() as batch:
            return list(batch.cases.scan(open_only=False))

    def history(self, case: Case) -> list[Moved]:
        with self.engine.store.reading() as batch:
            return batch.cases.history(case.id)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "site")
    yield made
    made.engine.close()


WHOLE = (
    "T1,K1,2026-05-28 09:00,,,,,,S",
    "T1,K1,2026-05-28 10:00,done,work,W1,A,,S",
    "T1,K1,2026-05-29 10:00,ask,,W1,,,S",
    "T1,K1,2026-05-30 10:00,answer,work,,,,S",
    "T1,K1,2026-05-30 12:00,done,closed,W1,,,S",
)


def test_a_case_comes_in_with_its_past(world: World) -> None:
    report = world.take(*WHOLE)
    assert (report.new, report.rejected) == (5, 0)
    [case] = world.cases()
    assert (case.state, case.closed_at) == ("closed", datetime(2026, 5, 30, 12, tzinfo=UTC))
    rows = world.history(case)
    assert [row.to for row in rows if row.kind == "moved"] == ["work", "waiting", "work", "closed"]
    assert [row.at.day for row in rows if row.kind == "moved"] == [28, 29, 30, 30]
    assert case.data["class"] == "A"


def test_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    world = World(tmp_path / "site", postgres_url)
    assert world.take(*WHOLE[:2]).new == 2
    assert (world.take(*WHOLE).changed, world.take(*WHOLE).same) == (3, 5)
    assert [case.state for case in world.cases()] == ["closed"]
    assert world.engine.verify_journal().holds
    world.engine.close()


def test_nothing_of_the_past_is_sent(world: World) -> None:
    world.take(*WHOLE, "T2,K2,2026-03-01 09:00,,,,,,S")
    kinds = {row.kind for case in world.cases() for row in world.history(case)}
    assert "unsent" in kinds
    assert "sent" not in kinds
    while world.engine.due().claimed:
        pass
    assert "sent" not in {row.kind for case in world.cases() for row in world.history(case)}


def test_escalations_of_the_past_count_as_having_been(world: World) -> None:
    world.take("T2,K2,2026-03-01 09:00,,,,,,S")
    [case] = world.cases()
    assert (case.level, case.holder, case.escalations) == ("district", "W2", 1)
    assert case.due_at is None


def test_without_rules_the_past_is_only_what_the_file_tells(world: World) -> None:
    world.take("T2,K2,2026-03-01 09:00,,,,,,S", past="none")
    [case] = world.cases()
    assert (case.level, case.holder, case.escalations) == ("station", "W1", 0)
    before = world.history(case)
    while world.engine.due().claimed:
        pass
    assert world.history(case) == before


def test_a_timer_of_the_chart_happens_on_the_way_unless_told_not_to(world: World) -> None:
    late = (
        "T1,K1,2026-01-05 09:00,,,,,,S",
        "T1,K1,2026-01-05 10:00,done,,W1,A,,S",
        "T1,K1,2026-01-05 11:00,ask,,W1,,,S",
        "T1,K1,2026-03-30 10:00,answer,,,,,S",  # the chart gives up after 30 days
    )
    assert world.take(*late).rejected == 4
    assert world.rejects() == [("2", "CRM429"), ("3", "CRM429"), ("4", "CRM429"), ("5", "CRM515")]
    assert world.take(*late, past="none").rejected == 0
    assert [case.state for case in world.cases()] == ["work"]


def test_the_same_file_again_changes_nothing(world: World) -> None:
    world.take(*WHOLE)
    before = world.cases()
    report = world.take(*WHOLE)
    assert (report.new, report.changed, report.same, report.rejected) == (0, 0, 5, 0)
    assert world.cases() == before


def test_later_lines_carry_a_case_on(world: World) -> None:
    world.take(*WHOLE[:2])
    report = world.take(*WHOLE)
    assert (report.new, report.changed, report.same, report.rejected) == (0, 3, 2, 0)
    assert [case.state for case in world.cases()] == ["closed"]
    assert world.take("T1,K1,2026-05-28 09:30,ask,,,,,S").rejected == 1
    assert world.rejects() == [("2", "CRM428")]


def test_the_lines_of_a_case_may_stand_in_any_order(world: World) -> None:
    world.take(*reversed(WHOLE))
    assert [case.state for case in world.cases()] == ["closed"]


def test_one_row_a_case_with_its_state(world: World) -> None:
    headers = "工单号,客户编号,立案时间,时间,状态,金额"
    world.take("T1,K1,2026-05-20 09:00,2026-05-30 09:00,work,20", headers=headers)
    [case] = world.cases()
    assert (case.state, case.opened_at.day, case.entered_at.day) == ("work", 20, 30)
    assert case.data["amount"] == 20
    world.engine.send(case.id, "done", {"amount": "20"}, actor="W1")
    assert [case.state for case in world.cases()] == ["closed"]


def test_a_log_of_states_alone(world: World) -> None:
    headers = "case,customer id,time,state"
    rows = ["T1,K1,2026-05-28,accept", "T1,K1,2026-05-29,work", "T1,K1,2026-05-30,waiting"]
    world.take(*rows, headers=headers)
    assert [case.state for case in world.cases()] == ["waiting"]
    assert world.take("T2,K2,2026-05-28,accept", "T2,K2,2026-05-29,waiting", headers=headers).rejected == 2
    assert world.rejects()[-1] == ("3", "CRM519")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (["T1,K9,2026-05-28,,,,,,"], "CRM417"),
        (["T1,K1,2026-05-28,,,,,,", "T1,K1,2026-05-29,shout,,,,,"], "CRM514"),
        (["T1,K1,2026-05-28,,,,,,", "T1,K1,2026-05-29,done,,,,,"], "CRM511"),
        (["T1,K1,2026-05-28,,,,,,", "T1,K1,2026-05-29,done,,,C,,"], "CRM427"),
        (["T1,K1,2026-05-28,,,,,,", "T1,K1,2026-05-29,done,closed,,A,,"], "CRM518"),
        (["T1,K1,2026-05-28,,nowhere,,,,"], "CRM524"),
        (["T1,K1,2026-05-28,,,,,,X"], "CRM563"),
        (["T1,K1,2026-05-28,,,,,,", "T1,K1,2026-05-29,,,,,,"], "CRM597"),
        (["T1,K1,2026-05-28,,,,,,", "T1,K1,2062-05-29,done,,,A,,"], "CRM598"),
        (["T1,K1,2026-05-28,,,,,,", "T1,K1,2026-05-29,circle,,,,,"], "CRM502"),
    ],
)
def test_what_does_not_fit_is_rejected_with_its_line(world: World, rows: list[str], code: str) -> None:
    assert world.take("T0,K1,2026-05-28,,,,,,", *rows).rejected == len(rows)
    assert world.rejects()[-1] == (str(len(rows) + 2), code)
    assert len(world.cases()) == 1


def test_a_state_may_be_called_as_people_call_it(world: World) -> None:
    world.take("T1,K1,2026-05-20 09:00,2026-05-30,等待客户", headers="工单号,客户编号,立案时间,时间,状态")
    assert [case.state for case in world.cases()] == ["waiting"]


def test_what_a_case_waits_for_is_opened_as_silently(world: World) -> None:
    path = world.folder / "inquiries.csv"
    path.write_text("case,customer id,time,unit\nQ1,K1,2026-05-01 09:00,S\n", "utf-8")
    world.engine.import_file("cases", path, mapping={"cases": "inquiry"})
    assert sorted(case.state for case in world.cases()) == ["account", "both", "meter"]
    assert {case.level for case in world.cases() if case.branch} == {"district"}
    kinds = {row.kind for case in world.cases() for row in world.history(case)}
    assert "sent" not in kinds
    while world.engine.due().claimed:
        pass
    assert {row.kind for case in world.cases() for row in world.history(case)} == kinds


CALLS = "time,customer id,text\n2026-05-01 09:00,K1,no light\n2026-05-02 09:00,K2,no water\n"


@pytest.mark.parametrize(("past", "opened", "sent"), [(None, 6, 2), ("mark", 6, 0), ("none", 0, 0)])
def test_touchpoints_of_the_past_open_their_cases_as_they_are_told(
    world: World, past: str | None, opened: int, sent: int
) -> None:
    path = world.folder / "calls.csv"
    path.write_text(CALLS, "utf-8")
    for _ in range(2):  # the second time changes nothing
        world.engine.import_file("touchpoints", path, mapping={"touchpoints": "call"}, past=past)  # type: ignore[arg-type]
        world.engine.run()
    rows = [row.kind for case in world.cases() for row in world.history(case)]
    assert (len(world.cases()), rows.count("sent")) == (opened, sent)
