"""In which site and language does a command work, and what does it say on standard error?"""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console

from crmflow.core.moment import MICROSECOND, end_of_day, parse_moment
from crmflow.core.text import Text
from crmflow.errors import SettingsError, WorkflowError
from crmflow.exchange.listings import Style

if TYPE_CHECKING:
    from crmflow.engine import Engine
    from crmflow.settings import Site

# Where no terminal cuts a line, a table is as wide as it needs to be.
UNBOUNDED = 10_000


@dataclass
class Shell:
    """What a command needs of its surroundings: data goes to `out`, talk to `err`."""

    folder: Path
    chosen: str | None = None

    @cached_property
    def out(self) -> Console:
        return console(sys.stdout)

    @cached_property
    def err(self) -> Console:
        return console(sys.stderr)

    @cached_property
    def site(self) -> Site:
        """The site here or above. Raises SettingsError CRM801."""
        from crmflow.settings import Site

        return Site.find(self.folder)

    @property
    def language(self) -> str:
        """As chosen, else the site's, else the surroundings'."""
        if self.chosen:
            return self.chosen
        try:
            return self.site.language
        except SettingsError:
            return "zh" if surrounding_language().startswith("zh") else "en"

    @contextmanager
    def engine(self, site: Site | None = None) -> Iterator[Engine]:
        """The site's engine, closed at the end."""
        site = site or self.site
        from crmflow.engine import Engine

        with Engine.open(site) as engine:
            yield engine

    def style(self, personal: bool = False) -> Style:
        return Style(self.language, self.site.zone, personal)

    def writable(self, path: Path) -> Path:
        """A file that a command is to write: no folder is made for it. Raises SettingsError CRM817."""
        if path.is_dir() or not os.access(path.parent, os.W_OK):
            raise SettingsError("CRM817", path=path)
        return path

    def say(self, en: str, zh: str) -> None:
        """One sentence on standard error, where it cannot be taken for data."""
        self.err.print(Text(en, zh).in_language(self.language), markup=False, soft_wrap=True)

    def moment(self, text: str | None) -> datetime | None:
        """A date (its last microsecond) or an instant, in the site's zone. Raises SettingsError CRM814."""
        try:
            return parse_moment(text, self.site.zone) if text else None
        except ValueError:
            raise SettingsError("CRM814", value=text) from None

    def past(self, text: str | None) -> datetime | None:
        """When something happened: as `moment`, and of today's date now. Raises SettingsError CRM814,
        WorkflowError CRM566 still to come."""
        at, now = self.moment(text), datetime.now(UTC)
        if at is None or at <= now:
            return at
        if text == now.astimezone(self.site.zone).date().isoformat():
            return now
        raise WorkflowError("CRM566", at=f"{at.astimezone(self.site.zone):%Y-%m-%d %H:%M}")

    def beginning(self, text: str | None) -> datetime | None:
        """A date's first moment, or an instant, in the site's zone. Raises SettingsError CRM814."""
        at = self.moment(text)
        if at is None or len(str(text)) != len("2026-01-31"):
            return at
        return end_of_day(date.fromisoformat(str(text)) - timedelta(days=1), self.site.zone) + MICROSECOND

    @contextmanager
    def progress(self, en: str, zh: str) -> Iterator[Callable[[int, int], None] | None]:
        """Shows how far long work is, where a person looks on; None in a pipe or in CI."""
        if not sys.stderr.isatty() or "CI" in os.environ:
            yield None
            return
        from rich.progress import Progress

        with Progress(console=self.err, transient=True) as shown:
            task = shown.add_task(Text(en, zh).in_language(self.language), total=None)
            yield lambda done, total: shown.update(task, completed=done, total=total)


def console(file: TextIO) -> Console:
    """Colour as NO_COLOR and FORCE_COLOR ask; lines are cut only where a terminal has an edge.

    What goes to a file or a pipe is UTF-8 on every system; a terminal shows ? for a sign that it lacks.
    """
    if isinstance(file, TextIOWrapper):
        file.reconfigure(encoding=None if file.isatty() else "utf-8", errors="replace")
    width = None if file.isatty() or "COLUMNS" in os.environ else UNBOUNDED
    return Console(file=file, width=width, highlight=False)


def surrounding_language() -> str:
    """The locale that the terminal or the system names, such as zh_CN.UTF-8."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value
    return locale.getlocale()[0] or ""
