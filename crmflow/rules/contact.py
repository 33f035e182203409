"""How do the purposes, channels and messages of a vocabulary's file become what is sent, and when?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from crmflow.core.calendar import Calendar
from crmflow.core.contact import Channel, Purpose
from crmflow.rules import spoken
from crmflow.rules.chart.words import term
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import Message
from crmflow.rules.vocabulary_shape import ChannelShape, MessageShape, PurposeShape

EVERY_DAY = "mon-sun"
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ContactReader:
    """Reads what one file says of messages; what cannot be read becomes a finding."""

    document: Document
    findings: Findings

    def purpose(self, name: str, shape: PurposeShape) -> Purpose:
        path = ("purposes", name)
        return Purpose(
            name,
            shape.label(name),
            shape.consent,
            self.week((*path, "hours"), shape.hours),
            None if shape.at_most is None else int(shape.at_most),
            self.length((*path, "per"), shape.per),
            tuple(shape.aliases),
        )

    def channel(self, name: str, shape: ChannelShape) -> Channel:
        return Channel(name, shape.label(name), shape.to, tuple(shape.aliases))

    def message(self, name: str, shape: MessageShape) -> Message:
        return Message(
            f"{self.document.pack}.{name}",
            shape.purpose,
            shape.label(name),
            tuple(shape.aliases),
            shape.to,
            shape.channel,
            None if shape.subject is None else shape.subject.text,
            self.length(("messages", name, "within"), shape.within),
        )

    def week(
        self, path: Path, hours: str | Mapping[str, Sequence[str]] | None
    ) -> Mapping[str, list[str]] | None:
        """The shifts by weekdays (CRM213 what cannot be read); None: at any hour."""
        if hours is None:
            return None
        by_days = {EVERY_DAY: [hours]} if isinstance(hours, str) else hours
        for days, shifts in by_days.items():
            try:
                Calendar.weekly("hours", ZoneInfo("UTC"), {days: shifts})
            except ValueError:
                at = path if isinstance(hours, str) else (*path, days)
                name = ", ".join(shifts) if isinstance(hours, str) else f"{days}: {', '.join(shifts)}"
                self.findings.errors.append(self.document.diagnostic("CRM213", at, {"name": name}))
        return {days: list(shifts) for days, shifts in by_days.items()}

    def length(self, path: Path, text: str | None) -> timedelta:
        """A duration (CRM068 what is none); a week where nothing is said."""
        if text is None:
            return WEEK
        length = term(text)
        if length is None:
            meant = spoken.length(text)
            finding = self.document.diagnostic("CRM068", path, {"name": text}, suggestion=meant)
            self.findings.errors.append(finding)
            return WEEK
        return timedelta(days=length.days) + length.time
