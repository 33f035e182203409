"""A small power company on an empty database, for the tests of incidents and absences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from crmflow import Case, Engine, Site
from tests.engine.conftest import moved

MORNING = datetime(2027, 3, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
UNITS = "code,name,level,parent\nC1,供电公司,company,\nD1,江北,district,C1\nD2,江南,district,C1\n"
STAFF = (
    "code,name,role,unit\nW1,甲,service desk,D1\nW2,乙,field crew,D1\nW3,丙,service desk,D2\n"
    "W4,丁,field crew,D2\nW5,庚,service desk,D2\nK1,戊,service desk,C1\nK2,己,field crew,C1\n"
)
CUSTOMERS = "customer id,name,kind,unit\n" + "".join(
    f"K{n},客户{n},person,{'D2' if n % 10 == 0 else 'D1'}\n" for n in range(1, 61)
)


@contextmanager
def power_company(folder: Path, url: str, files: dict[str, str] | None = None) -> Iterator[Engine]:
    """An engine with units, staff and 60 customers; `files` are rule files of the site."""
    Site.init(folder, ["utility"], zone="Asia/Shanghai", language="en")
    for name, text in (files or {}).items():
        path = folder / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    with Engine.open(moved(folder, url)) as engine:
        for kind, text in (("units", UNITS), ("staff", STAFF), ("customers", CUSTOMERS)):
            (folder / f"{kind}.csv").write_text(text, "utf-8")
            assert not engine.import_file(kind, folder / f"{kind}.csv").rejected  # type: ignore[arg-type]
        engine.publish()
        yield engine


def at(minutes: float) -> datetime:
    return MORNING + timedelta(minutes=minutes)


def report(engine: Engine, customer: str, minutes: float = 1, **fields: bool) -> Case:
    """A fault that a customer reports."""
    [case, *_] = engine.record("fault report", customer, at=at(minutes), fields=dict(fields)).cases
    return case


def case_now(engine: Engine, case: Case) -> Case:
    with engine.store.reading() as batch:
        found = batch.cases.get(case.id)
    assert found is not None
    return found


def due(engine: Engine, minutes: float) -> None:
    """What a worker does by then."""
    while engine.due(at(minutes)).claimed:
        pass
