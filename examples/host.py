"""How does a host keep its own rows and crmflow's in one transaction?

A shop has a table of refunds. A refund comes with a complaint: both are there, or neither is.

    python examples/host.py                                   # a new SQLite file
    python examples/host.py postgresql+psycopg://…/shop       # an empty PostgreSQL database
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, text

from crmflow import Engine, Site, prepare_sqlite

CUSTOMERS = "customer id,name,phone,kind\nK1,Li Na,13800000001,person\nK2,Wang Wei,13800000002,person\n"


def main(folder: Path, url: str) -> None:
    database = create_engine(url)
    if database.dialect.name == "sqlite":
        prepare_sqlite(database)  # without it, SQLite keeps rows that the host rolls back; crmflow refuses
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE refund (customer TEXT, amount INTEGER)"))

    site = Site.init(folder, ["fuel"], zone="Asia/Shanghai", language="en")
    Engine.migrate(site, database=database)
    with Engine.open(site, database=database) as engine:
        engine.publish(actor="host", note="first rules")
        file = folder / "customers.csv"
        file.write_text(CUSTOMERS, "utf-8")
        engine.import_file("customers", file)

        refund(engine, database, "K1", 40)
        try:
            refund(engine, database, "K2", -1)
        except ValueError as error:
            print("refused:", error)
        report(engine, database)
    database.dispose()


def refund(engine: Engine, database: Database, customer: str, amount: int) -> None:
    """A refund and its complaint. Raises ValueError, and then nothing of either is left."""
    with database.begin() as connection:
        complaint = engine.record(
            "complaint", customer, fields={"text": "refund"}, actor="till 3", connection=connection
        )
        engine.decide(customer, connection=connection)
        connection.execute(text("INSERT INTO refund VALUES (:who, :sum)"), {"who": customer, "sum": amount})
        if amount <= 0:
            raise ValueError(f"a refund of {amount}")
        print(f"{customer}: refunded {amount}, complaint at {complaint.cases[0].state!r}")


def report(engine: Engine, database: Database) -> None:
    """What both sides hold now."""
    with database.connect() as connection:
        refunds = connection.execute(text("SELECT count(*) FROM refund")).scalar_one()
    print(f"{refunds} refund, {len(engine.cases().rows)} case")


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        main(Path(folder) / "site", sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/shop.db")
