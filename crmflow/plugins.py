"""Which packs are installed, and what do they register? One pluggy manager per Engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pluggy

from crmflow import hookspecs
from crmflow.core.pack import Pack
from crmflow.core.text import Text
from crmflow.errors import PluginError

GROUP = "crmflow"
NOT_RULES = frozenset({"demo", "tests", "mapping"})


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin found among the installed distributions; it is not imported until a site names it."""

    name: str
    distribution: str
    version: str
    entry: EntryPoint


def installed() -> tuple[Installed, ...]:
    """Every installed plugin, by name, so that the order does not hang on the environment.

    Raises PluginError CRM703 when two distributions give one name.
    """
    found: dict[str, Installed] = {}
    for entry in entry_points(group=GROUP):
        distribution = entry.dist.name if entry.dist else "?"
        plugin = Installed(entry.name, distribution, entry.dist.version if entry.dist else "?", entry)
        other = found.setdefault(entry.name, plugin)
        if other.distribution != distribution:
            raise PluginError("CRM703", name=entry.name, first=other.distribution, second=distribution)
    return tuple(found[name] for name in sorted(found))


@dataclass(frozen=True, slots=True)
class RulePath:
    """A rule file of a pack: its id path below the pack ("segments/abc.yaml") and where it lies."""

    pack: str
    path: str
    file: Path


class Plugins:
    """The packs that a site names, loaded; nothing else is imported."""

    def __init__(self, names: Sequence[str]) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.packs: dict[str, Pack] = {}
        self.versions: dict[str, str] = {}
        known = {plugin.name: plugin for plugin in installed()}
        for name in names:
            if name not in known:
                raise PluginError("CRM702", name=name, installed=", ".join(known) or "-")
            self._load(known[name])

    def _load(self, plugin: Installed) -> None:
        try:
            module = plugin.entry.load()
            self.manager.register(module, plugin.name)
            self.manager.check_pending()
            pack = self._answer(plugin.name, "crmflow_pack")
        except KeyboardInterrupt:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                "CRM701",
                name=plugin.name,
                distribution=f"{plugin.distribution} {plugin.version}",
                reason=f"{type(error).__name__}: {error}",
            ) from error
        if not isinstance(pack, Pack):
            pack = Pack(plugin.name, Text(plugin.name, plugin.name))
        self.packs[plugin.name] = pack
        self.versions[plugin.name] = plugin.version

    def _answer(self, name: str, hook: str) -> object:
        """One plugin's answer to one hook, so that a failure names its plugin; None: it has no such hook."""
        plugin = self.manager.get_plugin(name)
        caller = self.manager.subset_hook_caller(
            hook, [other for _, other in self.manager.list_name_plugin() if other is not plugin]
        )
        answers = caller()
        return answers[0] if answers else None

    def rule_files(self) -> Iterator[RulePath]:
        """Every rule file of every pack, in the order of the site's packs.

        Raises PluginError CRM704 for an id that two hooks give, CRM705 for a file that is not there.
        """
        for name, pack in self.packs.items():
            seen: dict[str, Path] = {}
            for path, file in [*_below(pack.folder), *self._named(name)]:
                other = seen.setdefault(path, file)
                if other != file:
                    raise PluginError("CRM704", name=name, path=path, first=other, second=file)
                if not file.is_file():
                    raise PluginError("CRM705", name=name, file=file)
            for path, file in seen.items():
                yield RulePath(name, path, file)

    def _named(self, name: str) -> Iterator[tuple[str, Path]]:
        for hook in hookspecs.RULE_FILE_HOOKS:
            answer = self._answer(name, hook)
            for file in answer if isinstance(answer, (list, tuple)) else ():
                top = file.name in ("vocabulary.yaml", "params.yaml")
                yield (file.name if top else f"{file.parent.name}/{file.name}"), file


def _below(folder: Path | None) -> Iterator[tuple[str, Path]]:
    if folder is None:
        return
    for file in sorted(folder.rglob("*.yaml")):
        path = file.relative_to(folder)
        if not NOT_RULES.intersection(path.parts):
            yield path.as_posix(), file
