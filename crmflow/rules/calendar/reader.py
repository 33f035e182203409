"""What does one calendar's file say, and what in it cannot be read?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from crmflow.core.calendar import Layer, MonthDay, OwnDay, Season, Shift
from crmflow.core.calendar.holidays import Holidays, countries, holidays_of, parts_of
from crmflow.core.calendar.shift import Shifts, Week, weekdays
from crmflow.core.text import choices
from crmflow.rules.calendar.shape import CalendarShape, SeasonShape
from crmflow.rules.feel import nearest
from crmflow.rules.source import Document, Findings, Path

_EACH_YEAR = re.compile(r"(\d\d?)-(\d\d?)")
LEAP_YEAR = 2000
ALIKE = 5
OF_THE_MACHINE = ("localtime", "posixrules", "Factory")
"""Zones that are others elsewhere."""


class CalendarReader:
    """Reads one file; what is wrong goes to the findings, and the rest is read without it."""

    def __init__(self, document: Document, shape: CalendarShape, findings: Findings) -> None:
        self.document, self.shape, self.findings = document, shape, findings

    def read(self) -> Layer:
        """What the file says. Findings: CRM055, CRM056, CRM069, CRM126, CRM168, CRM171, CRM213, CRM542."""
        shape = self.shape
        holidays = tuple(self.holidays()) if shape.based_on else None
        made_up = shape.make_up_days
        return Layer(
            zone=None if shape.zone is None else self.zone(shape.zone),
            week=None if shape.week is None else self.week(("week",), shape.week),
            seasons=tuple(self.seasons()),
            holidays=holidays,
            worked=tuple(self.worked(holidays)),
            made_up=None if made_up is None else self.shifts(("make-up days",), made_up),
            days=dict(self.days()),
        )

    def zone(self, name: str) -> ZoneInfo | None:
        try:
            if name in OF_THE_MACHINE:
                raise ValueError(name)
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = nearest(name, sorted(available_timezones()))
            self.complain("CRM126", ("zone",), name, suggestion=near)
            return None

    # weeks

    def week(self, path: Path, shape: Mapping[str, Sequence[str]]) -> Week:
        """A weekday that stands in several lines has the shifts of the last."""
        week: dict[int, Shifts] = {}
        for days, texts in shape.items():
            shifts = self.shifts((*path, days), texts)
            try:
                week.update(dict.fromkeys(weekdays(days), shifts))
            except ValueError:
                self.complain("CRM213", (*path, days), days, key=True)
        return week

    def seasons(self) -> Iterator[Season]:
        for n, shape in enumerate(self.shape.seasons):
            path: Path = ("seasons", n)
            week = self.week((*path, "week"), shape.week)
            first = self.day((*path, "from"), shape.from_)
            last = None if shape.to is None else self.day((*path, "to"), shape.to)
            if first is None or (last is None and shape.to is not None):
                continue
            if _is_season(first, last):
                title = shape.title.text if shape.title.en or shape.title.zh else None
                yield Season(first, last, week, title)
            else:
                self.complain("CRM056", (*path, "from"), _span(shape))

    def shifts(self, path: Path, texts: Sequence[str]) -> Shifts:
        """The shifts of a day, each at its own place; those that overlap count once, and are noted."""
        read: list[tuple[Shift, Path]] = []
        for n, text in enumerate(texts):
            try:
                read.append((Shift.of(text), (*path, n)))
            except ValueError:
                self.complain("CRM055", (*path, n), text)
        read.sort(key=lambda each: each[0])
        for (before, _), (shift, at) in pairwise(read):
            if shift.start < before.end:
                parts = {"name": str(shift), "other": str(before)}
                self.findings.notes.append(self.document.diagnostic("CRM542", at, parts))
        return tuple(shift for shift, _ in read)

    # days

    def days(self) -> Iterator[tuple[date | MonthDay, OwnDay]]:
        for text, title in self.shape.closed.items():
            why = title.text if title.en or title.zh else None
            yield from self.own(self.place("closed", text), text, OwnDay((), why))
        for text, shifts in self.shape.own_days.items():
            path = ("own days", text)
            yield from self.own(path, text, OwnDay(self.shifts(path, shifts)))

    def own(self, path: Path, text: str, own: OwnDay) -> Iterator[tuple[date | MonthDay, OwnDay]]:
        day = self.day(path, text)
        if day is not None:
            yield day, own

    def day(self, path: Path, text: str) -> date | MonthDay | None:
        """A date, or the day of each year that "12-24" is."""
        yearly = _EACH_YEAR.fullmatch(text)
        try:
            if not yearly:
                return date.fromisoformat(text)
            month, day = map(int, yearly.groups())
            date(LEAP_YEAR, month, day)
            return month, day
        except ValueError:
            self.complain("CRM069", path, text, key=isinstance(path[-1], str) and path[-1] == text)
            return None

    # holidays

    def holidays(self) -> Iterator[Holidays]:
        for n, country in enumerate(self.shape.based_on):
            try:
                yield holidays_of(country)
            except KeyError:
                known = _places_like(country)
                near = nearest(country, known)
                self.complain("CRM168", ("based on", n), country, known=known, suggestion=near)

    def worked(self, holidays: Sequence[Holidays] | None) -> Iterator[str | date | MonthDay]:
        """Names that no holiday has are refused, unless the calendar below says which there are."""
        unknown = holidays is None and self.shape.on_top_of is not None
        texts = {
            spelling.casefold(): spelling
            for each in holidays or ()
            for name in each.closed.values()
            for spelling in (name.en, name.zh)
        }
        for n, name in enumerate(self.shape.except_):
            path = ("except", n)
            if name[:1].isdigit():
                day = self.day(path, name)
                if day is not None:
                    yield day
            elif unknown or name.casefold() in texts:
                yield name
            else:
                known = list(texts.values())
                self.complain("CRM171", path, name, known=known, suggestion=nearest(name, known))

    # places

    def place(self, key: str, text: str) -> Path:
        """The place of a day in a list or a mapping."""
        data = self.document.data[key]
        return (key, list(map(str, data)).index(text)) if isinstance(data, list) else (key, text)

    def complain(
        self,
        code: str,
        path: Path,
        name: str,
        *,
        key: bool = False,
        known: Iterable[str] = (),
        suggestion: str | None = None,
    ) -> None:
        parts: dict[str, object] = {"name": name, "known": choices(known, name)}
        found = self.document.diagnostic(code, path, parts, key=key, suggestion=suggestion)
        self.findings.errors.append(found)


def _is_season(first: date | MonthDay, last: date | MonthDay | None) -> bool:
    """From a date on or to a later one, or from one day of each year to another."""
    if isinstance(first, date):
        return last is None or (isinstance(last, date) and first <= last)
    return isinstance(last, tuple)


def _span(shape: SeasonShape) -> str:
    return f"{shape.from_} – {shape.to or ''}".strip()


def _places_like(country: str) -> list[str]:
    """The countries that may be meant, or the parts of the one that is."""
    whole = re.split(r"[-/]", country)[0]
    try:
        known = parts_of(whole) or (whole,)
    except KeyError:
        known = tuple(countries())
    return get_close_matches(country, known, n=ALIKE, cutoff=0)
