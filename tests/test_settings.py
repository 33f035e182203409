"""Is a site found, and is a mistake in its crmflow.toml shown at its place, with what to write instead?"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crmflow import SettingsError, Site

TABLE = tomllib.loads(Path(__file__).with_name("settings.toml").read_text("utf-8"))
SETTINGS: list[dict[str, Any]] = TABLE["settings"]
FOREIGN = ("Input should", "pydantic", "Invalid value", "codec can't", "Error")


def written(folder: Path, text: str | bytes) -> Path:
    """The folder, with this crmflow.toml."""
    file = folder / "crmflow.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.replace("{n}", "\n").encode())
    return folder


def refused(folder: Path) -> SettingsError:
    with pytest.raises(SettingsError) as raised:
        Site.find(folder)
    return raised.value


@pytest.mark.parametrize("case", SETTINGS, ids=[case["name"] for case in SETTINGS])
def test_a_wrong_setting_is_shown_at_its_place(tmp_path: Path, case: dict[str, Any]) -> None:
    error = refused(written(tmp_path, case["text"]))

    said = str(error)
    assert said.startswith(case["says"].replace("PLACE", str(tmp_path / "crmflow.toml")))
    assert not any(word in said for word in FOREIGN)
    assert "{" not in error.text("zh")
    assert error.text("zh") != error.text("en")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("format = 1\npacks = []  # 加油站\n".encode("gb18030"), "2:15"),
        ("# 加油站\npacks = [\n".encode() + b"\xff", "3:1"),
        (b"\xff\xfef\x00", "1:1"),
    ],
    ids=["GB18030", "a broken byte", "UTF-16"],
)
def test_another_encoding_is_shown_where_it_begins(tmp_path: Path, text: bytes, place: str) -> None:
    error = refused(written(tmp_path, text))

    assert str(error).startswith(f"CRM802 {tmp_path / 'crmflow.toml'}:{place}: ")
    assert "UTF-8" in error.text("zh")


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    text = b'\xef\xbb\xbfformat = 1\r\npacks = ["fuel"]\r\nlanguage = "zh"\r\n'

    site = Site.find(written(tmp_path, text))

    assert (site.packs, site.language) == (("fuel",), "zh")


def test_without_a_site_the_folder_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path)

    assert (error.code, error.folder) == ("CRM801", tmp_path.resolve())
    assert "crmflow init" in error.text("en")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "crmflow.toml").mkdir()

    with pytest.raises(SettingsError, match="cannot be read") as raised:
        Site.read(tmp_path)

    assert raised.value.code == "CRM807"


@pytest.mark.parametrize(("zone", "language"), [("Beijing", "en"), ("UTC", "fr"), ('U"TC', "en")])
def test_a_site_that_could_not_be_read_is_not_made(tmp_path: Path, zone: str, language: str) -> None:
    with pytest.raises(SettingsError, match=r"CRM80[23]"):
        Site.init(tmp_path / "site", ["fuel"], zone=zone, language=language)

    assert not (tmp_path / "site").exists()


def test_a_site_is_not_made_over_another_nor_in_a_file(tmp_path: Path) -> None:
    site = Site.init(tmp_path / "site", ["fuel"], zone="Asia/Shanghai", language="zh")
    before = (site.folder / "crmflow.toml").read_bytes()

    with pytest.raises(SettingsError, match="CRM804"):
        Site.init(site.folder, ["retail"], zone="UTC", language="en")
    with pytest.raises(SettingsError, match="CRM809"):
        Site.init(site.folder / "crmflow.toml" / "below", ["retail"], zone="UTC", language="en")

    assert (site.folder / "crmflow.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("sqlite:///crm.db", "sqlite:///{site}/crm.db"),
        ("sqlite:////data/crm.db", "sqlite:////data/crm.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://localhost/crm", "postgresql://localhost/crm"),
    ],
)
def test_a_database_file_lies_beside_the_settings(tmp_path: Path, url: str, meant: str) -> None:
    site = Site.read(written(tmp_path, f'format = 1\npacks = []\nurl = "{url}"\n'))

    assert site.url == meant.format(site=tmp_path.as_posix())
