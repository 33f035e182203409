"""What of a rule can durable-rules not be asked? Found when the file is loaded, before any library runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from crmflow.errors import FeelError
from crmflow.rules.durable.linear import Encoding
from crmflow.rules.durable.ruleset import RuleWriter
from crmflow.rules.infer.body import body_of, with_hidden
from crmflow.rules.infer.program import InferenceRule, Relation

DECIMALS: Final = 6  # of a field, at most
SOME_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)


def refusal(
    rule: InferenceRule, relations: Mapping[str, Relation], params: Mapping[str, object]
) -> tuple[int | None, FeelError] | None:
    """The place in `when` of the condition that is refused (None: all together are too many), and why."""
    writer = RuleWriter({"today": SOME_DAY.date(), "now": SOME_DAY, **params}, Encoding(DECIMALS))
    declared = {name: rule.variables[name] for name in rule.declared}
    for place, each in enumerate(rule.when):
        body, hidden = with_hidden(body_of(iter([each.tree]), declared), relations, declared)
        try:
            writer.write(replace(rule, variables={**declared, **hidden}, when=(each,), body=body))
        except FeelError as error:
            return place, error
    try:
        writer.write(rule)
    except FeelError as error:
        return None, error
    return None
