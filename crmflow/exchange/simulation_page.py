"""How does a simulation look as one page: its figures, matrices, charts, examples and tables?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from string import Template

from crmflow.core.explanation import Explanation
from crmflow.core.listing import Listing
from crmflow.core.simulation import Example, Matrix, Simulation
from crmflow.core.text import Text
from crmflow.exchange.listings import Style
from crmflow.exchange.report import table
from crmflow.exchange.simulation import ALL, NEW_SIDE, OLD, OLD_SIDE, headline
from crmflow.exchange.svg import Group, bars

TITLE = Text("What would change", "规则改动试算")
AFFECTED = Text("customers affected, {share}", "受影响客户，占 {share}")
MOVED = Text("in another {segment}", "{segment}变化")
EXAMPLES = Text("Examples", "示例")
VISITS = Text("Visits planned in each step", "逐期安排拜访")
PARTED = Text("Customers in another segment at the end of each step", "逐期分群不同的客户")
HOLDS = {True: "yes", False: "no", None: ""}
MOST_STEPS = 24


def page(simulation: Simulation, style: Style) -> str:
    """The page as HTML, which needs nothing else and prints well."""
    language = style.language
    template = Template(files(__package__).joinpath("simulation.html").read_text("utf-8"))
    return template.substitute(
        style=files(__package__).joinpath("page.css").read_text("utf-8"),
        language="zh-Hans" if language == "zh" else "en",
        title=escape(TITLE.in_language(language)),
        facts=escape(headline(simulation).in_language(language)),
        notes=_list(note.in_language(language) for note in simulation.notes),
        figures="\n".join(_figures(simulation, language)),
        charts="\n".join(_charts(simulation, language)),
        matrices="\n".join(_matrix(matrix, language) for matrix in simulation.matrices if matrix.moved),
        examples=_examples(simulation, language),
        tables="\n".join(table(listing, style) for listing in simulation.tables),
    )


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul class="notes">{items}</ul>' if items else ""


def _figures(simulation: Simulation, language: str) -> Iterator[str]:
    yield _figure(simulation.moved, AFFECTED.filled(share=f"{simulation.share:.1%}").in_language(language))
    for matrix in simulation.matrices:
        yield _figure(matrix.moved, MOVED.filled(segment=matrix.title).in_language(language))


def _figure(number: int, words: str) -> str:
    return f'<section><div class="figure">{number:,d}</div><p>{escape(words)}</p></section>'


def _matrix(matrix: Matrix, language: str) -> str:
    """Old values down, new ones across; the deeper the colour, the larger the share that leaves."""
    labels = {value: escape(label.in_language(language)) for value, label in matrix.labels.items()}
    everybody = escape(ALL.in_language(language))
    head = "".join(f"<th>{label}</th>" for label in (OLD.in_language(language), *labels.values(), everybody))
    body = "".join(_row(matrix, old, label) for old, label in labels.items())
    title = escape(matrix.title.in_language(language))
    return (
        f'<section class="table"><h2>{title}</h2><div class="scroll"><table class="matrix">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _row(matrix: Matrix, old: str, label: str) -> str:
    row = matrix.row(old)
    cells = "".join(
        _cell(count, sum(row), stays=new == old) for new, count in zip(matrix.labels, row, strict=True)
    )
    return f'<tr><th>{label}</th>{cells}<td class="sum">{sum(row):,d}</td></tr>'


def _cell(count: int, of: int, *, stays: bool) -> str:
    if stays:
        return f'<td class="stays">{count:,d}</td>'
    if not count:
        return "<td></td>"
    depth = 15 + round(60 * count / of)
    return f'<td class="moves" style="--depth: {depth}%">{count:,d}</td>'


def _charts(simulation: Simulation, language: str) -> Iterator[str]:
    """Visits and movement from step to step."""
    months = next((listing for listing in simulation.tables if listing.name == "months"), None)
    if months is None:
        return
    rows = list(months.rows)[-MOST_STEPS:]
    if any(row["parted"] for row in rows):
        yield _card(PARTED, [Group("", [(str(row["step"]), row["parted"]) for row in rows])], language)
    if any(row["visits_old"] or row["visits_new"] for row in rows):
        yield _card(VISITS, list(_visits(months, language)), language)


def _visits(months: Listing, language: str) -> Iterator[Group]:
    for side, name in ((OLD_SIDE, "visits_old"), (NEW_SIDE, "visits_new")):
        rows = list(months.rows)[-MOST_STEPS:]
        yield Group(side.in_language(language), [(str(row["step"]), row[name]) for row in rows])


def _card(title: Text, groups: list[Group], language: str) -> str:
    said = title.in_language(language)
    spoken = "; ".join(f"{group.heading} {label} {value}" for group in groups for label, value in group.bars)
    return f"<section><h2>{escape(said)}</h2>{bars(groups, said, spoken)}</section>"


def _examples(simulation: Simulation, language: str) -> str:
    if not simulation.examples:
        return ""
    shown = "".join(_example(example, language) for example in simulation.examples)
    return f'<section class="table"><h2>{EXAMPLES.in_language(language)}</h2>{shown}</section>'


def _example(example: Example, language: str) -> str:
    what, old, new = (escape(each.in_language(language)) for each in (example.what, example.old, example.new))
    who = f"C{example.customer} ({escape(example.known_as)}), {example.at.isoformat()}"
    sides = "".join(
        f"<div><h3>{side.in_language(language)}</h3><ul>{_tree(why, language)}</ul></div>"
        for side, why in ((OLD_SIDE, example.why_old), (NEW_SIDE, example.why_new))
        if why is not None
    )
    return (
        f'<article><p>{what}: {old} <span class="arrow">→</span> {new}</p>'
        f'<span class="count">{who}</span><div class="why">{sides}</div></article>'
    )


def _tree(why: Explanation, language: str) -> str:
    below = "".join(_tree(each, language) for each in why.because)
    said = escape(why.says.in_language(language))
    inside = f"<ul>{below}</ul>" if below else ""
    return f'<li><span class="{HOLDS[why.holds]}">{said}</span>{inside}</li>'
