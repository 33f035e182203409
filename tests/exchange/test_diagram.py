"""Does a drawing of a chart show every state and move, at a place of its own?"""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

from crmflow.exchange.diagram.layout import BOX, lay_out, wide, wrap
from crmflow.exchange.diagram.mermaid import mermaid
from crmflow.exchange.diagram.svg import svg
from crmflow.exchange.diagram.words import Words
from tests.workflow.world import chart, charts

NAMES = sorted(charts())
LANGUAGES = ("en", "zh")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_names_every_state_and_every_move(name: str, language: str) -> None:
    drawn, words = chart(name), Words(chart(name), language)
    root = ElementTree.fromstring(svg(drawn, language))
    said = " ".join(each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text"))
    assert all(wrap(words.title(state), BOX, 14)[0].split()[0] in said for state in drawn.states)
    assert all(words.on(move).split()[0] in said for move in drawn.moves)
    assert drawn.title.in_language(language) in said


@pytest.mark.parametrize("name", NAMES)
def test_nothing_lies_over_anything_else(name: str) -> None:
    layout = lay_out(chart(name), Words(chart(name), "zh"))
    for one, other in zip(layout.rows, layout.rows[1:], strict=False):
        assert one.y + one.height < other.y
    for lane, beside in combinations(layout.lanes, 2):
        if (lane.side, lane.place) == (beside.side, beside.place):
            assert lane.bottom < beside.top or beside.bottom < lane.top
    assert all(0 < layout.lane_x(lane) < layout.width for lane in layout.lanes)
    assert max(row.y + row.height for row in layout.rows) <= layout.height


@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_the_moves_is_an_arrow_of_mermaid_between_states_that_it_declares(name: str) -> None:
    text = mermaid(chart(name), "en")
    arrows = re.findall(r"^  (s\d+) --> (s\d+): ", text, re.MULTILINE)
    left = [{move.outer.get(state, state) for state in move.sources} for move in chart(name).moves]
    assert len(arrows) == sum(map(len, left))
    declared = set(re.findall(r"(?:^ *(s\d+): )|(?: as (s\d+)$)", text, re.MULTILINE))
    known = {each for pair in declared for each in pair if each}
    assert {end for arrow in arrows for end in arrow} <= known


def test_signs_of_mermaid_in_a_condition_are_escaped() -> None:
    [line] = [line for line in mermaid(chart("odd"), "en").splitlines() if "kind" in line and "s3" in line][
        :1
    ]
    assert '"' not in line
    assert "#34;person#34;" in line


def test_lines_break_at_blanks_and_between_chinese_signs() -> None:
    assert wrap("reached and satisfied = false", 100, 11) == ["reached and", "satisfied =", "false"]
    assert wrap("停电前已再次通知", 50, 11) == ["停电前已", "再次通知"]
    assert all(wide(line, 11) <= 100 for line in wrap("one two three four five six seven", 100, 11))
