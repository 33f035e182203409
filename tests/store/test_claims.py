"""Are claims quick however many cases there are, fair, and apart from those of other workers?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from queue import Queue
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import event

from crmflow.core.case import Moved
from crmflow.store import Store
from crmflow.store.batch import Batch
from crmflow.store.cases import Stepped
from tests.store.test_cases import opened
from tests.store.world import DAY, MONDAY

HOUR = timedelta(hours=1)


@pytest.fixture
def plans(sqlite_url: str) -> Iterator[list[str]]:
    """How SQLite goes about each statement of a round over three hundred cases."""
    Store.migrate(sqlite_url)
    said: list[str] = []

    def explain(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "WITH")) and "crmflow_case" in statement:
            one = parameters[0] if isinstance(parameters, list) else parameters
            rows = store.engine.raw_connection().cursor().execute(f"EXPLAIN QUERY PLAN {statement}", one)
            said.extend(row[3] for row in rows)

    with Store.open(sqlite_url) as store:
        with store.batch("W1") as batch:
            cases = opened(batch, *[MONDAY + number * HOUR for number in range(300)])
            batch.events.add(cases[-1].id, "done", {}, MONDAY)
        event.listen(store.engine, "before_cursor_execute", explain)
        with store.batch("worker") as batch:
            claims = batch.cases.claim(MONDAY + 10 * HOUR, 100)
            moved = [
                Stepped(claim.case.but(state="verify", due_at=None), [Moved("moved", MONDAY, "w", "accept")])
                for claim in claims
            ]
            batch.cases.save(moved)
            batch.events.take(claim.event for claim in claims if claim.event)
        event.remove(store.engine, "before_cursor_execute", explain)
        assert len(claims) == 12
        yield said


def test_no_statement_of_a_round_reads_all_cases(plans: list[str]) -> None:
    assert [each for each in plans if each.startswith("SEARCH crmflow_case USING")]
    assert [each for each in plans if "crmflow_case_due_at" in each]
    scans = [
        each for each in plans if each.startswith("SCAN crmflow_case") and "crmflow_case_event" not in each
    ]
    assert scans == []


def test_neither_timers_nor_events_keep_the_others_from_their_turn(store: Store) -> None:
    with store.batch("W1") as batch:
        cases = opened(batch, *[MONDAY] * 10, *[None] * 10)
        for case in cases[10:]:
            batch.events.add(case.id, "done", {}, MONDAY)
        claims = batch.cases.claim(MONDAY, 8)
        assert sorted(claim.event is not None for claim in claims) == [False] * 4 + [True] * 4
        assert len(batch.cases.claim(MONDAY, 40)) == 20


def test_who_has_waited_longest_comes_first(store: Store) -> None:
    with store.batch("W1") as batch:
        late, early = opened(batch, None, None)
        batch.events.add(late.id, "done", {}, MONDAY + HOUR)
        batch.events.add(early.id, "done", {}, MONDAY)
        assert [claim.case.id for claim in batch.cases.claim(MONDAY + DAY, 4)] == [early.id, late.id]


def test_a_case_that_failed_is_left_alone_for_a_while(store: Store) -> None:
    with store.batch("W1") as batch:
        [case] = opened(batch, MONDAY)
        batch.events.add(case.id, "done", {}, MONDAY)
        batch.cases.save([Stepped(case.but(tries=1, retry_at=MONDAY + HOUR, due_at=MONDAY + HOUR), [], case)])
        assert batch.cases.claim(MONDAY, 10) == []
        assert batch.cases.claim_of([case.id], MONDAY) == []
        assert batch.waiting.earliest() == MONDAY + HOUR
        [claim] = batch.cases.claim(MONDAY + HOUR, 10)
        assert (claim.case.tries, claim.event is not None) == (1, True)


def test_what_did_not_change_is_not_written(store: Store) -> None:
    with store.batch("W1") as batch:
        case, other = opened(batch, MONDAY, MONDAY)
        batch.cases.save([Stepped(case, [], case), Stepped(other.but(level="district"), [], other)])
        assert batch.cases.get(case.id) == case
        assert batch.cases.get(other.id) == other.but(level="district", version=1)


def test_two_threads_take_disjoint_sets(postgres_url: str) -> None:
    Store.migrate(postgres_url)
    taken: Queue[set[int]] = Queue()
    together = Barrier(2)

    def work(store: Store) -> None:
        with store.batch("worker") as batch:
            together.wait()
            mine = {claim.case.id for claim in batch.cases.claim(MONDAY + DAY, 30)}
            together.wait()
            taken.put(mine)

    with Store.open(postgres_url) as store:
        with store.batch("W1") as batch:
            cases = opened(batch, *[MONDAY] * 60)
        threads = [Thread(target=work, args=(store,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    first, second = taken.get(), taken.get()
    assert (len(first), len(second)) == (30, 30)
    assert first | second == {case.id for case in cases}


def sweep(url: str, told: Queue[list[int]]) -> None:
    """A process that moves what it can get, ten cases at a time."""
    mine: list[int] = []
    with Store.open(url) as store:
        while claims := moved(store):
            mine += claims
    told.put(mine)


def moved(store: Store) -> list[int]:
    with store.batch("worker") as batch:
        claims = batch.cases.claim(MONDAY + DAY, 10)
        once(batch, [Stepped(each.case.but(due_at=None), [], each.case) for each in claims])
        return [claim.case.id for claim in claims]


def once(batch: Batch, stepped: list[Stepped]) -> None:
    late = [
        each._replace(history=[Moved("late", MONDAY, "worker", "accept", key=f"{each.case.key}|late")])
        for each in stepped
    ]
    assert batch.cases.save(late) == []


def test_two_processes_move_each_case_once(database_url: str, tmp_path: Path) -> None:
    Store.migrate(database_url)
    with Store.open(database_url) as store:
        with store.batch("W1") as batch:
            cases = opened(batch, *[MONDAY] * 100)
        processes = get_context("spawn")
        told = processes.Queue()
        workers = [processes.Process(target=sweep, args=(database_url, told)) for _ in range(2)]
        for worker in workers:
            worker.start()
        done = [told.get(timeout=120) for _ in workers]
        for worker in workers:
            worker.join()
        assert sorted(id for each in done for id in each) == sorted(case.id for case in cases)
        with store.reading() as batch:
            lates = list(batch.journal.scan(kinds=["case.late"]))
    assert len(lates) == 100
