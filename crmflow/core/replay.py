"""What came out when a stored decision was decided again?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from crmflow.core.explanation import plain
from crmflow.core.text import Text

Verdict = Literal["same", "different", "erased", "unknown"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of the decision that is not what it was: its name, what was recorded, and what comes out now."""

    name: str
    recorded: object
    replayed: object


@dataclass(frozen=True, slots=True)
class Replay:
    """One entry of the journal, decided again from the release, facts and params of then.

    `erased`: what it was decided from is gone; `unknown`: the entry is no decision, or its rules are not
    kept (`reason`). `fixes` are changes of the language since then that a difference may come from.
    """

    id: int
    kind: str
    subject: str
    at: datetime
    verdict: Verdict
    release: str | None = None
    rulebook: str | None = None
    differences: tuple[Difference, ...] = ()
    fixes: tuple[Text, ...] = ()
    reason: Text | None = None
    outcome: Mapping[str, object] = field(default_factory=dict)

    def record(self, language: str) -> dict[str, Any]:
        """For `--json`."""
        return {
            "decision": self.id,
            "kind": self.kind,
            "subject": self.subject,
            "at": self.at.isoformat(),
            "verdict": self.verdict,
            "release": self.release,
            "rulebook": self.rulebook,
            "outcome": plain(self.outcome),
            "differences": [
                {"name": each.name, "recorded": plain(each.recorded), "replayed": plain(each.replayed)}
                for each in self.differences
            ],
            "fixes": [fix.in_language(language) for fix in self.fixes],
            "reason": None if self.reason is None else self.reason.in_language(language),
        }
