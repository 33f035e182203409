"""Which rule files does a command look at, and which of them do the words of the command line name?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crmflow.cli.shell import Shell
from crmflow.core.diagnostic import Diagnostic
from crmflow.errors import SettingsError
from crmflow.rules.source import RuleFile

if TYPE_CHECKING:
    from crmflow.settings import Site


def named(shell: Shell, paths: Sequence[Path], packs: Sequence[str]) -> list[RuleFile]:
    """The rule files of the site; without one, or with `packs`, those named beside core and packs.

    Raises SettingsError: CRM840 a path is not there, CRM842 it is no rule file of the site, and as Site.find.
    """
    from crmflow.engine.files import rule_files
    from crmflow.plugins import Plugins
    from crmflow.settings import FILE

    for path in paths:
        if not path.exists():
            raise SettingsError("CRM840", path=path)
    site = None if packs and paths else _site(shell, paths)
    if site is None:
        return list(_loose(paths, packs))
    files = list(rule_files(site, Plugins(site.packs)))
    known = [site.folder / FILE, site.rules, *(Path(file.name) for file in files)]
    for path in paths:
        if not any(lies_in(str(each), [path]) for each in known):
            raise SettingsError("CRM842", path=path, folder=site.rules)
    return files


def about(findings: Iterable[Diagnostic], paths: Sequence[Path]) -> list[Diagnostic]:
    """The findings of the files and folders that are named; without any, all."""
    return [each for each in findings if not paths or lies_in(each.file, paths)]


def lies_in(file: str, paths: Sequence[Path]) -> bool:
    """Whether a file, as findings name it, is one of the paths or below it."""
    real = Path(file).resolve()
    return any(real.is_relative_to(path.resolve()) for path in paths)


def _site(shell: Shell, paths: Sequence[Path]) -> Site | None:
    """The site here, else the one that the first path lies in; None for files outside of any site."""
    from crmflow.settings import Site

    try:
        return shell.site
    except SettingsError as error:
        if not paths or error.code != "CRM801":
            raise
    try:
        return Site.find(paths[0])
    except SettingsError as error:
        if error.code != "CRM801":
            raise
        return None


def _loose(paths: Sequence[Path], packs: Sequence[str]) -> Iterator[RuleFile]:
    """The files named, with the core and the packs given, else those that their folders are called by."""
    from crmflow.engine.files import core_files, pack_files
    from crmflow.plugins import Plugins, installed

    named = [file for path in paths for file in (sorted(path.rglob("*.y*ml")) if path.is_dir() else [path])]
    known = [plugin.name for plugin in installed()]
    packs = packs or [name for name in known if any(name in file.resolve().parts for file in named)]
    yield from core_files()
    theirs = list(pack_files(Plugins(packs)))
    yield from theirs
    for file in named:
        if not lies_in(str(file), [Path(each.name) for each in theirs]):
            yield _loose_file(file, packs)


def _loose_file(file: Path, packs: Sequence[str]) -> RuleFile:
    """Its id begins with the pack's name, as in a site."""
    parts = file.resolve().parts
    pack = next((name for name in packs if name in parts), packs[0] if packs else "site")
    path = "/".join(parts[parts.index(pack) :]) if pack in parts else f"{pack}/{file.name}"
    return RuleFile(path, file.read_bytes(), "site", pack, file.as_posix())
