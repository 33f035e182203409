"""Is a plugin that cannot be used refused by name, before anything is changed?"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crmflow import PluginError, Text
from crmflow.plugins import Plugins, installed
from tests.installed import install

TABLE = tomllib.loads(Path(__file__).with_name("plugins.toml").read_text("utf-8"))
PLUGINS: list[dict[str, Any]] = TABLE["plugins"]
GOOD = """
@hookimpl
def crmflow_pack():
    return Pack("wash", Text("Car wash", "洗车"))
"""


@pytest.mark.parametrize("case", PLUGINS, ids=[case["name"] for case in PLUGINS])
def test_a_plugin_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    install(tmp_path, monkeypatch, "wash", case["hooks"])

    with pytest.raises(PluginError) as raised:
        list(Plugins(["fuel", "wash"]).rule_files())

    assert raised.value.code == case["code"]
    assert case["says"] in raised.value.text("en")
    assert "wash" in raised.value.text("zh")


@pytest.mark.parametrize("case", PLUGINS, ids=[case["name"] for case in PLUGINS])
def test_a_plugin_that_no_site_names_is_not_even_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    install(tmp_path, monkeypatch, "wash", case["hooks"])

    assert list(Plugins(["fuel"]).packs) == ["fuel"]
    assert "crmflow_wash" not in sys.modules


def test_two_distributions_of_one_name_are_both_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, "wash", GOOD)
    install(tmp_path, monkeypatch, "wash", GOOD, distribution="my-wash")

    with pytest.raises(PluginError, match="CRM703") as raised:
        Plugins(["fuel"])

    assert {raised.value.first, raised.value.second} == {"crmflow-wash", "my-wash"}
    assert "uninstall one of them" in raised.value.text("en")


@pytest.mark.parametrize(
    ("name", "nearest"), [("fule", "fuel"), ("retali", "retail"), ("telecom", "–"), ("", "–")]
)
def test_a_pack_that_is_not_installed_has_its_nearest_named(name: str, nearest: str) -> None:
    with pytest.raises(PluginError, match="CRM702") as raised:
        Plugins(["retail", name])

    assert raised.value.nearest == nearest
    assert "fuel" in raised.value.installed


def test_a_plugin_without_a_pack_is_called_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, "wash", "")

    plugins = Plugins(["wash"])

    assert plugins.packs["wash"].title == Text("wash", "wash")
    assert list(plugins.rule_files()) == []
    assert plugins.versions == {"wash": "1.2"}


def test_the_plugins_stand_in_the_order_of_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, "zoo", GOOD)
    install(tmp_path, monkeypatch, "aaa", GOOD)

    names = [plugin.name for plugin in installed()]

    assert names == sorted(names)
    assert {"aaa", "zoo", "fuel"} <= set(names)


def test_the_rule_files_of_a_pack_come_in_the_sites_order() -> None:
    files = list(Plugins(["retail", "fuel"]).rule_files())

    assert [file.pack for file in files] == sorted((file.pack for file in files), reverse=True)
    assert all(file.file.is_file() for file in files)
