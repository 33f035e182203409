"""What does a drawing of a chart say of a state, and of a move?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from crmflow.core.chart import At, Chart, Move, State, Term
from crmflow.core.text import Text, phrases

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Words:
    """The words of one chart in one language."""

    def __init__(self, chart: Chart, language: str) -> None:
        self.chart, self.language = chart, language

    def say(self, sentence: str, **parts: object) -> str:
        return phrases(__package__)[sentence].in_language(self.language).format_map(parts)

    def text(self, text: Text) -> str:
        return text.in_language(self.language)

    def name(self, name: str) -> str:
        """The chart's label of a role, fact, param or clock; else the name itself, without its pack."""
        bare = name.rpartition(".")[2]
        return self.text(self.chart.labels.get(name, Text(bare, bare)))

    def title(self, id: str) -> str:
        """What a state or an outer one is called."""
        labelled = self.chart.states.get(id) or self.chart.outers.get(id)
        return id if labelled is None else self.text(labelled.label)

    def other_title(self, id: str) -> str:
        """The same in the other language; empty where that says nothing new."""
        labelled = self.chart.states.get(id) or self.chart.outers.get(id)
        other = "en" if self.language == "zh" else "zh"
        found = "" if labelled is None else labelled.label.in_language(other)
        return "" if found == self.title(id) else found

    def about(self, state: State) -> Iterator[str]:
        """Who does a state's work, how long it may take, and what it does by itself."""
        who = [] if state.by is None else [self.name(state.by)]
        terms = dict.fromkeys(self.term(each) for each in state.within.values())
        if terms:
            who.append(self.say("state.within", term=" / ".join(terms)))
        if who:
            yield " · ".join(who)
        if state.send is not None:
            yield self.say("state.send", message=state.send.rpartition(".")[2])
        if state.opens is not None:
            yield self.say("state.opens", chart=state.opens.chart)
        if state.branches and state.join < len(state.branches):
            yield self.say("state.waits", join=state.join, count=len(state.branches))
        if state.undo is not None:
            step = state.undo in self.chart.states
            undo = self.title(state.undo) if step else state.undo.rpartition(".")[2]
            yield self.say("state.undo", undo=undo)

    def on(self, move: Move) -> str:
        """What a move waits for."""
        if move.after is not None:
            return self.say("on.after", length=self.length(move.after))
        if move.at is not None:
            return self.at(move.at)
        if move.trigger == "event":
            return self.say("on.event", event=move.event)
        return self.say(f"on.{move.trigger}")

    def at(self, at: At) -> str:
        sign = "-" if at.offset < timedelta() else "+"
        offset = f" {sign} {self.length(abs(at.offset))}" if at.offset else ""
        if at.fact is not None:
            return self.say("on.date", fact=self.name(at.fact.text), offset=offset)
        clock = self.say("state.step") if at.clock == "step" else self.name(str(at.clock))
        return self.say("on.clock", share=f"{at.share:.0%}", clock=clock, offset=offset)

    def conditions(self, move: Move) -> Iterator[str]:
        """What must hold for a move, and what it does besides."""
        if move.when is not None:
            fact = move.when.text in self.chart.facts
            yield f"[{self.name(move.when.text) if fact else move.when.text}]"
        for gate in move.gates:
            yield f"[{gate.id}]"
            yield from (f"· {self.text(line.label)}" for line in gate.lines)
        if move.up:
            yield f"↑ {self.say('also.up')}"
        if move.undo:
            yield f"↺ {self.say('also.undo')}"

    def term(self, term: Term) -> str:
        """How long a step may take, in working time."""
        days = [self.say("term.days", count=term.days)] if term.days else []
        return " ".join([*days, *self._time(term.time)])

    def length(self, length: timedelta) -> str:
        """So much time, nights included."""
        days = [self.say("term.length-days", count=length // DAY)] if length >= DAY else []
        return " ".join([*days, *self._time(length % DAY)]) or self.say("term.minutes", count=0)

    def _time(self, time: timedelta) -> Iterator[str]:
        if time >= HOUR:
            yield self.say("term.hours", count=time // HOUR)
        if time % HOUR:
            yield self.say("term.minutes", count=time % HOUR // MINUTE)
