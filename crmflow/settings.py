"""Where is the site, and what does its crmflow.toml say?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator

from crmflow.core.text import Language
from crmflow.errors import SettingsError
from crmflow.rules.feel import nearest
from crmflow.rules.shape import Shape, Words

FILE = "crmflow.toml"
Approval = Literal["escalation", "always", "never"]
"""Which releases a second person must approve: those that change charts, their params or levels; all."""
# Each key as one might write it.
EXAMPLES = {
    "format": "format = 1",
    "url": 'url = "sqlite:///crm.db"',
    "packs": 'packs = ["fuel"]',
    "zone": 'zone = "Asia/Shanghai"',
    "language": 'language = "zh"',
    "rules": 'rules = "rules"',
    "releases": 'releases = "releases"',
    "approval": 'approval = "escalation"',
    "relay": 'relay = {name = "log"}',
}
# Where Python says that a text is no TOML.
PLACE = re.compile(r"at line (\d+), column (\d+)")


class SiteShape(Shape):
    """crmflow.toml"""

    format: Literal[1]
    url: str = "sqlite:///crm.db"
    packs: list[str]
    zone: str = "UTC"
    language: Language = "en"
    rules: str = "rules"
    releases: str | None = None
    approval: Approval = "escalation"
    relay: dict[str, Words | dict[str, Words]] = Field({})

    @field_validator("packs")
    @classmethod
    def named_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise ValueError("a pack is named twice")
        return value

    @field_validator("zone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not an IANA time zone")
        return value


class Site:
    """A folder with crmflow.toml: the database, the packs, the zone, the language and the own rule files.

    `releases` is the folder where releases are kept, None: they are kept in the database. `relays` are the
    settings of the relay for each channel that has its own, and under "" of the one for all others.
    """

    def __init__(self, folder: Path, settings: SiteShape) -> None:
        self.folder = folder
        self.packs: Sequence[str] = tuple(settings.packs)
        self.zone = ZoneInfo(settings.zone)
        self.language: Language = settings.language
        self.rules = folder / settings.rules
        self.releases = None if settings.releases is None else folder / settings.releases
        self.approval: Approval = settings.approval
        self.url = _beside(settings.url, folder)
        self.relays = _relays(settings.relay)

    @classmethod
    def find(cls, start: Path) -> Site:
        """The site in `start` or the nearest folder above. Raises SettingsError CRM801, and as `read`."""
        start = start.resolve()
        for folder in (start, *start.parents):
            if (folder / FILE).is_file():
                return cls.read(folder)
        raise SettingsError("CRM801", folder=start)

    @classmethod
    def read(cls, folder: Path) -> Site:
        """The site in `folder`.

        Raises SettingsError: CRM802 not TOML in UTF-8, CRM803 wrong value, CRM805 unknown key, CRM806 key
        missing, CRM807 unreadable file.
        """
        file = folder / FILE
        try:
            text = file.read_bytes()
        except OSError as error:
            raise SettingsError("CRM807", file=file, reason=error.strerror) from error
        return cls(folder, _settings(file, text))

    @classmethod
    def init(cls, folder: Path, packs: Sequence[str], *, zone: str, language: str) -> Site:
        """Writes crmflow.toml and an empty rules folder.

        Raises SettingsError: CRM804 a site is there already, CRM809 it cannot be written, and as `read`.
        """
        file = folder / FILE
        if file.exists():
            raise SettingsError("CRM804", folder=folder)
        names = ", ".join(f'"{name}"' for name in packs)
        text = (
            f'format   = 1\nurl      = "sqlite:///crm.db"\npacks    = [{names}]\n'
            f'zone     = "{zone}"\nlanguage = "{language}"\n'
            'rules    = "rules"          # own rulebooks, charts and params.yaml\n'
        )
        site = cls(folder, _settings(file, text.encode()))
        try:
            site.rules.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        except OSError as error:
            raise SettingsError("CRM809", folder=folder, reason=error.strerror) from error
        return site


def _relays(table: Mapping[str, Words | dict[str, Words]]) -> dict[str, dict[str, str]]:
    """The settings of [relay], and those of [relay.CHANNEL] by channel."""
    common = {name: value for name, value in table.items() if isinstance(value, str)}
    own = {channel: settings for channel, settings in table.items() if isinstance(settings, dict)}
    return {"": common, **own}


def _beside(url: str, folder: Path) -> str:
    """A relative SQLite file lies beside crmflow.toml, wherever the command is run."""
    prefix = "sqlite:///"
    path = url.removeprefix(prefix)
    if url.startswith(prefix) and path and path != ":memory:" and not Path(path).is_absolute():
        return prefix + (folder / path).as_posix()
    return url


def _settings(file: Path, raw: bytes) -> SiteShape:
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        raise SettingsError("CRM802", place=_place(file, before)) from error
    try:
        return SiteShape.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = PLACE.search(str(error))
        place = f"{file}:{found[1]}:{found[2]}" if found else _place(file, text)
        raise SettingsError("CRM802", place=place) from error
    except ValidationError as error:
        # A misspelt key stands before the one that is missing for it.
        first = min(error.errors(), key=lambda wrong: wrong["type"] != "extra_forbidden")
        raise _explain(file, text, first) from None


def _place(file: Path, before: str) -> str:
    """file:line:column behind a text, from 1, in code points."""
    return f"{file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def _explain(file: Path, text: str, wrong: Any) -> SettingsError:
    """What is wrong with a setting, in our words."""
    key = str(wrong["loc"][0])
    if wrong["type"] == "missing":
        return SettingsError("CRM806", file=file, key=key, example=EXAMPLES[key])
    line = re.search(rf"""^[ \t]*(?=["'\[]*{re.escape(key)}\b)""", text, re.MULTILINE)
    place = _place(file, text[: line.end()]) if line else str(file)
    if wrong["type"] == "extra_forbidden":
        near = nearest(key, EXAMPLES) or "–"
        return SettingsError("CRM805", place=place, key=key, nearest=near, known=", ".join(EXAMPLES))
    value = tomllib.loads(text)[key]
    return SettingsError("CRM803", place=place, key=key, value=value, example=EXAMPLES[key])
