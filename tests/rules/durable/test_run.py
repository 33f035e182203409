"""Does durable-rules stay behind its fence: limits, crashes, and an extra that is not there?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest

from crmflow.errors import RuleFileError
from crmflow.rules.durable import run
from crmflow.rules.infer.fixpoint import infer
from crmflow.rules.infer.machine import conclude
from crmflow.rules.infer.program import Inference
from crmflow.rules.infer.world import World
from tests.rules.infer.programs import HEAD, read, rows

RULES = """
  - {id: f1, for: {a: customer, b: customer}, when: b.by = a.number, then: 'knows(a, b)'}
  - {id: f2, for: {a: customer}, when: a.spend > limit, then: marked(a)}
  - {id: f3, for: {a: customer}, when: a.vip, then: 'near(a, a.household)'}
  - {id: f4, for: {a: customer}, when: marked(a), then: result(a)}
"""
without = pytest.mark.skipif(
    find_spec("durable_rules_engine") is None, reason="durable-rules is not installed"
)


@pytest.fixture
def inference() -> Inference:
    found = read(HEAD + RULES)
    assert found is not None
    return replace(found, machine="durable")


def world(spend: Decimal = Decimal(3), customers: int = 2) -> World:
    made = World()
    for n in range(customers):
        values = {"shop.number": f"M{n}", "shop.by": f"M{n - 1}", "shop.spend": spend, "shop.vip": n == 0}
        made.add("customer", {**values, "shop.household": "家"}, f"P{n}")
    return made


@without
def test_the_file_chooses_the_machine(inference: Inference) -> None:
    assert rows(conclude(inference, world())) == rows(infer(inference, world()))


def test_without_the_extra_the_command_is_said(inference: Inference, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "find_spec", lambda name: None)
    with pytest.raises(RuleFileError, match=r'pip install "crmflow\[durable\]"') as raised:
        conclude(inference, world())
    assert raised.value.code == "CRM270"


@without
@pytest.mark.parametrize("spend", ["1e30", "12345678901234567.89", "NaN"])
def test_a_number_that_does_not_fit_is_refused(inference: Inference, spend: str) -> None:
    if spend == "NaN":  # FEEL has none: it is null
        assert rows(conclude(inference, world(Decimal(spend))))["marked"] == set()
        return
    with pytest.raises(RuleFileError) as raised:
        conclude(inference, world(Decimal(spend)))
    assert raised.value.code == "CRM271"


@without
def test_a_program_that_crashes_is_an_error_and_no_crash(
    inference: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "crash.py"
    program.write_text("import os\nos.abort()\n", "utf-8")
    monkeypatch.setattr(run, "PROGRAM", program)
    with pytest.raises(RuleFileError, match="exit -6") as raised:
        conclude(inference, world())
    assert raised.value.code == "CRM271"


@without
def test_a_program_that_hangs_is_stopped(
    inference: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "hang.py"
    program.write_text("import time\ntime.sleep(600)\n", "utf-8")
    monkeypatch.setattr(run, "PROGRAM", program)
    monkeypatch.setattr(run, "SECONDS", 0.2)
    with pytest.raises(RuleFileError, match="CRM271"):
        conclude(inference, world())


@without
@pytest.mark.parametrize("limit", ["FACTS", "MATCHES"])
def test_facts_and_matches_are_counted(
    inference: Inference, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, limit, 3)
    with pytest.raises(RuleFileError, match="> 3") as raised:
        conclude(inference, world(customers=6))
    assert raised.value.code == "CRM271"


@without
def test_many_rules_are_spread_over_rulesets(inference: Inference) -> None:
    many = RULES + "".join(
        f"  - {{id: m{n}, for: {{a: customer}}, when: 'a.spend = {n}', then: marked(a)}}\n"
        for n in range(130)
    )
    found = read(HEAD + many)
    assert found is not None
    assert rows(conclude(replace(found, machine="durable"), world())) == rows(infer(found, world()))
