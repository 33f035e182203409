"""Which rule files make up a site's rules? The core's, the packs', and the site's own, in this order."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from crmflow.errors import SettingsError
from crmflow.exchange.atomic import replacing
from crmflow.plugins import Plugins
from crmflow.rules.source import RuleFile
from crmflow.settings import Site

CORE = ("vocabulary.yaml", "charts/complaint.yaml")


def rule_files(site: Site, plugins: Plugins) -> Iterator[RuleFile]:
    """Every rule file that the site works with, as it lies on disk now."""
    yield from core_files()
    yield from pack_files(plugins)
    yield from site_files(site)


def core_files() -> Iterator[RuleFile]:
    """The rule files of crmflow itself."""
    for path in CORE:
        resource = files("crmflow.core").joinpath(path)
        yield RuleFile(f"core/{path}", resource.read_bytes(), "core", "core", f"crmflow/core/{path}")


def pack_files(plugins: Plugins) -> Iterator[RuleFile]:
    """The rule files of the packs."""
    for found in plugins.rule_files():
        yield RuleFile(
            f"{found.pack}/{found.path}", found.file.read_bytes(), "pack", found.pack, _shown(found.file)
        )


def site_files(site: Site) -> Iterator[RuleFile]:
    """The site's own files; the first folder names the pack whose file is overridden, if there is one.

    Raises SettingsError CRM808: the folder of the rules is not there.
    """
    if not site.rules.is_dir():
        raise SettingsError("CRM808", folder=site.rules)
    for file in sorted(site.rules.rglob("*.y*ml")):
        path = file.relative_to(site.rules).as_posix()
        pack = pack_of(path, site.packs)
        yield RuleFile(path, file.read_bytes(), "site", pack, _shown(file))


def with_new(files: Iterable[RuleFile], new: Iterable[RuleFile]) -> list[RuleFile]:
    """The rule files with new ones in their places."""
    placed = {(file.layer, file.path): file for file in new}
    return [*(file for file in files if (file.layer, file.path) not in placed), *placed.values()]


def _shown(file: Path) -> str:
    """The path as a person in the present folder would type it."""
    try:
        return file.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(file)


def freeze(rule_files: Iterable[RuleFile]) -> Mapping[str, str]:
    """The texts of a release by "layer:path"."""
    return {f"{file.layer}:{file.path}": _text(file) for file in rule_files}


def thaw(texts: Mapping[str, str], packs: Sequence[str]) -> Iterator[RuleFile]:
    """The rule files that `freeze` took."""
    for name, text in texts.items():
        layer, _, path = name.partition(":")
        yield RuleFile(path, text, layer, pack_of(path, packs), path)  # type: ignore[arg-type]


def pack_of(path: str, packs: Sequence[str]) -> str:
    """The pack that the first folder of a path names; else the file is the site's own."""
    top = path.split("/")[0]
    return top if top in (*packs, "core") else "site"


def _text(file: RuleFile) -> str:
    return file.text if isinstance(file.text, str) else file.text.decode("utf-8-sig")


def write_file(site: Site, file: RuleFile) -> Path:
    """Writes a file of the site as a whole or not at all; a byte order mark that is there stays."""
    path = site.rules / file.path
    marked = path.is_file() and path.read_bytes().startswith(codecs.BOM_UTF8)
    with replacing(path) as target:
        target.write_bytes((codecs.BOM_UTF8 if marked else b"") + file.content.encode())
    return path
