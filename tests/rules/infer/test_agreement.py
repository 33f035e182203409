"""Do the machine built in, durable-rules and trying everything come to the same conclusions?"""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from crmflow.rules.durable import run
from crmflow.rules.infer.fixpoint import infer
from crmflow.rules.infer.world import World
from tests.rules.infer.programs import Naive, programs, read, rows, worlds

QUICK = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[
        Phase.explicit,
        Phase.generate,
    ],  # a failing program says enough as it is; shrinking takes minutes
)
without = pytest.mark.skipif(
    find_spec("durable_rules_engine") is None, reason="durable-rules is not installed"
)


@settings(QUICK, max_examples=60)
@given(text=programs(), world=worlds())
def test_the_fixpoint_is_what_trying_everything_finds(text: str, world: World) -> None:
    inference = read(text)
    if inference is not None:
        assert rows(infer(inference, world)) == Naive(inference, world).rows()


def agree(text: str, world: World) -> None:
    """What is not refused when the file is loaded runs, and concludes the same."""
    inference = read(text.replace("engine: built in", "engine: durable"))
    if inference is not None:
        assert inference.machine == "durable"
        assert rows(run.infer(inference, world)) == rows(infer(inference, world))


@without
@settings(QUICK, max_examples=15)
@given(text=programs(), world=worlds())
def test_durable_rules_concludes_the_same(text: str, world: World) -> None:
    agree(text, world)


@pytest.mark.long
@without
@settings(QUICK, max_examples=400)
@given(text=programs(), world=worlds())
def test_durable_rules_concludes_the_same_of_many(text: str, world: World) -> None:
    agree(text, world)
