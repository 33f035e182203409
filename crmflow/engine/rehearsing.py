"""Do the tests that stand in rule files pass, what do they reach, and which are missing?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmflow.core.decision import Target
from crmflow.core.post import Posts
from crmflow.planning.owners import choose
from crmflow.rules.cases import CaseResult, run_cases
from crmflow.rules.coverage import Covered, coverage
from crmflow.rules.coverage.suggest import Suggestions, suggest
from crmflow.rules.coverage.suggest_chart import suggest_chart
from crmflow.rules.ruleset import Ruleset
from crmflow.workflow.rehearsal import rehearse


def run_tests(rules: Ruleset, names: Sequence[str] = (), *, fail_fast: bool = False) -> list[CaseResult]:
    """What each test came to, with the people and the charts of production; with `fail_fast` up to the first
    that fails. Raises RuleFileError CRM137 for a name that means nothing."""
    ids = rules.named(names)
    cases = {id: each for id, each in rules.cases.items() if id in ids}
    results = []
    for result in run_cases(cases, rules.documents, choose=_choose, rehearse=rehearse):
        results.append(result)
        if fail_fast and not result.passed:
            break
    return results


def covered(rules: Ruleset, names: Sequence[str] = ()) -> tuple[Covered, ...]:
    """What the tests reach of their own files. Raises RuleFileError CRM137 for a name that means nothing."""
    return coverage(rules, rules.named(names), rehearse=rehearse)


def suggested(rules: Ruleset, names: Sequence[str] = ()) -> list[Suggestions]:
    """Skeletons of tests for what those of rulebooks and charts do not reach. Raises RuleFileError CRM137."""
    ids = rules.named(names)
    return [
        *(suggest(rules, each, _choose) for each in rules.rulebooks if each.id in ids),
        *(suggest_chart(rules, each, rehearse) for id, each in rules.charts.items() if id in ids),
    ]


def _choose(target: Target, current: str | None, posts: Posts, loads: Mapping[str, int]) -> str | None:
    return choose(target, current, posts, loads).staff
