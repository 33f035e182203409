"""Is what a host gives by mistake refused with a code that says what to give?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from crmflow import CrmflowError, Engine
from crmflow.core.case import Case

MOMENTS = [
    "2026-01-01",
    date(2026, 1, 1),
    datetime.min.replace(tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    0,
]


@pytest.fixture
def case(engine: Engine, as_of: datetime) -> Case:
    customer = str(engine.owners().rows[0]["customer"])
    return engine.record("complaint", customer, unit="S1", at=as_of, external_id="400-1").cases[0]


@pytest.mark.parametrize("id", [2**70, -1, "x", None, 1.5, b"1"])
def test_what_can_be_no_id_names_no_case(engine: Engine, id: Any) -> None:
    calls: list[tuple[str, Callable[[], object]]] = [
        ("CRM522", lambda: engine.send(id, "done")),
        ("CRM522", lambda: engine.send_all([(id, "done", {})])),
        ("CRM521", lambda: engine.close_visit(id)),
    ]
    for code, call in calls:
        with pytest.raises(CrmflowError) as refused:
            call()
        assert refused.value.code == code


@pytest.mark.parametrize("event", [5, None, b"done"])
def test_an_event_has_a_name(engine: Engine, case: Case, event: Any) -> None:
    for call in (lambda: engine.send(case.id, event), lambda: engine.send_all([(case.id, event, {})])):
        with pytest.raises(CrmflowError) as refused:
            call()
        assert refused.value.code == "CRM576"


@pytest.mark.parametrize("at", MOMENTS, ids=repr)
def test_a_moment_is_a_datetime_within_reason(engine: Engine, case: Case, at: Any, tmp_path: Path) -> None:
    customer = str(engine.owners().rows[0]["customer"])
    for call in (
        lambda: engine.send(case.id, "done", at=at),
        lambda: engine.send_all([(case.id, "done", {})], at=at),
        lambda: engine.due(at),
        lambda: engine.run(at),
        lambda: engine.decide(customer, at),
        lambda: engine.record("complaint", customer, at=at),
        lambda: engine.open_case("complaint", customer, at=at),
        lambda: engine.signal("outage", "S1", at=at),
        lambda: engine.absent("W10", at, at),
        lambda: engine.segments(as_of=at),
        lambda: engine.replay_all(since=at),
        lambda: engine.export_journal(tmp_path / "journal.jsonl", since=at),
        lambda: engine.deliver(at),
    ):
        with pytest.raises(CrmflowError) as refused:
            call()
        assert refused.value.code == "CRM575"
