"""Do charts run in circles, as rules of other systems did? (pains, 24)"""

from __future__ import annotations

from pathlib import Path

import pytest

from crmflow.errors import WorkflowError
from crmflow.rules.check import check
from crmflow.rules.source import RuleFile
from tests.workflow.world import DAY, MONDAY, Play

CORE = Path(__file__).parents[2] / "crmflow" / "core"
CIRCLE = """
format: 1
title:  {en: Circle, zh: 循环}
case:   {kind: complaint, start: ask}
states:
  ask:  {en: ask, zh: 问, by: handler, form: {more: {en: more, zh: 再来, type: boolean}}}
  one:  {en: one, zh: 一}
  two:  {en: two, zh: 二}
  end:  {en: end, zh: 完, end: true}
moves:
  - [asked, ask, done,  "-",  one]
  - [there, one, enter, more, two]
  - [back,  two, enter, more, one]
  - [over,  [one, two], over, "-", end]
tests:
  - name: {en: over, zh: 完}
    given: {level: station}
    do: [{done: {more: false}}, {event: over}]
    expect: {state: end}
"""


def test_discourse_26814_a_rule_that_triggers_itself_is_stopped() -> None:
    """An automation that set off itself ran until somebody noticed."""
    play = Play("odd", facts={"kind": "unit"})
    with pytest.raises(WorkflowError) as stopped:
        play.done(MONDAY, amount=100, on="2026-01-05")
    assert (stopped.value.code, stopped.value.cycle) == ("CRM502", "one → two → one")


def test_palaia_338_a_loop_of_rules_is_found_before_it_runs() -> None:
    """Two rules that answered each other were only found in production."""
    vocabulary = RuleFile("core/vocabulary.yaml", (CORE / "vocabulary.yaml").read_bytes(), "core", "core", "")
    found = check([vocabulary, RuleFile("charts/circle.yaml", CIRCLE.encode(), "site", "site", "")])
    [circle] = [each for each in found if each.code == "CRM285"]
    assert "one —there→ two —back→ one" in circle.message("en")


def test_discourse_40672_a_limit_does_not_stop_what_people_do_again_and_again() -> None:
    """A limit on automations also stopped those that somebody had started on purpose."""
    play = Play("odd", facts={"kind": "person"})
    play.done(MONDAY, amount=5, on="2026-01-05")
    for _ in range(150):
        play.send("pause", MONDAY)
        play.send("resume", MONDAY)
    assert (play.case.state, play.case.entries["wait"]) == ("half", 150)


def test_opendial_12_looking_again_at_one_moment_changes_nothing_more() -> None:
    """Rules went on triggering one another while nothing new had happened."""
    play = Play("odd", facts={"kind": "person"})
    play.done(MONDAY, amount=5, on="2026-01-05")
    play.send("pause", MONDAY)
    play.tick(MONDAY + 3 * DAY)
    before = play.case, list(play.history)
    play.tick(MONDAY + 3 * DAY)
    play.tick(MONDAY + 400 * DAY)
    assert (play.case, play.history) == before
