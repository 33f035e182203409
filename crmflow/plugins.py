"""Which packs are installed, and what do they register? One pluggy manager per Engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from inspect import isfunction
from pathlib import Path

import pluggy

from crmflow import hookspecs
from crmflow.core.pack import Pack
from crmflow.core.relay import Relay
from crmflow.core.text import Text
from crmflow.errors import PluginError
from crmflow.rules.feel import nearest

GROUP = "crmflow"
"""The entry points of packs."""
RELAYS = "crmflow.relay"
"""The entry points of plugins that are no packs and only take messages on."""
NOT_RULES = frozenset({"demo", "tests", "mapping"})


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin found among the installed distributions; it is not imported until a site names it."""

    name: str
    distribution: str
    version: str
    entry: EntryPoint

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Whatever the plugin's own Python raises, SystemExit too, is PluginError CRM701 with its name."""
        try:
            yield
        except PluginError:
            raise
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}"
            raise PluginError("CRM701", name=self.name, distribution=str(self), reason=reason) from error

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


def installed(group: str = GROUP) -> tuple[Installed, ...]:
    """Every installed plugin of a group, by name, so that the order does not hang on the environment.

    Raises PluginError CRM703 when two distributions give one name.
    """
    found: dict[str, Installed] = {}
    for entry in entry_points(group=group):
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
    """The packs that a site names, loaded; nothing else is imported.

    Raises PluginError: CRM702 not installed, CRM701 fails to load, CRM706–708 hooks that are none.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.plugins: dict[str, Installed] = {}
        self.packs: dict[str, Pack] = {}
        known = {plugin.name: plugin for plugin in installed()}
        for name in names:
            if name not in known:
                near = nearest(name, known) or "–"
                raise PluginError("CRM702", name=name, nearest=near, installed=", ".join(known) or "–")
            self.plugins[name] = known[name]
            self.packs[name] = self._load(known[name])

    @property
    def versions(self) -> dict[str, str]:
        return {name: plugin.version for name, plugin in self.plugins.items()}

    def _register(self, plugin: Installed) -> None:
        with plugin.blamed():
            module = plugin.entry.load()
            _demand_hooks(plugin, module)
            self.manager.register(module, plugin.name)
            self.manager.check_pending()

    def _load(self, plugin: Installed) -> Pack:
        self._register(plugin)
        pack = self._answer(plugin, "crmflow_pack")
        if pack is None:
            return Pack(plugin.name, Text(plugin.name, plugin.name))
        if not isinstance(pack, Pack) or pack.name != plugin.name:
            raise _wrong_answer(plugin, "crmflow_pack", f'Pack("{plugin.name}", …)', pack)
        return pack

    def _answer(self, plugin: Installed, hook: str) -> object:
        """One plugin's answer to one hook, so that a failure names its plugin; None: it has no such hook."""
        module = self.manager.get_plugin(plugin.name)
        others = [other for _, other in self.manager.list_name_plugin() if other is not module]
        with plugin.blamed():
            answers = self.manager.subset_hook_caller(hook, others)()
        return answers[0] if answers else None

    def relays(self, names: Collection[str]) -> dict[str, Relay]:
        """The relays of the site's packs, and of the plugins for nothing else that have one of these names.

        Raises PluginError CRM701, CRM706–708; CRM713 for a name that two of them give.
        """
        found: dict[str, Relay] = {}
        given: dict[str, Installed] = {}
        wanted = [plugin for plugin in installed(RELAYS) if plugin.name in names]
        for plugin in (*self.plugins.values(), *wanted):
            if not self.manager.has_plugin(plugin.name):
                self._register(plugin)
            for relay in self._relays_of(plugin):
                other = given.setdefault(relay.name, plugin)
                if other is not plugin or relay.name in found:
                    raise PluginError("CRM713", name=relay.name, first=str(other), second=str(plugin))
                found[relay.name] = relay
        return found

    def _relays_of(self, plugin: Installed) -> Sequence[Relay]:
        answer = self._answer(plugin, "crmflow_relay")
        if answer is None:
            return ()
        if not isinstance(answer, (list, tuple)) or not all(isinstance(each, Relay) for each in answer):
            raise _wrong_answer(plugin, "crmflow_relay", "list[Relay]", answer)
        return answer

    def rule_files(self) -> Iterator[RulePath]:
        """Every rule file of every pack, in the order of the site's packs.

        Raises PluginError CRM704 for an id that two hooks give, CRM705 for what is not there.
        """
        for name, pack in self.packs.items():
            if pack.folder is not None and not pack.folder.is_dir():
                raise PluginError("CRM705", name=name, file=pack.folder)
            seen: dict[str, Path] = {}
            for path, file in [*_below(pack.folder), *self._named(self.plugins[name])]:
                other = seen.setdefault(path, file)
                if other != file:
                    raise PluginError("CRM704", name=name, path=path, first=other, second=file)
                if not file.is_file():
                    raise PluginError("CRM705", name=name, file=file)
            for path, file in seen.items():
                yield RulePath(name, path, file)

    def _named(self, plugin: Installed) -> Iterator[tuple[str, Path]]:
        for hook in hookspecs.RULE_FILE_HOOKS:
            answer = self._answer(plugin, hook)
            if answer is None:
                continue
            if not isinstance(answer, (list, tuple)) or not all(isinstance(file, Path) for file in answer):
                raise _wrong_answer(plugin, hook, "list[Path]", answer)
            for file in answer:
                top = file.name in ("vocabulary.yaml", "params.yaml")
                yield (file.name if top else f"{file.parent.name}/{file.name}"), file


def _demand_hooks(plugin: Installed, module: object) -> None:
    """Raises PluginError CRM707 for a hook that does not exist, CRM708 for one without @hookimpl."""
    known = [name for name in dir(hookspecs) if name.startswith("crmflow_")]
    for name in dir(module):
        if not name.startswith("crmflow_") or not isfunction(hook := getattr(module, name)):
            continue
        if name not in known:
            near = nearest(name, known) or "–"
            raise PluginError("CRM707", name=plugin.name, distribution=str(plugin), hook=name, nearest=near)
        if not hasattr(hook, "crmflow_impl"):
            raise PluginError("CRM708", name=plugin.name, distribution=str(plugin), hook=name)


def _wrong_answer(plugin: Installed, hook: str, wanted: str, answer: object) -> PluginError:
    return PluginError(
        "CRM706", name=plugin.name, distribution=str(plugin), hook=hook, wanted=wanted, value=repr(answer)
    )


def _below(folder: Path | None) -> Iterator[tuple[str, Path]]:
    if folder is None:
        return
    for file in sorted(folder.rglob("*.yaml")):
        path = file.relative_to(folder)
        if not NOT_RULES.intersection(path.parts):
            yield path.as_posix(), file
