"""Which calendars are there, which lies on top of which, and whose is each?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from crmflow.core.calendar import ALWAYS, Calendar, Layer
from crmflow.core.calendars import Calendars
from crmflow.core.text import choices
from crmflow.errors import RuleFileError
from crmflow.rules.calendar.reader import CalendarReader
from crmflow.rules.calendar.shape import CalendarShape
from crmflow.rules.feel import nearest
from crmflow.rules.fit import shaped
from crmflow.rules.source import Document, Findings, RuleFile, read
from crmflow.rules.vocabulary import Word, spelled

DEFAULT = "calendars/default"
Files = Mapping[str, tuple[Document, CalendarShape]]


def read_calendars(files: Files, roles: Mapping[str, Word] | None, findings: Findings) -> Calendars:
    """The calendars by id and by whose they are; one that cannot be read is left out, with its findings.
    Without a site its roles are not known (None).

    Besides those of each file (CalendarReader): CRM061 a zone or week is missing, CRM131 an unknown role,
    CRM169 two calendars of the same unit, role or person, CRM170 an unknown calendar below, CRM543 a circle,
    CRM541 no working time at all.
    """
    return _Site(files, roles, findings).calendars()


def calendar_at(path: Path) -> Calendar:
    """The calendar of a file, without a site; what it lies on top of is a file beside it.

    Raises RuleFileError CRM090, with `diagnostics`: it cannot be used.
    """
    files: dict[str, tuple[Document, CalendarShape]] = {}
    findings = Findings()
    wanted: str | None = path.stem
    while wanted is not None and wanted not in files:
        file = path.with_name(f"{wanted}{path.suffix}")
        if files and not file.is_file():
            break
        document = read(RuleFile(file.name, file.read_bytes(), shown=str(file)), findings)
        shape = None if document is None else shaped(CalendarShape, document, (), findings)
        if document is None or shape is None:
            break
        files[wanted] = document, shape
        wanted = shape.on_top_of
    calendars = read_calendars(files, None, findings)
    if findings.errors:
        raise unusable(findings)
    return calendars.named[path.stem]


class _Site:
    """Reads each file once, what lies below before what lies on top."""

    def __init__(self, files: Files, roles: Mapping[str, Word] | None, findings: Findings) -> None:
        self.files, self.roles, self.findings = files, roles, findings
        self.layers: dict[str, Layer | None] = {}

    def calendars(self) -> Calendars:
        named = {}
        for id in self.files:
            layer = self.layer(id)
            if layer is not None and self.is_whole(id, layer):
                named[id] = layer.calendar(id)
        return Calendars(
            named.get(DEFAULT, ALWAYS),
            staff=self.owned("staff", named),
            roles=self.owned("roles", named),
            units=self.owned("units", named),
            named=named,
        )

    def layer(self, id: str, above: tuple[str, ...] = ()) -> Layer | None:
        """What a file says with what lies below it; None where that is not there, or is the file itself."""
        if id not in self.layers:
            document, shape = self.files[id]
            own = CalendarReader(document, shape, self.findings).read()
            self.layers[id] = own if shape.on_top_of is None else self.over(own, id, shape.on_top_of, above)
        return self.layers[id]

    def over(self, own: Layer, id: str, name: str, above: tuple[str, ...]) -> Layer | None:
        below, path = self.below(id, name), (*above, id)
        if below is None:
            known = [each for each in self.files if each not in path]
            self.complain("CRM170", id, name=name, known=choices(known, name), near=nearest(name, known))
            return None
        if below in path:
            circle = " → ".join((*path[path.index(below) :], below))
            self.complain("CRM543", id, name=below, circle=circle)
            return None
        layer = self.layer(below, path)
        return None if layer is None else own.over(layer)

    def complain(self, code: str, id: str, near: str | None = None, **parts: object) -> None:
        """At what a file lies on top of."""
        document, _ = self.files[id]
        found = document.diagnostic(code, ("on top of",), parts, suggestion=near)
        self.findings.errors.append(found)

    def below(self, id: str, name: str) -> str | None:
        """The id that is meant: an id, or the name of a file in the same folder."""
        beside = f"{id.rpartition('/')[0]}/{name}"
        return next((each for each in (name, beside) if each in self.files), None)

    def is_whole(self, id: str, layer: Layer) -> bool:
        """A zone, and working time on some day."""
        document, shape = self.files[id]
        missing = [
            key
            for key, there in (("zone", shape.zone), ("week", shape.week))
            if there is None and shape.on_top_of is None
        ]
        told = any(error.file == document.file.name for error in self.findings.errors)
        for key in missing if not told else ():
            self.findings.errors.append(document.diagnostic("CRM061", (), {"name": key}, key=True))
        if missing or layer.zone is None:
            return False
        weeks = [layer.week or {}, *(season.week for season in layer.seasons)]
        if any(any(week.values()) for week in weeks) or any(own.shifts for own in layer.days.values()):
            return True
        if not told:
            self.findings.errors.append(document.diagnostic("CRM541", ("week",), {"name": id}, key=True))
        return False

    def owned(self, kind: str, named: Mapping[str, Calendar]) -> dict[str, Calendar]:
        """The calendars of units, roles or persons by their code; each has one."""
        found: dict[str, str] = {}
        for id, (document, shape) in self.files.items():
            for n, code in enumerate(getattr(shape.for_, kind)):
                path = ("for", kind, n)
                known = self.role(document, path, code) if kind == "roles" else code
                if known in found:
                    parts = {"name": code, "other": found[known]}
                    self.findings.errors.append(document.diagnostic("CRM169", path, parts))
                elif known is not None:
                    found[known] = id
        return {code: named[id] for code, id in found.items() if id in named}

    def role(self, document: Document, path: tuple[str | int, ...], name: str) -> str | None:
        """The bare name of a role by any of its spellings."""
        if self.roles is None:
            return name
        role = spelled(self.roles, name)
        if role is None:
            parts = {"name": name, "known": choices(self.roles, name)}
            near = nearest(name, self.roles)
            self.findings.errors.append(document.diagnostic("CRM131", path, parts, suggestion=near))
        return role


def unusable(findings: Findings) -> RuleFileError:
    """What keeps a file from being used, with the first of its errors."""
    first = min(findings.errors, key=lambda error: (error.start.line, error.start.column))
    return RuleFileError(
        "CRM090",
        count=len(findings.errors),
        place=f"{first.file}:{first.start.line}:{first.start.column}",
        first=first.message(),
        diagnostics=tuple(findings.errors),
    )
