"""What do the answers that come back on sheets do? They close visits and move cases on, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from crmflow.core.case import Case
from crmflow.core.decision import Visit
from crmflow.core.field import Field, Value
from crmflow.core.listing import Asked
from crmflow.core.moment import end_of_day
from crmflow.engine.forms import case_asks, case_key, case_mark, state_of, visit_asks, visit_key
from crmflow.engine.handling import close, send_event
from crmflow.engine.listings import WORDS
from crmflow.engine.release import Rules
from crmflow.engine.running import Work
from crmflow.errors import CrmflowError, ImportFileError, PlanningError, WorkflowError
from crmflow.exchange.cells import canonical
from crmflow.exchange.importing import ImportReport, Progress
from crmflow.exchange.listings import KEY
from crmflow.exchange.rejects import Rejects
from crmflow.exchange.results import Answers, ReturnedRow, returned, spellings
from crmflow.exchange.spelling import fold
from crmflow.store.batch import Batch

WorkAt = Callable[[datetime, int], Work]
"""The work on one customer as of a moment."""


@dataclass(slots=True)
class Results:
    """Takes the answers of one file; a second time they change nothing."""

    batch: Batch
    rules: Rules
    zone: ZoneInfo
    work: WorkAt
    new: int = 0
    same: int = 0
    empty: int = 0
    rows: list[ReturnedRow] = field(default_factory=list)

    def take(self, path: Path, language: str, progress: Progress | None = None) -> ImportReport:
        """Raises ImportFileError CRM450–453, CRM469, CRM497, CRM498; bad rows go to FILE.rejects.csv."""
        with Rejects.beside(path, [KEY], language) as rejects:
            for each in returned(path):
                if isinstance(each, tuple):
                    file, broken = each
                    rejects.add(file.place(broken.line), [broken.text], broken.error)
                else:
                    self.rows.append(each)
            known = self.known()
            for done, row in enumerate(self.rows, 1):
                try:
                    self.row(row, known)
                except CrmflowError as error:
                    column = error.parts.get("column")
                    rejects.add(row.place(str(column) if column else None), [row.key], error)
                if progress:
                    progress(done, len(self.rows))
        notes = (WORDS["imported.left-empty"].filled(count=self.empty),) if self.empty else ()
        return ImportReport(
            read=self.new + self.same + rejects.count,
            new=self.new,
            changed=0,
            same=self.same,
            rejected=rejects.count,
            rejects_path=rejects.path if rejects.count else None,
            notes=notes,
        )

    def subject(self, key: str) -> Visit | Case | None:
        """The visit or case that a key means; None where it means none of this site."""
        kind, _, rest = key.partition(":")
        number = rest.partition(":")[0]
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        if kind == "visit":
            visit = self.batch.visits.get(int(number))
            return visit if visit is not None and visit_key(visit) == key else None
        case = self.batch.cases.get(int(number)) if kind == "case" else None
        return case if case is not None and case_mark(case) == ":".join(key.split(":")[:3]) else None

    def asks(self, subject: Visit | Case, key: str) -> Asked:
        """What the row of this key asked; a case may have moved on since."""
        if isinstance(subject, Visit):
            return visit_asks(self.rules, subject)
        return case_asks(self.rules, subject, state_of(key))

    def known(self) -> set[str]:
        """Every header under which some row of the file is asked something."""
        asked = (
            self.asks(found, row.key) for row in self.rows if (found := self.subject(row.key)) is not None
        )
        return {fold(name) for each in asked for one in each.questions for name in spellings(one.field)}

    def row(self, row: ReturnedRow, known: set[str]) -> None:
        """Takes one row. Raises CrmflowError with the reason why it is not taken."""
        subject = self.subject(row.key)
        if subject is None:
            raise ImportFileError("CRM498", name=row.key)
        asked = self.asks(subject, row.key)
        if strangers := row.strangers(asked, known):
            fields = ", ".join(each.field.name for each in asked.questions)
            state = subject.reason if isinstance(subject, Visit) else subject.state
            raise WorkflowError("CRM512", state=state, lines=", ".join(strangers), fields=fields)
        answers = row.answers(asked, self.zone)
        if not answers:
            self.empty += 1
        elif self.is_open(subject, row.key):
            self.finish(subject, answers)
            self.new += 1
        else:
            self.compare(subject, asked, answers)
            self.same += 1

    def is_open(self, subject: Visit | Case, key: str) -> bool:
        """Whether a visit waits to be made, or a case for the step of the key."""
        if isinstance(subject, Visit):
            return subject.state == "open"
        return subject.closed_at is None and case_key(subject) == key

    def finish(self, subject: Visit | Case, answers: Answers) -> None:
        at = self.moment(answers.made_on)
        if isinstance(subject, Visit):
            close(self.batch, subject.id, answers.values, at)
            return
        _, refused = send_event(self.work(at, subject.customer_id), subject, "done", answers.values)
        if refused is not None:
            raise refused

    def compare(self, subject: Visit | Case, asked: Asked, answers: Answers) -> None:
        """Answers to what is done already must be those that are known. Raises ImportFileError CRM499."""
        if isinstance(subject, Visit) and subject.state == "withdrawn":
            raise WorkflowError("CRM521", id=subject.id)
        known = self.batch.visits.outcome(subject.id) if isinstance(subject, Visit) else subject.data
        other = [
            question.field.name
            for question in asked.questions
            if question.field.name in answers.values
            and not self.is_same(question.field, (known or {}).get(question.field.name), answers.values)
        ]
        if other:
            kind = "visit" if isinstance(subject, Visit) else "case"
            raise ImportFileError("CRM499", name=f"{kind}:{subject.id}", fields=", ".join(other))

    def is_same(self, field: Field, known: object, values: Mapping[str, Value]) -> bool:
        """Whether an answer is the one that is known, which a host may have given as a text."""
        if isinstance(known, str):
            try:
                known = field.parse(known, self.zone)
            except ValueError:
                return False
        return canonical(cast(Value, known)) == canonical(values[field.name])

    def moment(self, day: date | None) -> datetime:
        """When it was made: at the end of the day that is named, which must not lie ahead."""
        now = self.batch.now
        if day is None:
            return now
        if day > now.astimezone(self.zone).date():
            raise PlanningError("CRM630", day=day.isoformat())
        return min(end_of_day(day, self.zone), now)
