"""What became of a case, and what is to be written with it?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crmflow.core.case import Case, CaseEvent, Moved
from crmflow.errors import CrmflowError
from crmflow.store.cases import Stepped
from crmflow.workflow.step import Child, Send, Step

RETRY = timedelta(minutes=1)
"""After so long a case that failed is tried again, then after twice as long, and so on."""
LONGEST = timedelta(days=1)


@dataclass(slots=True)
class Turned:
    """A case as it was read and as it is by now, its new history, the cases that it opens, the events that it
    sends, and the event that it took."""

    before: Case
    case: Case
    history: list[Moved] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    taken: CaseEvent | None = None

    @classmethod
    def of(cls, case: Case) -> Turned:
        return cls(case, case)

    @classmethod
    def opened(cls, step: Step) -> Turned:
        return cls(step.case, step.case, list(step.history), list(step.children), list(step.sends))

    @property
    def written(self) -> Stepped:
        """What the store takes of it."""
        return Stepped(self.case, self.history, self.before)

    def add(self, step: Step) -> None:
        self.case = step.case
        self.history += step.history
        self.children += step.children
        self.sends += step.sends

    def settle(self) -> None:
        """It went well: earlier failures are forgotten."""
        if self.case.tries:
            self.case = self.case.but(tries=0, retry_at=None)

    def fail(self, error: CrmflowError, at: datetime, actor: str) -> None:
        """It cannot go on: the history says why, and it is tried again later, less and less often."""
        tries = self.case.tries + 1
        retry_at = at + min(RETRY * 2 ** min(tries - 1, 20), LONGEST)
        self.case = self.case.but(tries=tries, retry_at=retry_at, due_at=retry_at)
        self.history.append(Moved("error", at, actor, self.case.state, code=error.code, lines=(str(error),)))
