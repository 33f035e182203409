"""What did moving running cases to another version of their chart come to?"""

from __future__ import annotations

from dataclasses import dataclass

from crmflow.errors import WorkflowError


@dataclass(frozen=True, slots=True)
class Refusal:
    """A case that stays with its chart as it was, in its state, and why: CRM524–CRM529, CRM596."""

    case: int
    state: str
    reason: WorkflowError


@dataclass(frozen=True, slots=True)
class Migration:
    """The ids of the cases that have the chart in force now, how many had it before, and those that were
    refused. With `dry` nothing was written."""

    chart: str
    moved: tuple[int, ...]
    had_it: int
    refused: tuple[Refusal, ...]
    dry: bool = False
