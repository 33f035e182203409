"""Which rules are meant by a folder, a release's number or hash, or nothing at all?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from crmflow.core.release import Release, content_hash, manifest_of, state_of
from crmflow.core.text import Text, phrases
from crmflow.engine.files import core_files, freeze, pack_files, rule_files, site_files
from crmflow.engine.release import Releases, Rules, compiled
from crmflow.errors import StoreError
from crmflow.plugins import Plugins
from crmflow.rules.source import RuleFile
from crmflow.settings import FILE, Site
from crmflow.store.batch import Batch

WORDS = phrases(__package__)
Named = Path | str | int | None
HASH = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True)
class Version:
    """Compiled rules, and how a person calls them."""

    title: Text
    rules: Rules


def version(named: Named, site: Site, packs: Plugins, batch: Batch) -> Version:
    """The rule files on disk (None), those with another folder of the site's own or of a pack's, those of
    another site, or a release by its number or the beginning of its hash.

    Raises StoreError CRM430 where it is none of these, RuleFileError CRM090 where they cannot be used.
    """
    if named is None:
        return _on_disk(rule_files(site, packs), packs, site.rules)
    folder = Path(str(named))
    if folder.is_dir():
        return _on_disk(_files(folder, site, packs), packs, folder)
    release = _release(str(named), batch.releases.all())
    if release is None:
        known = ", ".join(str(each.number) for each in batch.releases.all()) or "–"
        raise StoreError("CRM430", name=named, known=known)
    return _of(release, Releases().rules(batch, release), batch)


def in_force(batch: Batch) -> Version:
    """The release in force now. Raises StoreError CRM440: there is none."""
    rules = Releases().in_force(batch, batch.now)
    return _of(batch.releases.get(rules.number), rules, batch)


def _of(release: Release, rules: Rules, batch: Batch) -> Version:
    state = state_of(release, batch.releases.all(), batch.now).replace(" ", "-")
    parts = {"number": release.number, "hash": release.hash[:8], "state": WORDS[f"versions.{state}"]}
    return Version(WORDS["versions.release"].filled(**parts), rules)


def _on_disk(files: Iterable[RuleFile], packs: Plugins, folder: Path) -> Version:
    files = list(files)
    hash = content_hash(manifest_of(freeze(files)), packs.versions)
    return Version(WORDS["versions.folder"].filled(folder=folder), Rules(compiled(files), hash, 0))


def _files(folder: Path, site: Site, packs: Plugins) -> Iterator[RuleFile]:
    """The site's rule files with those of this folder in place of their like."""
    if (folder / FILE).is_file():
        other = Site.read(folder)
        yield from rule_files(other, Plugins(other.packs))
        return
    pack = next((name for name in packs.packs if folder.resolve().name in (name, f"crmflow_{name}")), None)
    if pack is None:
        elsewhere = copy(site)
        elsewhere.rules = folder
        yield from rule_files(elsewhere, packs)
        return
    yield from core_files()
    yield from (file for file in pack_files(packs) if file.pack != pack)
    for file in sorted(folder.rglob("*.yaml")):
        path = file.relative_to(folder).as_posix()
        yield RuleFile(f"{pack}/{path}", file.read_bytes(), "pack", pack, str(file))
    yield from site_files(site)


def _release(named: str, releases: Sequence[Release]) -> Release | None:
    """By number, else by the beginning of the hash."""
    by_number = (each for each in releases if str(each.number) == named)
    by_hash = (each for each in reversed(releases) if HASH.fullmatch(named) and each.hash.startswith(named))
    return next(chain(by_number, by_hash), None)
