"""When is each case of a CSV file due, by what happened to its clock? (columns id, type, start, event, at)"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crmflow.core.calendar import ALWAYS, Calendar
from crmflow.core.clock import EVENT_NAMES, Clock, ClockEvent, EventName
from crmflow.errors import CrmflowError, ImportFileError, WorkflowError
from crmflow.exchange.cells import iso
from crmflow.exchange.csvfile import CsvFile
from crmflow.exchange.spelling import narrow
from crmflow.exchange.tablefile import Broken, Row, format_of
from crmflow.rules.due import as_moment, as_target
from crmflow.rules.targets import Target, targets_at

NEEDED = ("id", "type", "start")
EVENT, AT, TARGET = "event", "at", "target"


@dataclass(frozen=True, slots=True)
class Due:
    """The due time of a case in the calendar's zone; None for a reason. `provisional` past the last day for
    which the calendar knows the holidays."""

    id: str
    at: datetime | None
    provisional: bool = False
    reason: CrmflowError | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line of the file."""

    line: int
    error: CrmflowError


@dataclass(slots=True)
class _Case:
    """A case as its rows tell it, with the first that can be read; `wrong` is the first thing that makes its
    due time unknown."""

    line: int = 0
    row: Mapping[str, str] = field(default_factory=dict)
    events: list[ClockEvent] = field(default_factory=list)
    wrong: CrmflowError | None = None


class ClockReplay:
    """Reads the whole file, for the rows of a case may stand anywhere in it; `problems` are the rows that
    cannot be used. The due time of a case with such a row is not known, for it might be another.

    Raises ImportFileError: unreadable CRM450, empty CRM451, no text CRM453; WorkflowError: another format
    CRM544, columns CRM552; RuleFileError CRM090 for a targets file that cannot be used.
    """

    def __init__(self, path: Path, calendar: Calendar, targets: Path) -> None:
        if (found := format_of(path)) != "CSV":
            raise WorkflowError("CRM544", path=path, found=found)
        self.file = CsvFile.open(path)
        self.headers = [narrow(header).strip().lower() for header in self.file.headers]
        missing = [name for name in NEEDED if name not in self.headers]
        if missing:
            raise WorkflowError("CRM552", path=path, missing=", ".join(missing))
        self.calendar = calendar
        self.targets = targets_at(targets, self.headers)
        self.problems: list[Problem] = []
        self._cases: dict[str, _Case] = {}
        for row in self.file.rows():
            self._take(row)

    def dues(self) -> Iterator[Due]:
        """A due time for each case, in the order in which they first appear."""
        for id, case in self._cases.items():
            try:
                yield self._due(id, case)
            except CrmflowError as error:
                self.problems.append(Problem(case.line, error))
                yield Due(id, None, reason=error)

    # reading

    def _take(self, row: Row | Broken) -> None:
        if isinstance(row, Broken):
            self.problems.append(Problem(row.line, row.error))
            if id := self._id(row):
                self._spoil(self._case(id), row.error)
            return
        cells = {name: str(cell or "").strip() for name, cell in zip(self.headers, row.cells, strict=True)}
        if not cells["id"]:
            self.problems.append(Problem(row.line, ImportFileError("CRM475", name="id")))
            return
        case = self._case(cells["id"])
        if not case.row:
            case.line, case.row = row.line, cells
        try:
            self._read(case, cells, row.line)
        except CrmflowError as error:
            self.problems.append(Problem(row.line, error))
            self._spoil(case, error)

    def _case(self, id: str) -> _Case:
        return self._cases.setdefault(id, _Case())

    def _id(self, broken: Broken) -> str:
        """Whose row it is, as far as that can be told."""
        cells = dict(zip(self.headers, self.file.whole_cells(broken), strict=False))
        return cells.get("id", "").strip()

    def _spoil(self, case: _Case, error: CrmflowError) -> None:
        case.wrong = case.wrong or error

    def _read(self, case: _Case, cells: Mapping[str, str], line: int) -> None:
        for column in ("type", "start"):
            if cells[column] != case.row[column] and (column == "type" or self._differs(case, cells)):
                said = {"column": column, "found": cells[column], "first": case.row[column]}
                raise WorkflowError("CRM551", id=cells["id"], line=case.line, **said)
        if line == case.line:
            target = self._target(cells).term(cells)
            case.events.append(ClockEvent("start", self._moment(cells["start"]), target=target))
        name, at = cells.get(EVENT, ""), cells.get(AT, "")
        if name or at:
            case.events.append(self._event(name, at, cells, line))

    def _differs(self, case: _Case, cells: Mapping[str, str]) -> bool:
        """Whether the start is another moment, however it is written."""
        return self._moment(cells["start"]) != self._moment(case.row["start"])

    def _target(self, cells: Mapping[str, str]) -> Target:
        found = self.targets.get(cells["type"])
        if found is None:
            raise WorkflowError("CRM550", name=cells["type"], known=", ".join(self.targets))
        return found

    def _event(self, name: str, at: str, cells: Mapping[str, str], line: int) -> ClockEvent:
        if not name:
            raise WorkflowError("CRM545", at=at)
        known: EventName | None = next((each for each in EVENT_NAMES if each == name.lower()), None)
        if known is None:
            raise WorkflowError("CRM547", name=name, known=", ".join(EVENT_NAMES))
        target = as_target(cells.get(TARGET, "")) if known == "swap" else self._target(cells).term(cells)
        return ClockEvent(known, self._moment(at), id=line, target=target)

    def _moment(self, text: str) -> datetime:
        try:
            return as_moment(iso(narrow(text)), self.calendar)
        except WorkflowError:
            raise ImportFileError("CRM472", value=text) from None

    # due times

    def _due(self, id: str, case: _Case) -> Due:
        if case.wrong is not None:
            return Due(id, None, reason=case.wrong)
        elapsed = self._target(case.row).elapsed
        calendar = ALWAYS if elapsed else self.calendar
        clock = Clock(calendar).fold(case.events)
        if clock.due is None:
            return Due(id, None, reason=WorkflowError("CRM546", at=self._shown(clock.paused_at)))
        at = clock.due.astimezone(self.calendar.zone)
        return Due(id, at, calendar.provisional(at))

    def _shown(self, at: datetime | None) -> str:
        return "" if at is None else at.astimezone(self.calendar.zone).isoformat()
