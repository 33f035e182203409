"""Does every chart that is shipped lead on, whatever is done to its cases?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.core.calendar import ALWAYS
from crmflow.core.chart import Chart, FormField
from crmflow.engine.files import core_files, pack_files
from crmflow.plugins import Plugins
from crmflow.rules.load import load
from crmflow.workflow.rehearsal import Stage

PACKS = ("fuel", "insurance", "retail", "utility")
HOURS = (0, 1, 5, 24, 80, 400)


@cache
def shipped() -> Mapping[str, Chart]:
    """The charts of the core and of the packs, each pack as a site of its own has it."""
    found: dict[str, Chart] = {}
    for pack in PACKS:
        loaded = load([*core_files(), *pack_files(Plugins([pack]))])
        assert loaded.ruleset is not None
        found |= loaded.ruleset.charts
    return found


def answer(field: FormField) -> st.SearchStrategy[object]:
    match field.field.kind:
        case "boolean":
            return st.booleans()
        case "number":
            return st.sampled_from([0, 1, 50])
        case "one of":
            return st.sampled_from(field.field.values)
        case "date" | "instant":
            return st.none()
        case _:
            return st.sampled_from(["W1", "W2"])


@pytest.mark.parametrize("id", sorted(shipped()))
@settings(max_examples=40)
@given(data=st.data())
def test_a_case_is_at_its_end_or_has_a_way_on(id: str, data: st.DataObject) -> None:
    chart = shipped()[id]
    events = sorted({move.event for move in chart.moves if move.event} | {"cancelled"})
    stage = Stage(chart, {"level": chart.levels[0]} if chart.levels else {}, None, ALWAYS)
    for what in data.draw(st.lists(st.sampled_from(["done"] * 6 + ["wait", "event"]), max_size=15)):
        state = chart.states[stage.main.case.state]
        if what == "done":
            form = {each.field.name: data.draw(answer(each)) for each in state.form}
            stage.play({"done": {name: value for name, value in form.items() if value is not None}})
        elif what == "wait":
            stage.play({"wait": timedelta(hours=data.draw(st.sampled_from(HOURS)))})
        else:
            stage.play({"event": data.draw(st.sampled_from(events))})
        case = stage.main.case
        left = [move for move in chart.moves if case.state in move.sources]
        ended = chart.states[case.state].end or any(row.kind == "cancelled" for row in stage.main.history)
        assert (case.closed_at is not None) <= ended
        assert case.closed_at is not None or left or case.trail.ahead
