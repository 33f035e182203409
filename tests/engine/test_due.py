"""Does a batch move what is due, once, and does what cannot move hinder nobody else?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from crmflow import Engine, WorkflowError
from crmflow.core.case import Case
from crmflow.engine.casework import Casework, Swept
from crmflow.workflow import advance

HOUR = timedelta(hours=1)


@pytest.fixture
def settled(engine: Engine, as_of: datetime) -> datetime:
    """Some days later; what was due until then has happened."""
    at = as_of + timedelta(days=20)
    while engine.due(at).claimed:
        pass
    return at


def complaints(engine: Engine, count: int, at: datetime) -> list[Case]:
    customer = str(engine.owners().rows[0]["customer"])
    made = [
        engine.record("complaint", customer, unit="S1", at=at, external_id=f"400-{n}") for n in range(count)
    ]
    return [case for each in made for case in each.cases]


def found(engine: Engine, case: Case) -> Case:
    with engine.store.reading() as batch:
        present = batch.cases.get(case.id)
    assert present is not None
    return present


def kinds(engine: Engine, case: Case) -> list[str]:
    with engine.store.reading() as batch:
        return [row.kind for row in batch.cases.history(case.id)]


def test_a_batch_has_a_limit_and_the_next_goes_on(engine: Engine, settled: datetime) -> None:
    complaints(engine, 5, settled)
    later = settled + 1000 * HOUR
    batches = []
    while (swept := engine.due(later, limit=2)).claimed:
        batches.append(swept)
    assert max(swept.claimed for swept in batches) == 2
    assert sum(swept.moved for swept in batches) >= 5
    assert engine.due(later) == Swept()


def test_timers_and_events_take_the_same_way(engine: Engine, settled: datetime) -> None:
    first, second = complaints(engine, 2, settled)
    assert first.due_at is not None
    with engine.store.batch("W10") as batch:
        batch.events.add(second.id, "done", {}, settled)
    swept = engine.due(first.due_at - timedelta(microseconds=1))
    assert (swept.claimed, swept.events, swept.moved) == (1, 1, 1)
    assert found(engine, second).state == "verify"
    assert engine.due(first.due_at).moved == 1
    assert found(engine, first).level == "district"


def test_one_event_a_case_and_round(engine: Engine, settled: datetime) -> None:
    [case] = complaints(engine, 1, settled)
    with engine.store.batch("W10") as batch:
        forms: list[dict[str, object]] = [{}, {"facts": "slow pump"}, {"justified": True}]
        for minute, form in enumerate(forms):
            batch.events.add(case.id, "done", form, settled + timedelta(minutes=minute))
    later = settled + 10 * timedelta(minutes=1)
    states = []
    while engine.due(later).claimed:
        states.append(found(engine, case).state)
    assert states == ["verify", "review", "rectify"]


def test_a_hundred_events_in_one_transaction(engine: Engine, settled: datetime) -> None:
    cases = complaints(engine, 10, settled)
    sent: list[tuple[int, str, dict[str, object]]] = [(case.id, "done", {}) for case in cases]
    sent += [(cases[0].id, "done", {"facts": "slow"}), (cases[1].id, "nonsense", {})]
    swept = engine.send_all(sent, at=settled, actor="W10")
    assert (swept.events, swept.moved, swept.refused) == (12, 11, 1)
    assert [found(engine, case).state for case in cases] == ["review"] + ["verify"] * 9


def test_events_of_an_unknown_case_are_refused_as_a_whole(engine: Engine, settled: datetime) -> None:
    [case] = complaints(engine, 1, settled)
    with pytest.raises(WorkflowError) as raised:
        engine.send_all([(case.id, "done", {}), (64, "done", {})], at=settled)
    assert raised.value.code == "CRM522"
    assert found(engine, case).state == "accept"


def test_a_case_that_fails_hinders_nobody_and_is_tried_again(
    engine: Engine, settled: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, sound = complaints(engine, 2, settled)
    assert sound.due_at is not None
    later, real = sound.due_at, advance.advance

    def spoiled(chart: object, case: Case, **given: object) -> object:
        if case.id == poisoned.id:
            raise ZeroDivisionError("nobody foresaw this")
        return real(chart, case, **given)  # type: ignore[arg-type]

    monkeypatch.setattr("crmflow.engine.casework.advance", spoiled)
    swept = engine.due(later)
    assert (swept.claimed, swept.errors) == (2, 1)
    assert found(engine, sound).level == "district"
    left = found(engine, poisoned)
    assert (left.tries, left.state, left.retry_at) == (1, "accept", later + timedelta(minutes=1))
    assert kinds(engine, poisoned)[-1] == "error"
    assert engine.due(later).claimed == 0

    assert "nobody foresaw this" in str(engine.explain(f"case:{poisoned.id}"))

    again = later + timedelta(minutes=1)
    assert engine.due(again).errors == 1
    assert found(engine, poisoned).retry_at == again + timedelta(minutes=2)

    monkeypatch.undo()
    assert engine.due(again + timedelta(minutes=2)).errors == 0
    mended = found(engine, poisoned)
    assert (mended.level, mended.tries, mended.retry_at) == ("district", 0, None)


def test_an_event_for_a_case_that_fails_waits(
    engine: Engine, settled: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    [case] = complaints(engine, 1, settled)

    def spoiled(*_: object, **__: object) -> object:
        raise WorkflowError("CRM520", case=case.id, chart=case.chart)

    monkeypatch.setattr("crmflow.engine.casework.advance", spoiled)
    swept = engine.send_all([(case.id, "done", {})], at=settled, actor="W10")
    assert (swept.events, swept.errors) == (0, 1)
    monkeypatch.undo()
    assert engine.due(settled + timedelta(minutes=1)).events == 1
    assert found(engine, case).state == "verify"


def test_a_batch_that_fails_leaves_nothing(
    engine: Engine, settled: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    [case] = complaints(engine, 1, settled)
    assert case.due_at is not None

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Casework, "_send", fails)
    with pytest.raises(KeyboardInterrupt):
        engine.due(case.due_at)
    monkeypatch.undo()
    assert kinds(engine, case) == ["opened"]
    assert engine.due(case.due_at).moved == 1


def test_a_sweep_without_conditions_reads_no_customer(
    engine: Engine, settled: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    [case] = complaints(engine, 1, settled)
    assert case.due_at is not None

    def asked(*_: object) -> None:
        raise AssertionError("nothing reads the customer")

    monkeypatch.setattr("crmflow.engine.running.Work.meet", asked)
    assert engine.due(case.due_at).moved == 1
