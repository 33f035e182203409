"""Do the clocks of stored cases run, come back from the store as they were, and say why they are due?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crmflow import Case, Engine, Explanation, WorkflowError
from crmflow.workflow.clock import events_in
from tests.engine.power import at, case_now, due, power_company

HOUR = 60
CALENDAR = """
format: 1
title: Office
zone: Asia/Shanghai
week: {mon-fri: ["08:00-17:00"]}
"""
VOCABULARY = """
format: 1
touchpoints: {request: {en: request, zh: 申请, fields: {urgent: {zh: 紧急, type: boolean}}}}
cases: {request: {en: request, zh: 申请}}
messages: {hurry: {to: holder, en: Half of the time is used up., zh: 时限已过半。}}
"""
CHART = """
format:  1
title:   {en: Request, zh: 服务申请}
source:  house rule 14
case:    {kind: request, about: customer, opens: {on: request}, once per: touchpoint, start: work}
clocks:
  resolution:
    zh:     办结时限
    target: 'if urgent then duration("PT4H") else duration("P5D")'
    pause:  [waiting, hold]
    resume: release
escalations:
  half:          {zh: 时限过半, clock: resolution, at: 50%, send: hurry}
states:
  work:          {zh: 办理, by: service desk}
  waiting:       {zh: 等待客户}
  done:          {zh: 办结, end: true}
moves:
  - [asked,      work,    question,       "-", waiting]
  - [replied,    waiting, customer wrote, "-", work]
  - [finished,   work,    done,           "-", done]
"""
FILES = {"vocabulary.yaml": VOCABULARY, "charts/request.yaml": CHART, "calendars/default.yaml": CALENDAR}


@pytest.fixture
def engine(tmp_path: Path, database_url: str) -> Iterator[Engine]:
    with power_company(tmp_path / "site", database_url, FILES) as engine:
        yield engine


@pytest.fixture
def request_(engine: Engine) -> Case:
    """Opened at eight, when the office opens."""
    [case] = engine.record("request", "K1", at=at(0), fields={"urgent": True}).cases
    return case


def send(engine: Engine, case: Case, event: str, minutes: float) -> Case:
    return engine.send(case.id, event, at=at(minutes), actor="W1")


def due_at(case: Case) -> datetime | None:
    clock = case.clocks["resolution"]
    assert isinstance(clock, dict)
    return clock["due"]  # type: ignore[no-any-return]


def resolution(engine: Engine, case: Case) -> Explanation:
    return next(each for each in engine.explain(f"due:{case.id}").because if each.name == "resolution")


def hurried(engine: Engine, case: Case) -> list[datetime]:
    with engine.store.reading() as batch:
        return [row.at for row in batch.cases.history(case.id) if row.kind == "sent"]


def test_a_stored_clock_is_the_one_that_its_history_gives(engine: Engine, request_: Case) -> None:
    send(engine, request_, "question", HOUR)
    send(engine, request_, "customer wrote", 3 * HOUR)

    kept = case_now(engine, request_)
    assert due_at(kept) == at(6 * HOUR)
    with engine.store.reading() as batch:
        felt = events_in(batch.cases.history(request_.id))["resolution"]
    clock = kept.clocks["resolution"]
    assert isinstance(clock, dict)
    assert [tuple(event) for event in felt] == [tuple(event) for event in clock["events"]]


def test_what_hangs_on_a_clock_waits_while_it_stands_still(engine: Engine, request_: Case) -> None:
    send(engine, request_, "question", HOUR)
    due(engine, 7 * HOUR)
    assert hurried(engine, request_) == []

    send(engine, request_, "customer wrote", 7 * HOUR)
    due(engine, 30 * HOUR)

    assert hurried(engine, request_) == [at(8 * HOUR)]


def test_a_late_event_recomputes_the_due_time_and_fires_nothing_twice(engine: Engine, request_: Case) -> None:
    due(engine, 3 * HOUR)
    assert hurried(engine, request_) == [at(2 * HOUR)]
    send(engine, request_, "release", 4 * HOUR)
    send(engine, request_, "question", 5 * HOUR)
    send(engine, request_, "customer wrote", 5 * HOUR)

    late = send(engine, request_, "hold", HOUR)
    due(engine, 30 * HOUR)

    assert due_at(late) == at(7 * HOUR)
    assert hurried(engine, request_) == [at(2 * HOUR)]
    said = " ".join(sentence for _, _, sentence in engine.explain(f"case:{request_.id}").lines("en"))
    assert "was due 2027-03-01 12:00, is due 2027-03-01 15:00" in said


def test_why_a_case_is_due_adds_up(engine: Engine, request_: Case) -> None:
    send(engine, request_, "question", HOUR)
    send(engine, request_, "customer wrote", 10 * HOUR)

    found = resolution(engine, request_)

    *parts, total = (each.value for each in found.because if each.name == "counted")
    assert found.value == at(27 * HOUR)
    assert parts == [timedelta(hours=1), timedelta(hours=3)]
    assert total == timedelta(hours=4)
    record = found.record("zh")
    assert record["because"][2]["source"] == {
        "start": "2027-03-01T09:00:00+08:00",
        "end": "2027-03-01T18:00:00+08:00",
    }


def test_a_clock_that_stands_still_says_what_is_left(engine: Engine, request_: Case) -> None:
    send(engine, request_, "question", HOUR)

    assert "3 h left" in resolution(engine, request_).says.en


def test_there_is_no_due_time_of_a_case_that_is_not_there(engine: Engine) -> None:
    with pytest.raises(WorkflowError, match="CRM522"):
        engine.explain("due:999")
