"""Which relay takes a channel's messages, and is a setting that cannot be used named at once?"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crmflow import CrmflowError, PluginError, Site
from crmflow.engine.outbox.ways import Ways
from crmflow.plugins import RELAYS, Plugins
from tests.installed import install

SETTINGS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("ways.toml").read_text("utf-8"))[
    "settings"
]
PIGEON = """
from crmflow import Receipt, Relay

def connect(settings):
    return lambda messages: [Receipt(message.key, "sent") for message in messages]

@hookimpl
def crmflow_relay():
    return [Relay("pigeon", connect, settings=("loft",), needs=("loft",))]
"""


def ways(folder: Path, text: str, packs: str = "") -> Ways:
    (folder / "crmflow.toml").write_text(f"format = 1\npacks = [{packs}]\n{text}\n", "utf-8")
    site = Site.read(folder)
    return Ways(site, Plugins(site.packs))


@pytest.mark.parametrize("case", SETTINGS, ids=[case["name"] for case in SETTINGS])
def test_what_cannot_be_used_is_named(tmp_path: Path, case: dict[str, Any]) -> None:
    with pytest.raises(CrmflowError) as raised:
        ways(tmp_path, case["text"])
    assert raised.value.code == case["code"]
    assert case["says"] in raised.value.text("en")


def test_a_channel_has_its_own_relay_or_that_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_SECRET", "whsec_c2VjcmV0")
    found = ways(
        tmp_path,
        '[relay]\nname = "webhook"\nurl = "https://x.example"\nsecret = "env:CRM_SECRET"\ntimeout = 3\n'
        '[relay.email]\nname = "smtp"\nhost = "mail.example"\nport = 2525\nfrom = "shop@x.example"\n'
        '[relay.sms]\nname = "none"\n',
    )
    webhook, smtp = found.of("wechat"), found.of("email")
    assert webhook is not None
    assert smtp is not None
    assert webhook.relay.name == "webhook"
    assert webhook.settings == {"url": "https://x.example", "secret": "whsec_c2VjcmV0", "timeout": "3"}
    assert smtp.settings == {"host": "mail.example", "port": "2525", "from": "shop@x.example"}
    assert found.of("sms") is None


def test_without_settings_nothing_has_a_way(tmp_path: Path) -> None:
    assert ways(tmp_path, "").of("sms") is None


def test_a_plugin_is_loaded_when_it_is_named_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, "pigeon", PIGEON, group=RELAYS)
    ways(tmp_path, '[relay]\nname = "log"')
    assert "crmflow_pigeon" not in sys.modules
    way = ways(tmp_path, '[relay]\nname = "pigeon"\nloft = "west"').of("sms")
    assert way is not None
    assert way.settings == {"loft": "west"}


def test_a_pack_may_bring_a_relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "wash", PIGEON)
    way = ways(tmp_path, '[relay]\nname = "pigeon"\nloft = "west"', '"wash"').of("sms")
    assert way is not None


@pytest.mark.parametrize("answer", ["Relay('pigeon', connect)", "['pigeon']"])
def test_a_hook_that_returns_no_relays_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    hooks = PIGEON.replace('[Relay("pigeon", connect, settings=("loft",), needs=("loft",))]', answer)
    install(tmp_path, monkeypatch, "pigeon", hooks, group=RELAYS)
    with pytest.raises(PluginError, match="CRM706") as raised:
        ways(tmp_path, '[relay]\nname = "pigeon"')
    assert raised.value.distribution == "crmflow-pigeon 1.2"


def test_two_relays_of_one_name_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "wash", PIGEON)
    install(tmp_path, monkeypatch, "pigeon", PIGEON, group=RELAYS)
    with pytest.raises(PluginError, match="CRM713") as raised:
        ways(tmp_path, '[relay]\nname = "pigeon"\nloft = "west"', '"wash"')
    assert {raised.value.first, raised.value.second} == {"crmflow-wash 1.2", "crmflow-pigeon 1.2"}
