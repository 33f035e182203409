"""Which days does a country keep, and on which does it work in exchange?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import version

from crmflow.core.calendar.day import MonthDay
from crmflow.core.text import Text

FIRST, LAST = 2000, 2049
"""The years for which holidays are looked up."""
CHINA = ("China", "CN", "中国")
ESTIMATED = "estimated"
MADE_UP = Text("make-up working day", "调休上班")


@dataclass(frozen=True, slots=True)
class Holidays:
    """The holidays of a country or of a part of it, and its make-up working days (调休), each with its name.

    They are published, or can be computed, up to `known_until`. `source` names the data and their version.
    """

    source: str
    known_until: date
    closed: Mapping[date, Text] = field(default_factory=dict)
    made_up: Mapping[date, Text] = field(default_factory=dict)

    def but(self, worked: Iterable[str | date | MonthDay]) -> Holidays:
        """Without the holidays of these names or days: one works on them as on other days."""
        off = {each.casefold() if isinstance(each, str) else each for each in worked}
        closed = {
            day: name
            for day, name in self.closed.items()
            if not off & {day, (day.month, day.day), name.en.casefold(), name.zh.casefold()}
        }
        return Holidays(self.source, self.known_until, closed, self.made_up)


@cache
def holidays_of(country: str) -> Holidays:
    """Of "China", "US", "United States", "US-MA" or "United States/Massachusetts".

    Raises KeyError for a country or a part that the data do not have.
    """
    if country in CHINA:
        return _china()
    return _computed(*_place(country))


def countries() -> Iterator[str]:
    """Every country by its code and its name."""
    import holidays

    for name, codes in holidays.registry.COUNTRIES.items():
        yield from (codes[1], name.replace("_", " ").title())


def parts_of(country: str) -> tuple[str, ...]:
    """The parts of a country that have holidays of their own: "US-MA" and so on. Raises KeyError."""
    import holidays

    code = country if country in CHINA else _code(country)
    return () if code in CHINA else tuple(f"{code}-{part}" for part in getattr(holidays, code).subdivisions)


def _china() -> Holidays:
    """What the State Council has announced, year by year."""
    from chinese_calendar import constants

    def named(days: Mapping[date, str]) -> dict[date, Text]:
        return {day: Text(name, constants.Holiday(name).chinese) for day, name in sorted(days.items())}

    closed = named(constants.holidays)
    return Holidays(
        f"chinesecalendar {version('chinesecalendar')}",
        date(max(closed).year, 12, 31),
        closed,
        {
            day: Text(f"make-up working day for {name.en}", f"{name.zh}调休上班")
            for day, name in named(constants.workdays).items()
        },
    )


def _computed(code: str, part: str | None) -> Holidays:
    """What the laws of a country say; a day that follows the moon may be an estimate, and so is not known."""
    import holidays

    kind = getattr(holidays, code)
    years = range(max(FIRST, kind.start_year), min(LAST, kind.end_year) + 1)

    def named(language: str) -> holidays.HolidayBase:
        spoken = language if language in kind.supported_languages else None
        return holidays.country_holidays(code, subdiv=part, years=years, language=spoken)

    english, chinese = named("en_US"), named("zh_CN")
    estimated = {day.year for day, name in english.items() if ESTIMATED in name}
    return Holidays(
        f"holidays {version('holidays')}",
        date(max((year for year in years if year not in estimated), default=FIRST - 1), 12, 31),
        {day: Text(name, chinese.get(day, name)) for day, name in sorted(english.items())},
        dict.fromkeys(sorted(english.weekend_workdays), MADE_UP),
    )


def _place(country: str) -> tuple[str, str | None]:
    """The codes of a country and of a part of it. Raises KeyError."""
    import holidays

    name = country.casefold().replace("-", "_").replace(" ", "_")
    if name in holidays.registry.COUNTRIES:  # Guinea-Bissau is a whole
        return _code(country), None
    whole, separator, part = country.replace("/", "-").partition("-")
    code = _code(whole)
    if not separator:
        return code, None
    kind = getattr(holidays, code)
    known = {_plain(name): name for name in kind.subdivisions}
    known |= {_plain(alias): name for alias, name in kind.subdivisions_aliases.items()}
    return code, known[_plain(part)]


def _code(country: str) -> str:
    return _codes()[_plain(country)]


@cache
def _codes() -> Mapping[str, str]:
    import holidays

    return {
        _plain(spelling): codes[1]
        for name, codes in holidays.registry.COUNTRIES.items()
        for spelling in (name, *codes)
    }


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
