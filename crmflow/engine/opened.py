"""What does an open engine consist of, and how is it opened and closed?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Self

from crmflow.engine.calls import Calls
from crmflow.plugins import Plugins
from crmflow.settings import Site
from crmflow.store import Database
from crmflow.store.store import Store


class Opened:
    """A site, its packs and its store, and what every call needs of them."""

    def __init__(self, site: Site, plugins: Plugins, store: Store) -> None:
        self.site = site
        self.packs = plugins
        self.store = store
        self._calls = Calls(site, plugins, store)

    @classmethod
    def open(
        cls,
        site: Site | Path | str,
        *,
        database: Database | None = None,
        schema: str | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> Self:
        """The engine of a site, on the site's database or on a host's SQLAlchemy engine; never migrates.

        Raises SettingsError CRM80x, PluginError CRM70x, StoreError CRM401–407.
        """
        site = _site(site)
        plugins = Plugins(site.packs)
        store = Store.open(database or site.url, schema=schema, clock=clock, release_folder=site.releases)
        return cls(site, plugins, store)

    @staticmethod
    def migrate(
        site: Site | Path | str, *, database: Database | None = None, schema: str | None = None
    ) -> str:
        """Creates or upgrades the tables of a site's database; returns the revision."""
        return Store.migrate(database or _site(site).url, schema=schema)

    @classmethod
    def create(cls, site: Site | Path | str) -> Self:
        """Migrates and opens."""
        cls.migrate(site)
        return cls.open(site)

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _site(site: Site | Path | str) -> Site:
    return site if isinstance(site, Site) else Site.find(Path(site))
