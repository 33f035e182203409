"""What do the engine's tests start from? The fuel pack's small world, in a site on each store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, inspect, text

from crmflow import Engine, Site
from crmflow.core.moment import end_of_day
from crmflow.engine.demo import play, world_of
from crmflow.plugins import Plugins

if TYPE_CHECKING:
    from tests.postgres import Cluster


def new_site(folder: Path, url: str) -> Site:
    """A fuel site on the database at `url`, migrated and empty."""
    Site.init(folder, ["fuel"], zone="Asia/Shanghai", language="en")
    return moved(folder, url)


def moved(folder: Path, url: str) -> Site:
    """The site in `folder`, on another database."""
    toml = folder / "crmflow.toml"
    lines = [
        f'url = "{url}"' if line.startswith("url") else line for line in toml.read_text("utf-8").splitlines()
    ]
    toml.write_text("\n".join(lines), "utf-8")
    site = Site.read(folder)
    Engine.migrate(site)
    return site


def played(site: Site) -> Site:
    """With the fuel demo imported, published and run."""
    with Engine.open(site) as engine:
        play(engine, world_of(Plugins(["fuel"]).packs["fuel"]))
    return site


@pytest.fixture(scope="session")
def sqlite_original(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Played once; each test gets a copy."""
    folder = tmp_path_factory.mktemp("fuel") / "site"
    return played(new_site(folder, f"sqlite:///{folder / 'crm.db'}"))


@pytest.fixture(scope="session")
def postgres_original(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with postgres.database() as url:
        yield played(new_site(tmp_path_factory.mktemp("fuel") / "site", url))


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A fuel site with its demo, on each store."""
    original: Site = request.getfixturevalue(f"{request.param}_original")
    folder = tmp_path / "site"
    shutil.copytree(original.folder, folder)
    if request.param == "sqlite":
        yield moved(folder, f"sqlite:///{folder / 'crm.db'}")
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with cluster.database(template=original.url) as url:
        yield moved(folder, url)


@pytest.fixture
def engine(site: Site) -> Iterator[Engine]:
    with Engine.open(site) as opened:
        yield opened


@pytest.fixture(scope="session")
def as_of() -> datetime:
    return end_of_day(date(2026, 6, 30), ZoneInfo("Asia/Shanghai"))


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of ours; the counter of ids may run on."""
    database = create_engine(url)
    try:
        with database.connect() as connection:
            tables = inspect(connection).get_table_names()
            names = [name for name in tables if name.startswith("crmflow_") and name != "crmflow_minted"]
            return {
                name: sorted(
                    tuple(map(repr, row)) for row in connection.execute(text(f'SELECT * FROM "{name}"'))
                )
                for name in names
            }
    finally:
        database.dispose()


def execute(url: str, statement: str) -> None:
    """What somebody does to the database behind our back."""
    database = create_engine(url)
    with database.begin() as connection:
        connection.execute(text(statement))
    database.dispose()
