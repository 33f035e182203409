"""How does one speak of a case? Its states, people, moments and values, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crmflow.core.chart import Chart, Term
from crmflow.core.field import Field
from crmflow.core.moment import shown
from crmflow.core.post import Posts
from crmflow.core.text import Text, listed, phrases

ACTORS = {
    "host": Text("the host system", "业务系统"),
    "worker": Text("the clock", "系统计时"),
    "cli": Text("the command line", "命令行"),
}


def say(sentence: str, **parts: object) -> Text:
    """A sentence with its parts; a part that is a Text gives each language its own."""
    return phrases(__package__, "sentences.toml")[sentence].filled(**parts)


class Words:
    """The labels of one chart, and the names of the people and units around it.

    Instants are shown in `zone`; personal values only with `show_personal`.
    """

    def __init__(self, chart: Chart, posts: Posts, zone: ZoneInfo, *, show_personal: bool = False) -> None:
        self.chart = chart
        self.posts = posts
        self.zone = zone
        self.show_personal = show_personal
        gates = [gate for move in chart.moves for gate in move.gates]
        self.lines = {line.id: line.label for gate in gates for line in gate.lines}
        self.fields = {
            form_field.field.name: form_field.field
            for state in chart.states.values()
            for form_field in state.form
        }

    def label(self, name: str | None) -> Text:
        """The chart's label of a role, level, field, fact or param; else the name, without its pack."""
        bare = (name or "").rpartition(".")[2]
        return self.chart.labels.get(name or "", Text(bare, bare))

    def state(self, id: str | None) -> Text:
        state = self.chart.states.get(id or "")
        return state.label if state else self.label(id)

    def escalation(self, id: str | None) -> Text:
        return next((each.label for each in self.chart.escalations if each.id == id), self.label(id))

    def where(self, level: str | None) -> Text:
        """At which level, as the end of a sentence."""
        return say("where", level=self.label(level)) if level else Text("", "")

    def line(self, id: str) -> Text:
        """A gate line, a field of a form, or the condition of a move."""
        if id in self.lines:
            return self.lines[id]
        if id in self.fields:
            return self.fields[id].label
        when = next((move.when for move in self.chart.moves if move.id == id), None)
        text = when.text if when is not None else id
        return self.chart.labels.get(text, Text(text, text))

    def person(self, code: str | None) -> Text:
        if code in ACTORS:
            return ACTORS[code]
        staff = self.posts.staff.get(code or "")
        name = code or ""
        return Text(f"{staff.name} ({code})", f"{staff.name}（{code}）") if staff else Text(name, name)

    def unit(self, code: str | None) -> Text:
        unit = self.posts.units.get(code or "")
        name = unit.name if unit else code or "?"
        return Text(name, name)

    def moment(self, at: datetime) -> str:
        return shown(at, self.zone)

    def filled(self, values: Mapping[str, object]) -> Text:
        """What was filled in, after a semicolon; empty where nothing was."""
        known = {name: value for name, value in values.items() if name in self.fields and value is not None}
        if not known:
            return Text("", "")
        pairs = (self._value(self.fields[name], value) for name, value in known.items())
        return say("filled", values=listed(pairs))

    def _value(self, field: Field, value: object) -> Text:
        if field.personal and not self.show_personal:
            shown: object = say("hidden")
        elif isinstance(value, bool):
            shown = say("yes" if value else "no")
        else:
            shown = self.person(str(value)) if field.kind == "staff" else value
        return say("value", field=field.label, value=shown)


def term(allowed: Term) -> Text:
    """ "2 working days 4 h"."""
    days = [_days("working-day", allowed.days)] if allowed.days else []
    return _spaced([*days, *_time(allowed.time)])


def elapsed(duration: timedelta) -> Text:
    """ "7 days"; what is not days is hours and minutes."""
    days = [_days("day", duration.days)] if duration.days else []
    return _spaced([*days, *_time(duration - timedelta(days=duration.days))])


def worked(time: timedelta) -> Text:
    """ "90 h", "7 h 30 min", "3 h 2 s": exact to the second, in hours however long."""
    seconds = time % timedelta(minutes=1) // timedelta(seconds=1)
    shown = [*_time(time), *([say("seconds", count=seconds)] if seconds else [])]
    return _spaced(shown) if shown else say("nothing")


def _days(sentence: str, count: int) -> Text:
    return say(sentence if count == 1 else f"{sentence}s", count=count)


def _time(duration: timedelta) -> list[Text]:
    hours, rest = divmod(duration, timedelta(hours=1))
    minutes = rest // timedelta(minutes=1)
    shown = [say("hours", count=hours)] if hours else []
    return [*shown, say("minutes", count=minutes)] if minutes else shown


def _spaced(texts: list[Text]) -> Text:
    return Text(" ".join(text.en for text in texts), "".join(text.zh for text in texts))
