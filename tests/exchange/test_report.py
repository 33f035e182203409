"""Is the report one whole page, with charts that say what the numbers are, and no way out to the network?"""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.listing import Column, Listing, RunReport
from crmflow.core.text import Text
from crmflow.exchange.listings import MASK, Style
from crmflow.exchange.report import MOST_BARS, MOST_ROWS, render
from crmflow.exchange.svg import LABELS, POINTS, WIDTH, Group, at, bars, fit, text_width, thin

COLUMNS = (Column("name", Text("name", "姓名"), personal=True), Column("amount", Text("amount", "金额")))
TITLE = Text("Run <1>", "运行 <1>")
COMPLAINT = Text("Complaint", "投诉")


def report(
    rows: int = 2,
    staff: int = 2,
    concentration: tuple[tuple[float, float], ...] = ((0, 0), (0.5, 0.9), (1, 1)),
) -> RunReport:
    people = Listing(
        "people",
        Text("People", "人员"),
        COLUMNS,
        [{"name": "李雷", "amount": Decimal(n)} for n in range(rows)],
    )
    return RunReport(
        title=TITLE,
        as_of="2026-06-30",
        release="r1",
        changed=True,
        notes=(Text("real & invented", "真实与虚构"),),
        tables=(people,),
        concentration=concentration,
        segments={Text("customer class", "客户分级"): {Text("A", "A"): 3, Text("B", "B"): 0}},
        visits={f"员工 {n}": n + 1 for n in range(staff)},
        cases={(COMPLAINT, Text("accept", "受理")): 4, (COMPLAINT, Text("verify", "核实")): 5},
    )


def charts(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def words(chart: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in chart.iter("text")]


@pytest.mark.parametrize(
    ("language", "titles", "sizes", "steps"),
    [
        (
            "en",
            ["Value concentration", "Segment sizes", "Visits by staff", "Open cases by step"],
            ["customer class", "A", "3", "B", "0"],
            ["Complaint", "accept", "4", "verify", "5"],
        ),
        (
            "zh",
            ["客户价值集中度", "分群人数", "各员工拜访数", "在办工单（按步骤）"],
            ["客户分级", "A", "3", "B", "0"],
            ["投诉", "受理", "4", "核实", "5"],
        ),
    ],
)
def test_the_page_has_four_charts_that_can_be_read_aloud(
    language: str, titles: list[str], sizes: list[str], steps: list[str]
) -> None:
    found = charts(render(report(), Style(language)))
    assert [chart.findtext("title") for chart in found] == titles
    assert all(chart.findtext("desc") for chart in found)
    assert (words(found[1]), words(found[3])) == (sizes, steps)


def test_the_curve_says_what_the_first_fifth_holds() -> None:
    found = charts(render(report(), Style("zh")))[0]
    assert "前 20% 的客户占 36.0%" in words(found)


def test_the_page_needs_nothing_else() -> None:
    page = render(report(), Style())
    assert not re.search(r"https?:|<script|<link|@import|url\(|src=", page)


def test_what_is_written_is_escaped_and_masked() -> None:
    page = render(report(), Style())
    assert "<h1>Run &lt;1&gt;</h1>" in page
    assert "real &amp; invented" in page
    assert MASK in page
    assert "李雷" not in page
    assert "李雷" in render(report(), Style(personal=True))


def test_nothing_to_show_is_said() -> None:
    empty = RunReport(TITLE, "2026-06-30", "r1", False, (), (), (), {}, {}, {})
    page = render(empty, Style("zh"))
    assert page.count("暂无数据") == 4
    assert not charts(page)


def test_long_series_and_tables_are_cut_and_say_so() -> None:
    page = render(report(rows=MOST_ROWS + 5, staff=MOST_BARS + 3), Style("en"))
    assert f"the first {MOST_ROWS} of {MOST_ROWS + 5} rows" in page
    assert page.count("<tr>") == MOST_ROWS + 1
    visits = words(charts(page)[2])
    assert visits[:2] == [f"员工 {MOST_BARS + 2}", str(MOST_BARS + 3)]
    assert visits[-2:] == ["3 others", "6"]


@given(st.lists(st.tuples(st.text(max_size=40), st.integers(0, 10**9)), max_size=8))
def test_bars_stay_inside_the_picture(rows: list[tuple[str, int]]) -> None:
    rows = [("".join(sign for sign in label if sign.isprintable()), value) for label, value in rows]
    picture = ElementTree.fromstring(bars([Group("", rows)], "title", "description"))
    for bar in picture.iter("rect"):
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= WIDTH
    assert len(list(picture.iter("rect"))) == len(rows)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x9FFF)))
def test_labels_fit_their_column(label: str) -> None:
    assert text_width(fit(label, LABELS)) <= LABELS
    assert fit(label, LABELS) == label or fit(label, LABELS).endswith("…")


def test_a_curve_is_thinned_but_keeps_its_ends() -> None:
    points = [(n / 10_000, (n / 10_000) ** 0.5) for n in range(10_001)]
    few = thin(points)
    assert POINTS <= len(few) <= 2 * POINTS
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert at(points, 0.25) == pytest.approx(0.5)
