"""Where is the site, and what does its crmflow.toml say?"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from crmflow.core.text import Language
from crmflow.errors import SettingsError

FILE = "crmflow.toml"
KEYS = ("format", "url", "packs", "zone", "language", "rules")


class _Toml(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    format: int
    url: str = "sqlite:///crm.db"
    packs: list[str]
    zone: str = "UTC"
    language: Language = "en"
    rules: str = "rules"

    @field_validator("format")
    @classmethod
    def known_format(cls, value: int) -> int:
        if value != 1:
            raise ValueError("this version reads format 1")
        return value

    @field_validator("zone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not an IANA time zone, such as Asia/Shanghai")
        return value


class Site:
    """A folder with crmflow.toml: the database, the packs, the zone, the language and the own rule files."""

    def __init__(self, folder: Path, settings: _Toml) -> None:
        self.folder = folder
        self.packs: Sequence[str] = tuple(settings.packs)
        self.zone = ZoneInfo(settings.zone)
        self.language: Language = settings.language
        self.rules = folder / settings.rules
        self.url = _beside(settings.url, folder)

    @classmethod
    def find(cls, start: Path) -> Site:
        """The site in `start` or the nearest folder above. Raises SettingsError CRM801, CRM802, CRM803."""
        start = start.resolve()
        for folder in (start, *start.parents):
            if (folder / FILE).is_file():
                return cls.read(folder)
        raise SettingsError("CRM801", folder=start)

    @classmethod
    def read(cls, folder: Path) -> Site:
        file = folder / FILE
        try:
            data = tomllib.loads(file.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError("CRM802", file=file, reason=str(error)) from None
        try:
            return cls(folder, _Toml.model_validate(data))
        except ValidationError as error:
            raise _explain(file, error) from None

    @classmethod
    def init(cls, folder: Path, packs: Sequence[str], *, zone: str, language: str) -> Site:
        """Write crmflow.toml and an empty rules folder. Raises SettingsError CRM804 where a site is already."""
        if (folder / FILE).exists():
            raise SettingsError("CRM804", folder=folder)
        (folder / "rules").mkdir(parents=True, exist_ok=True)
        names = ", ".join(f'"{name}"' for name in packs)
        (folder / FILE).write_text(
            f'format   = 1\nurl      = "sqlite:///crm.db"\npacks    = [{names}]\n'
            f'zone     = "{zone}"\nlanguage = "{language}"\n'
            'rules    = "rules"          # own rulebooks, charts and params.yaml\n',
            "utf-8",
        )
        return cls.read(folder)


def _beside(url: str, folder: Path) -> str:
    """A relative SQLite file lies beside crmflow.toml, wherever the command is run."""
    prefix = "sqlite:///"
    path = url.removeprefix(prefix)
    if url.startswith(prefix) and path and path != ":memory:" and not Path(path).is_absolute():
        return prefix + (folder / path).as_posix()
    return url


def _explain(file: Path, error: ValidationError) -> SettingsError:
    """The first thing wrong with the settings, in our words."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = get_close_matches(key, KEYS, 1)
        reason = f"unknown key {key}" + (f", did you mean {near[0]}?" if near else "")
    elif first["type"] == "missing":
        reason = f"key {key} is missing"
    else:
        reason = f"{key} = {first['input']!r}: {first['msg'].removeprefix('Value error, ')}"
    return SettingsError("CRM803", file=file, key=key, reason=reason)
