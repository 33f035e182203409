"""What may a plugin register? Every hook of crmflow, and nothing else.

Hooks declare; they never decide for one customer inside a run. They take no defaults, because pluggy treats
a default differently before and after 1.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pluggy

from crmflow.core.pack import Pack
from crmflow.core.relay import Relay

hookspec = pluggy.HookspecMarker("crmflow")
hookimpl = pluggy.HookimplMarker("crmflow")


@hookspec
def crmflow_pack() -> Pack:  # type: ignore[empty-body]
    """An industry pack: a folder with everything. Enough for most packs.

    When: an Engine opens, for each pack that the site names.
    Given: nothing.
    Return: a Pack; its folder is read for vocabulary.yaml, params.yaml and the rulebooks and charts below it.
    Several answers: one pack a plugin; two plugins with one pack name are an error that names both.
    Since: 0.1.
    Example: `return Pack("fuel", Text("Fuel stations", "加油站"), Path(__file__).parent)`
    """


@hookspec
def crmflow_vocabulary() -> Sequence[Path]:  # type: ignore[empty-body]
    """The pack's vocabulary file, where it does not lie in the pack's folder.

    When: an Engine opens. Given: nothing.
    Return: paths of vocabulary files; each is read under the pack's name.
    Several answers: they add up; a name declared twice is an error.
    Since: 0.1.
    Example: `return [HERE / "vocabulary.yaml"]`
    """


@hookspec
def crmflow_segmentation() -> Sequence[Path]:  # type: ignore[empty-body]
    """Rulebooks that segment customers.

    When: an Engine opens. Given: nothing.
    Return: paths of rulebooks; the id is pack/folder/stem, as in "insurance/segments/orphan".
    Several answers: they add up; an id given twice is an error that names both distributions.
    Since: 0.1.
    Example: `return sorted((HERE / "segments").glob("*.yaml"))`
    """


@hookspec
def crmflow_assignment() -> Sequence[Path]:  # type: ignore[empty-body]
    """Rulebooks that say who owns a customer and whom to visit when.

    When: an Engine opens. Given: nothing.
    Return: paths of rulebooks that decide owner, participant, visit or send.
    Several answers: they add up; an id given twice is an error that names both distributions.
    Since: 0.1.
    Example: `return [HERE / "owners" / "agent.yaml", HERE / "visits" / "cadence.yaml"]`
    """


@hookspec
def crmflow_escalation() -> Sequence[Path]:  # type: ignore[empty-body]
    """Charts of complaints and other cases, and the params.yaml that sets their levels and times.

    When: an Engine opens. Given: nothing.
    Return: paths of charts and of a params file.
    Several answers: they add up; an id given twice is an error that names both distributions.
    Since: 0.1.
    Example: `return [HERE / "params.yaml"]`
    """


@hookspec
def crmflow_relay() -> Sequence[Relay]:  # type: ignore[empty-body]
    """Ways out of the house for messages, beside the built-in log, webhook and smtp.

    When: messages are delivered, and [relay] in crmflow.toml names a relay that is not built in. A plugin
    that is no pack has its entry point in the group crmflow.relay, and is loaded only when it is named there.
    Given: nothing; a relay's `connect` gets its settings, and what it returns gets a few messages at a time.
    Return: relays; what they send yields a Receipt for each message, sent, retry or dead, within a minute.
    A message without a receipt is tried again with the same key. What raises, hangs or answers nonsense three
    times in a row rests for five minutes.
    Several answers: they add up; a name given twice is an error that names both distributions.
    Since: 0.1.
    Example: `return [Relay("sms", connect, settings=("account", "token"), needs=("token",))]`
    """


RULE_FILE_HOOKS = ("crmflow_vocabulary", "crmflow_segmentation", "crmflow_assignment", "crmflow_escalation")
