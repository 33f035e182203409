"""From what does the benchmark of the workflow engine start? A site with many open cases, some of them due.

Three cases are opened by the engine; all others are copies of their rows, made by the database itself.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection

from crmflow import Engine, Site
from crmflow.core.case import Case

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = 7 * DAY
STATIONS = 100
DISTRICTS = 10
RULES = Path(__file__).with_name("rules")
FIRST = 1_000_000
"""The number of the first copy."""
SECOND = {"sqlite": "1000000", "postgresql": "interval '1 second'"}
SERIAL = {
    "sqlite": "UPDATE crmflow_minted SET serial = {0}",
    "postgresql": "SELECT setval('crmflow_id', {0})",
}
SERIES = {
    "sqlite": "(WITH RECURSIVE series(n) AS (SELECT {0} UNION ALL SELECT n + 1 FROM series WHERE n < {1}) "
    "SELECT n FROM series) AS series",
    "postgresql": "generate_series(CAST({0} AS bigint), {1}) AS series(n)",
}


def site_at(folder: Path, url: str | None = None) -> Site:
    """A site with a company of 10 districts and 100 stations, a clerk in each, and the chart published."""
    site = Site.init(folder, [], zone="Asia/Shanghai", language="en")
    shutil.copytree(RULES, site.rules, dirs_exist_ok=True)
    if url is not None:
        toml = folder / "crmflow.toml"
        toml.write_text(toml.read_text("utf-8").replace('"sqlite:///crm.db"', f'"{url}"'), "utf-8")
        site = Site.read(folder)
    with Engine.create(site) as engine:
        engine.publish(actor="benchmark")
        engine.import_file(
            "units", _table(folder / "units.csv", ("code", "name", "level", "parent"), _units())
        )
        engine.import_file("staff", _table(folder / "staff.csv", ("code", "name", "role", "unit"), _staff()))
        customers = [("C", "S1", "2020-01-01")]
        engine.import_file(
            "customers", _table(folder / "c.csv", ("customer_id", "station", "since"), customers)
        )
    return site


def _units() -> list[tuple[object, ...]]:
    districts = [(f"D{number}", f"District {number}", "district", "HQ") for number in range(DISTRICTS)]
    stations = [
        (f"S{number}", f"Station {number}", "station", f"D{number % DISTRICTS}") for number in range(STATIONS)
    ]
    return [("HQ", "Head office", "company", ""), *districts, *stations]


def _staff() -> list[tuple[object, ...]]:
    return [(f"W-{code}", f"Clerk of {name}", "clerk", code) for code, name, _, _ in _units()]


def _table(path: Path, header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def populate(engine: Engine, open_cases: int, due: int) -> None:
    """Copies until so many cases are open. A quarter of those due is to be written to, a quarter to be
    called, and half was not called in time; the others wait for the coming week."""
    write, call, late = (
        _opened(engine, *model) for model in (("500", 9, 8), ("1500", 7, 0), ("1500", 10, 7))
    )
    begins = (0, due // 4, due // 2, due, open_cases)
    with engine.store.engine.begin() as connection:
        for model, first, end in zip((write, call, late, call), begins[:-1], begins[1:], strict=True):
            _copy(connection, model, FIRST + first, FIRST + end - 1, ahead=end == open_cases)
        connection.exec_driver_sql(SERIAL[connection.dialect.name].format(FIRST + open_cases))
        connection.exec_driver_sql("ANALYZE")


def _copy(connection: Connection, model: Case, first: int, last: int, *, ahead: bool) -> None:
    """Copies of a case, each of another customer; due in the two days before NOW, or the week after it."""
    dialect = connection.dialect.name
    id, unit = "n * 64 + n % 64", f"('S' || (n % {STATIONS}))"
    moved = f"1 + n * 7919 % {7 * 86_400}" if ahead else f"-(n * 7919 % {2 * 86_400})"
    series = SERIES[dialect].format(first, last)
    case = {
        "id": id,
        "bucket": "n % 64",
        "customer_id": id,
        "key": f"'{model.chart}|touchpoint:copy:' || n",
        "unit": unit,
        "holder": f"CASE WHEN holder IS NOT NULL THEN 'W-' || {unit} END",
        "holder_unit": f"CASE WHEN holder IS NOT NULL THEN {unit} END",
        **{
            name: f"{name} + ({moved}) * {SECOND[dialect]}"
            for name in ("at", "entered_at", "due_at", "late_at")
        },
    }
    customer = {"id": id, "bucket": "n % 64", "external_id": "'C' || n"}
    _copied(connection, "case", model.id, case, series)
    _copied(connection, "customer", model.customer_id, customer, series)


def _copied(connection: Connection, name: str, id: int, made: Mapping[str, str], series: str) -> None:
    """Copies of one row, in which these columns are made anew from n."""
    columns = list(connection.exec_driver_sql(f"SELECT * FROM crmflow_{name} LIMIT 1").keys())
    statement = (
        f"INSERT INTO crmflow_{name} ({', '.join(columns)}) "
        f"SELECT {', '.join(made.get(column, column) for column in columns)} FROM crmflow_{name}, {series} "
        f"WHERE bucket = {id % 64} AND id = {id}"
    )
    connection.exec_driver_sql(
        statement.replace("%", "%%" if connection.dialect.name == "postgresql" else "%")
    )


def _opened(engine: Engine, amount: str, days: int, known: int) -> Case:
    """A case that is due `days` days after it was opened, and has gone its way for `known` of them."""
    at, fields = NOW - days * DAY, {"amount": Decimal(amount)}
    [case] = engine.record("overdue bill", "C", at=at, fields=fields, unit="S1", external_id=f"{days}").cases
    if known:
        engine.due(at + known * DAY)
    return case
