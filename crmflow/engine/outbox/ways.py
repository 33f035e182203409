"""Which relay takes the messages of a channel? As crmflow.toml says."""

from __future__ import annotations

import os
from collections.abc import Mapping

from crmflow.core.relay import Relay
from crmflow.engine.outbox.way import Way
from crmflow.errors import PluginError, SettingsError
from crmflow.plugins import Plugins
from crmflow.relay import BUILT_IN, NONE
from crmflow.rules.feel import nearest
from crmflow.settings import Site

ENVIRONMENT = "env:"
"""Before the name of an environment variable that holds a setting which no file should."""
OWN = ("name", "sender")
"""The settings that every relay has: which it is, and as whom this site sends."""


class Ways:
    """The ways out of one site: one for each channel with a relay of its own, and one for all others.

    Raises SettingsError CRM850 a setting is missing, CRM851 unknown, CRM852 not in the environment, CRM853
    the relay does not serve the channel, CRM855 a value cannot be used; PluginError CRM709 unknown relay.
    """

    def __init__(self, site: Site, plugins: Plugins) -> None:
        self._ways: dict[str, Way | None] = {}
        self.sender = site.relays[""].get("sender", "")
        names = {settings.get("name", NONE) for settings in site.relays.values()}
        foreign = names - set(BUILT_IN) - {NONE}
        relays = {**(plugins.relays(sorted(foreign)) if foreign else {}), **BUILT_IN}
        for channel, settings in site.relays.items():
            self._ways[channel] = _way(channel, settings, relays)

    def of(self, channel: str) -> Way | None:
        """None: there is no relay for this channel."""
        return self._ways.get(channel, self._ways[""])


def _way(channel: str, settings: Mapping[str, str], relays: Mapping[str, Relay]) -> Way | None:
    table = f"relay.{channel}" if channel else "relay"
    name = settings.get("name", NONE)
    if name == NONE:
        return None
    if name not in relays:
        near = nearest(name, [NONE, *relays]) or "–"
        raise PluginError("CRM709", relay=name, table=table, nearest=near, known=", ".join([NONE, *relays]))
    relay = relays[name]
    if channel and relay.channels and channel not in relay.channels:
        raise SettingsError("CRM853", table=table, relay=name, channels=", ".join(relay.channels))
    known = (*OWN, *relay.settings)
    for key in settings:
        if key not in known:
            near = nearest(key, known) or "–"
            raise SettingsError("CRM851", table=table, key=key, nearest=near, known=", ".join(known))
    for key in relay.needs:
        if not settings.get(key):
            raise SettingsError("CRM850", table=table, relay=name, key=key)
    way = Way(relay, {key: _said(table, key, settings[key]) for key in relay.settings if key in settings})
    if name in BUILT_IN:  # whose settings are looked at without calling anybody
        try:
            way.connected = relay.connect(way.settings)
        except ValueError as error:
            raise SettingsError("CRM855", table=table, relay=name, reason=error) from error
    return way


def _said(table: str, key: str, value: str) -> str:
    """A setting, read from the environment where it says so."""
    if not value.startswith(ENVIRONMENT):
        return value
    variable = value.removeprefix(ENVIRONMENT)
    if not os.environ.get(variable):
        raise SettingsError("CRM852", table=table, key=key, variable=variable)
    return os.environ[variable]
