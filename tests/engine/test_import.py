"""Does an imported row reach the right customer at the right moment?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from crmflow import Engine

COMPLAINTS = {"touchpoints": "complaint", "source": "desk"}
MAY = datetime(2026, 5, 10, tzinfo=UTC)


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_an_earlier_file_moves_the_begin_of_a_new_customer_back(engine: Engine, tmp_path: Path) -> None:
    """A run as of between the two complaints finds the customer of the first, as does a host's record."""
    later = write(tmp_path / "june.csv", "customer,at,text\nN1,2026-06-02,late\nN2,2026-06-02,late\n")
    earlier = write(tmp_path / "may.csv", "customer,at,text\nN1,2026-05-02,early\n")
    for file in (later, earlier):
        assert engine.import_file("touchpoints", file, mapping=COMPLAINTS).rejected == 0
    engine.record("complaint", "desk/N2", at=datetime(2026, 5, 3, tzinfo=UTC), fields={"text": "early"})

    assert not engine.run(MAY).changed  # a later run exists: computed, nothing written
    with engine.store.reading() as batch:
        may = {each.external_id for each in batch.customers.scan(as_of=MAY)}
        april = {each.external_id for each in batch.customers.scan(as_of=datetime(2026, 4, 30, tzinfo=UTC))}
    assert {"N1", "N2"} <= may
    assert not {"N1", "N2"} & april


def test_naive_times_are_read_in_the_zone_of_the_row_s_unit(engine: Engine, tmp_path: Path) -> None:
    """A unit's own zone, else that of the nearest unit above it, else the site's (Asia/Shanghai)."""
    units = write(
        tmp_path / "units.csv",
        "code,level,parent,zone\nX,district,,Asia/Urumqi\nX1,station,X,\nY,district,,\n",
    )
    assert engine.import_file("units", units).new == 3
    complaints = write(
        tmp_path / "complaints.csv",
        "customer,at,text,unit\nN1,2026-06-02 09:00,a,X\nN2,2026-06-02 09:00,b,X1\nN3,2026-06-02 09:00,c,Y\n",
    )
    assert engine.import_file("touchpoints", complaints, mapping=COMPLAINTS).new == 3

    with engine.store.reading() as batch:
        hours = {
            each.external_id: each.at.hour
            for each in batch.customers.scan()
            if each.external_id in ("N1", "N2", "N3")
        }
    assert hours == {"N1": 3, "N2": 3, "N3": 1}
