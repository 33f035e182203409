"""Are the branches and sub-cases of a case rows of their own, joined, cancelled and undone with it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from crmflow import Case, Engine, WorkflowError
from tests.engine.power import at, case_now, due, power_company

FILES = {file.name: file.read_text("utf-8") for file in (Path(__file__).parent / "beside").glob("*.yaml")}


@pytest.fixture
def engine(tmp_path: Path, database_url: str) -> Iterator[Engine]:
    with power_company(tmp_path / "site", database_url, FILES) as engine:
        yield engine


@pytest.fixture
def case(engine: Engine) -> Case:
    return engine.open_case("hookup", "K1", at=at(0))


def below(engine: Engine, case: Case) -> Mapping[str, Case]:
    """The cases that a case has opened, by their places."""
    with engine.store.reading() as batch:
        found = [each for each in batch.cases.scan(open_only=False) if each.parent_id == case.id]
    return {str(each.branch): each for each in found}


def check(engine: Engine, case: Case, *, settled: bool = True) -> None:
    """Both checks are done."""
    branches = below(engine, case)
    engine.send(branches["meter"].id, "done", {"reading": 12}, at=at(10), actor="W2")
    engine.send(branches["account"].id, "done", {"settled": settled}, at=at(20), actor="W1")


def inspected(engine: Engine, case: Case) -> Case:
    """The sub-case by which a paid connection is looked at."""
    check(engine, case)
    due(engine, 21)
    engine.send(case.id, "done", {"paid": True}, at=at(30), actor="W1")
    return below(engine, case)["inspect"]


def history(engine: Engine, case: Case) -> list[str]:
    with engine.store.reading() as batch:
        return [row.kind for row in batch.cases.history(case.id)]


def test_each_branch_has_a_holder_a_clock_and_a_line_in_the_list(engine: Engine, case: Case) -> None:
    branches = below(engine, case)
    assert {name: (each.state, each.holder) for name, each in branches.items()} == {
        "meter": ("meter", "W2"),
        "account": ("account", "W1"),
    }
    assert branches["meter"].due_at == at(240)
    steps = [row["step"].en for row in engine.cases("W2").rows]
    assert "meter" in steps


def test_a_branch_escalates_by_itself(engine: Engine, case: Case) -> None:
    due(engine, 241)
    assert case_now(engine, below(engine, case)["meter"]).level == "company"
    assert case_now(engine, case).escalations == 0


def test_when_all_have_ended_the_case_goes_on_with_what_they_found(engine: Engine, case: Case) -> None:
    check(engine, case)
    due(engine, 21)
    found = case_now(engine, case)
    assert (found.state, found.entered_at, found.data["reading"]) == ("deposit", at(20), 12)


def test_what_is_no_longer_needed_is_cancelled(engine: Engine, case: Case) -> None:
    engine.send(case.id, "withdraw", at=at(5), actor="W1")
    due(engine, 6)
    assert {name: each.closed_at for name, each in below(engine, case).items()} == {
        "meter": at(5),
        "account": at(5),
    }
    with pytest.raises(WorkflowError) as refused:
        engine.send(below(engine, case)["meter"].id, "done", {"reading": 1}, at=at(7), actor="W2")
    assert refused.value.code == "CRM515"


def test_a_sub_case_is_waited_for_and_brings_its_answer(engine: Engine, case: Case) -> None:
    sub = inspected(engine, case)
    assert (sub.chart, sub.state, sub.holder) == ("look", "look", "W2")
    engine.send(sub.id, "done", {"passed": True}, at=at(40), actor="W2")
    due(engine, 41)
    assert (case_now(engine, case).state, case_now(engine, case).closed_at) == ("live", at(40))


def test_a_bad_answer_undoes_what_was_done_once(engine: Engine, case: Case) -> None:
    sub = inspected(engine, case)
    engine.send(sub.id, "done", {"passed": False}, at=at(40), actor="W2")
    for _ in range(3):
        due(engine, 41)
    assert case_now(engine, case).state == "dropped"
    assert history(engine, case).count("undone") == 1


def test_a_cancelled_case_takes_its_sub_case_along(engine: Engine, case: Case) -> None:
    sub = inspected(engine, case)
    engine.send(case.id, "cancelled", at=at(35), actor="W1")
    due(engine, 36)
    assert case_now(engine, sub).closed_at == at(35)
    assert [kind for kind in history(engine, case) if kind in ("cancelled", "undone", "closed")] == [
        "cancelled",
        "undone",
        "closed",
    ]


def test_whoever_comes_second_is_told_who_was_first(engine: Engine, case: Case) -> None:
    check(engine, case)
    due(engine, 21)
    engine.send(case.id, "done", {"paid": True}, at=at(30), actor="W1", step="deposit")
    with pytest.raises(WorkflowError) as refused:
        engine.send(case.id, "done", {"paid": True}, at=at(31), actor="W3", step="deposit")
    assert (refused.value.code, refused.value.by) == ("CRM553", "W1")
    with pytest.raises(WorkflowError) as refused:
        engine.send(case.id, "done", {"paid": True}, at=at(31), actor="W3")
    assert refused.value.code == "CRM553"
    explanation = str(engine.explain(f"case:{case.id}"))
    assert "has already been done" in explanation


def test_cases_that_open_one_another_stop_and_say_so(engine: Engine) -> None:
    first = engine.open_case("mirror", "K2", at=at(0))
    due(engine, 1)
    deepest = first
    for _ in range(10):
        deepest = below(engine, deepest)["look"]
    with engine.store.reading() as batch:
        last = batch.cases.history(deepest.id)[-1]
    assert (last.kind, last.code) == ("refused", "CRM555")
    assert not below(engine, deepest)


def test_a_circle_through_sub_cases_at_one_moment_is_an_error_that_names_it(engine: Engine) -> None:
    first = engine.open_case("echo", "K2", at=at(0))
    due(engine, 1)
    with engine.store.reading() as batch:
        last = batch.cases.history(first.id)[-1]
    assert (last.kind, last.code) == ("error", "CRM502")
    assert "ask → heard → ask" in last.lines[0]
    engine.send(first.id, "over", at=at(2), actor="W1")
    assert case_now(engine, first).closed_at == at(2)


def test_a_sub_case_that_never_comes_to_rest_stops_nobody_else(engine: Engine) -> None:
    nest, other = engine.open_case("nest", "K3", at=at(0)), engine.open_case("hookup", "K4", at=at(0))
    engine.send(nest.id, "done", at=at(1), actor="W1")
    due(engine, 241)
    [spin] = below(engine, nest).values() or [nest]
    assert "error" in history(engine, spin)
    assert case_now(engine, below(engine, other)["meter"]).level == "company"


def test_a_sub_case_runs_on_the_chart_of_then_where_it_is_gone(engine: Engine, case: Case) -> None:
    check(engine, case)
    due(engine, 21)
    rules = engine.site.folder / "rules"
    for name in ("hookup.yaml", "look.yaml"):
        (rules / name).unlink()
    draft = engine.releases.draft(actor="W1")
    engine.releases.approve(draft.number, actor="K1")
    engine.releases.publish(draft.number, actor="W1")
    engine.send(case.id, "done", {"paid": True}, at=at(30), actor="W1")
    sub = below(engine, case)["inspect"]
    engine.send(sub.id, "done", {"passed": True}, at=at(40), actor="W2")
    due(engine, 41)
    assert case_now(engine, case).state == "live"


def test_why_not_says_which_branches_are_waited_for(engine: Engine, case: Case) -> None:
    engine.send(below(engine, case)["meter"].id, "done", {"reading": 12}, at=at(10), actor="W2")
    due(engine, 11)
    told = str(engine.why_not("K1", "hookup"))
    assert "“checks” waits for: account" in told


def asked(engine: Engine) -> Case:
    """A question whose answer comes after 63 minutes, and that is given up after 123."""
    case = engine.open_case("ask", "K1", at=at(0))
    for minute in (2, 3):
        engine.send(case.id, "done", {"ours": True}, at=at(minute), actor="W1")
    return case


def test_a_family_moves_in_the_order_of_its_moments_however_late_somebody_looks(engine: Engine) -> None:
    case = asked(engine)
    due(engine, 600)
    found = case_now(engine, case)
    assert (found.state, found.closed_at) == ("heard", at(63))


def test_nobody_overtakes_one_of_the_family_whom_another_worker_holds(
    tmp_path: Path, postgres_url: str
) -> None:
    with power_company(tmp_path / "site", postgres_url, FILES) as engine:
        case = asked(engine)
        [sub] = below(engine, case).values()
        with engine.store.batch("another worker") as batch:
            assert batch.cases.get(sub.id, lock=True)
            assert engine.due(at(600)).claimed == 0
        due(engine, 600)
        assert case_now(engine, case).state == "heard"


def test_whoever_comes_late_is_told_of_the_step_that_was_done_last(engine: Engine) -> None:
    case = asked(engine)
    with pytest.raises(WorkflowError) as refused:
        engine.send(case.id, "done", {"ours": True}, at=at(4), actor="W1")
    with engine.store.reading() as batch:
        last = batch.cases.history(case.id)[-1]
    assert (refused.value.code, last.lines) == ("CRM553", ("look",))
