"""What does the journal keep of a decision, so that it can be explained and replayed?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from crmflow.core.customer import Customer
from crmflow.core.decision import Decision, Hit, Plan, Sending, Subject, Target
from crmflow.core.journal import Entry
from crmflow.core.post import Posts
from crmflow.planning.owners import appointed
from crmflow.rules.context import Context
from crmflow.rules.feel.language import LANGUAGE
from crmflow.rules.rulebook import Rulebook


class Decided(NamedTuple):
    """What a rulebook said of a subject, and what it saw: a Decision is made of it where one is wanted."""

    rulebook: Rulebook
    subject: Subject
    hits: tuple[Hit, ...]
    seen: Context
    unit: str | None

    @property
    def value(self) -> str | Target | Plan | Sending | None:
        return self.hits[0].value if self.hits else None

    @property
    def targets(self) -> list[Target]:
        """Whom its hits name."""
        return [hit.value for hit in self.hits if isinstance(hit.value, Target)]

    @property
    def rule(self) -> str | None:
        return self.hits[0].rule if self.hits else None


def entry_of(
    kind: str,
    decision: Decision,
    customer: Customer,
    actor: str,
    key: str | None,
    said: Mapping[str, object],
) -> Entry:
    """The journal's row: the outcome (`said`) with the rule, the facts and the unit's params that gave it.

    The release holds the rest: rulebooks, params for all, vocabulary, calendars. A decision that names no
    version of the language is of the first.
    """
    payload: dict[str, object] = {
        "rulebook": decision.rulebook,
        "hash": decision.hash,
        "rule": decision.rule,
        **said,
        "facts": decision.facts,
    }
    if decision.params:
        payload["params"] = decision.params
    if LANGUAGE > 1:
        payload["language"] = LANGUAGE
    return Entry(
        kind=kind,
        subject=str(decision.subject),
        actor=actor,
        at=decision.at,
        bucket=customer.bucket,
        customer_id=customer.id,
        release=decision.release,
        key=key,
        payload=payload,
    )


def own_params(rulebook: Rulebook, given: Mapping[str, object]) -> Mapping[str, object]:
    """The params that a unit has otherwise than all."""
    usual = rulebook.defaults
    return {name: value for name, value in given.items() if value != usual[name]}


def candidates(target: object, posts: Posts, loads: Mapping[str, int]) -> Mapping[str, object]:
    """Among whom a choice is made, each with the customers they have; nothing where there is no choice."""
    codes = appointed(target, posts) if isinstance(target, Target) and target.staff is None else ()
    return {"candidates": {code: loads.get(code, 0) for code in codes}} if len(codes) > 1 else {}
