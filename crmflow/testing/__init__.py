"""What may the tests of a pack import? A pack's demo as a site, and a site with nothing but the pack."""

from __future__ import annotations

from pathlib import Path

from crmflow.engine import Engine
from crmflow.engine.demo import play, world_of
from crmflow.settings import Site

__all__ = ["demo_site", "empty_site"]


def empty_site(folder: Path, *packs: str, zone: str = "Asia/Shanghai", language: str = "zh") -> Site:
    """A new site with these packs, migrated; nothing is imported or published."""
    site = Site.init(folder, packs, zone=zone, language=language)
    Engine.migrate(site)
    return site


def demo_site(folder: Path, pack: str) -> Site:
    """A new site with a pack's demo imported, published and run; what was imported lies in its `data`."""
    site = empty_site(folder, pack)
    with Engine.open(site) as engine:
        play(engine, world_of(engine.packs.packs[pack]))
    return site
