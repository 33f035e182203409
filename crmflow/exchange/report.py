"""How does a run look as one page: four charts and the tables, in one file that needs nothing else?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from importlib.resources import files
from string import Template

from crmflow.core.listing import Listing, RunReport
from crmflow.core.text import Text
from crmflow.exchange.listings import Style, is_numeric, texts
from crmflow.exchange.svg import Group, Words, bars, curve

# More bars or rows than a reader takes in; the listings have them all.
MOST_BARS = 20
MOST_ROWS = 200

CONCENTRATION = Text("Value concentration", "客户价值集中度")
SEGMENTS = Text("Segment sizes", "分群人数")
VISITS = Text("Visits by staff", "各员工拜访数")
CASES = Text("Open cases by step", "在办工单（按步骤）")
NOTHING = Text("Nothing to show", "暂无数据")
AS_OF = Text("as of {as_of}, release {release}", "截至 {as_of}，发布版本 {release}")
OTHERS = Text("{count} others", "其余 {count} 项")
ROWS = Text("{count} rows", "{count} 行")
FIRST_ROWS = Text("the first {shown} of {count} rows", "共 {count} 行，显示前 {shown} 行")


def render(report: RunReport, style: Style) -> str:
    """The page as HTML, in the style's language; personal columns are masked unless the style shows them."""
    page = Template(files(__package__).joinpath("report.html").read_text("utf-8"))
    said = AS_OF.in_language(style.language).format(as_of=report.as_of, release=report.release)
    return page.substitute(
        style=files(__package__).joinpath("page.css").read_text("utf-8"),
        language="zh-Hans" if style.language == "zh" else "en",
        title=escape(report.title.in_language(style.language)),
        facts=escape(said),
        notes=_notes(report, style.language),
        charts="\n".join(_charts(report, style.language)),
        tables="\n".join(table(listing, style) for listing in report.tables),
    )


def _notes(report: RunReport, language: str) -> str:
    items = "".join(f"<li>{escape(note.in_language(language))}</li>" for note in report.notes)
    return f'<ul class="notes">{items}</ul>' if items else ""


def _charts(report: RunReport, language: str) -> Iterator[str]:
    yield _card(CONCENTRATION, _concentration(report, language), language)
    yield _card(SEGMENTS, _bars(SEGMENTS, _by_segment(report, language), language), language)
    yield _card(VISITS, _bars(VISITS, [_most("", report.visits, language)], language), language)
    yield _card(CASES, _bars(CASES, _by_step(report, language), language), language)


def _card(title: Text, chart: str, language: str) -> str:
    empty = f'<p class="empty">{NOTHING.in_language(language)}</p>'
    return f"<section><h2>{title.in_language(language)}</h2>{chart or empty}</section>"


def _concentration(report: RunReport, language: str) -> str:
    if not report.concentration:
        return ""
    zh = language == "zh"
    words = Words(
        title=CONCENTRATION.in_language(language),
        description="按消费金额从高到低排列，客户占比对应的金额占比"
        if zh
        else "Share of the amount held by each share of the customers, the most valuable first",
        across="客户占比（金额从高到低）" if zh else "share of customers, the most valuable first",
        up="金额占比" if zh else "share of the amount",
        equal="人人相等" if zh else "all equal",
        mark="前 20% 的客户占 {share}" if zh else "the first 20% hold {share}",
    )
    return curve(report.concentration, words)


def _bars(title: Text, groups: list[Group], language: str) -> str:
    groups = [group for group in groups if group.bars]
    if not groups:
        return ""
    said = "; ".join(f"{label} {value}" for group in groups for label, value in group.bars)
    return bars(groups, title.in_language(language), said)


def _by_segment(report: RunReport, language: str) -> list[Group]:
    return [
        _most(
            name.in_language(language),
            {value.in_language(language): count for value, count in sizes.items()},
            language,
            ranked=False,
        )
        for name, sizes in report.segments.items()
    ]


def _by_step(report: RunReport, language: str) -> list[Group]:
    charts: dict[str, dict[str, int]] = {}
    for (chart, state), count in report.cases.items():
        charts.setdefault(chart.in_language(language), {})[state.in_language(language)] = count
    return [_most(chart, states, language, ranked=False) for chart, states in charts.items()]


def _most(heading: str, counts: Mapping[str, int], language: str, *, ranked: bool = True) -> Group:
    """The largest counts, and what is left over in one bar; `ranked` puts the largest first."""
    rows = sorted(counts.items(), key=lambda row: -row[1]) if ranked else list(counts.items())
    rest = rows[MOST_BARS:]
    if rest:
        label = OTHERS.in_language(language).format(count=len(rest))
        rows = [*rows[:MOST_BARS], (label, sum(count for _, count in rest))]
    return Group(heading, rows)


def table(listing: Listing, style: Style) -> str:
    """A listing as a section of a page."""
    title = escape(listing.title.in_language(style.language))
    if not listing.rows:
        nothing = NOTHING.in_language(style.language)
        return f'<section class="table"><h2>{title}</h2><p class="empty">{nothing}</p></section>'
    count = len(listing.rows)
    said = (ROWS if count <= MOST_ROWS else FIRST_ROWS).in_language(style.language)
    said = said.format(count=f"{count:,d}", shown=MOST_ROWS)
    return (
        f'<section class="table"><h2>{title} <span class="count">{said}</span></h2>'
        f'<div class="scroll"><table>\n{_cells(listing, style)}\n</table></div></section>'
    )


def _cells(listing: Listing, style: Style) -> str:
    shown = replace(listing, rows=listing.rows[:MOST_ROWS])
    looks = [' class="number"' if is_numeric(shown, column) else "" for column in shown.columns]
    head = _row("th", looks, [column.label.in_language(style.language) for column in shown.columns])
    body = "\n".join(_row("td", looks, cells) for cells in texts(shown, style))
    return f"<thead>{head}</thead><tbody>\n{body}\n</tbody>"


def _row(tag: str, looks: Sequence[str], cells: Sequence[str]) -> str:
    inside = (f"<{tag}{look}>{escape(cell)}</{tag}>" for look, cell in zip(looks, cells, strict=True))
    return f"<tr>{''.join(inside)}</tr>"
