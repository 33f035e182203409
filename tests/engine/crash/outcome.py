"""What has become of the cases, and does everything that is kept about them agree?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import select

from crmflow.core.case import Case, Moved
from crmflow.store import tables
from crmflow.store.batch import Batch
from tests.engine.crash.world import clock_of, opened

Outcome = Mapping[str, tuple[Case, Sequence[Moved]]]


def outcome(folder: Path) -> Outcome:
    """Each case by its key and what happened to it, without what is by chance: ids."""
    with opened(folder) as engine, engine.store.reading() as batch:
        return {
            case.key: (
                case.but(id=0, bucket=0, customer_id=0, parent_id=None, version=0),
                batch.cases.history(case.id),
            )
            for case in batch.cases.scan(open_only=False)
        }


def idle(folder: Path) -> bool:
    """Whether nothing is due."""
    with opened(folder) as engine, engine.store.reading() as batch:
        earliest = batch.waiting.earliest()
        return earliest is None or earliest > clock_of(folder)


def demand_agreement(folder: Path) -> None:
    """Moves, journal and effects agree, each level came once, and nothing that is due was left."""
    assert idle(folder)
    with opened(folder) as engine, engine.store.reading() as batch:
        for case in batch.cases.scan(open_only=False):
            demand_whole(case, batch.cases.history(case.id))
        demand_each_effect_once(batch)
        assert (
            batch.execute(select(tables.case_event).where(tables.case_event.c.taken_at.is_(None))).all() == []
        )


def demand_whole(case: Case, history: Sequence[Moved]) -> None:
    """The journal tells one way from the opening to where the case is."""
    moves = [moved for moved in history if moved.kind in ("opened", "moved")]
    assert moves[0].kind == "opened"
    assert [moved.state for moved in moves[1:]] == [moved.to for moved in moves[:-1]]
    assert moves[-1].to == case.state
    assert Counter(moved.to for moved in moves) == case.entries
    late = [(moved.move, moved.level) for moved in history if moved.kind == "late"]
    assert len(late) == len(set(late)) == case.escalations
    assert [moved.kind for moved in history].count("closed") == (case.closed_at is not None)


def demand_each_effect_once(batch: Batch) -> None:
    """What the histories say was sent is what lies in the outbox."""
    said = (
        batch.execute(select(tables.journal.c.key).where(tables.journal.c.kind == "case.sent"))
        .scalars()
        .all()
    )
    kept = batch.execute(select(tables.outbox.c.key)).scalars().all()
    assert Counter(kept) == Counter(said)
    assert len(set(said)) == len(said)
