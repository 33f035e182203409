"""Which charts are there, and how does one look: as a table of moves, as a drawing, as Mermaid?"""

from __future__ import annotations

from typing import Literal

from crmflow.core.chart import Chart, Move
from crmflow.core.listing import Listing
from crmflow.core.text import Text
from crmflow.engine.listings import listing
from crmflow.exchange.diagram.mermaid import mermaid
from crmflow.exchange.diagram.svg import svg
from crmflow.exchange.diagram.words import Words
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.vocabulary import bare

Form = Literal["svg", "mermaid"]


def chart_listing(rules: Ruleset) -> Listing:
    """Every chart, with what opens its cases."""
    rows = (
        {
            "id": chart.id,
            "label": chart.title,
            "case": bare(chart.case),
            "opens": bare(chart.opens_on) if chart.opens_on else _condition(chart),
            "states": len(chart.states),
            "moves": len(chart.moves),
        }
        for chart in rules.charts.values()
    )
    return listing("charts", "id label case opens states moves", rows)


def move_listing(chart: Chart) -> Listing:
    """The moves of a chart, as a reader says them."""
    rows = ({"id": move.id, **_move(chart, move)} for move in chart.moves)
    return listing("moves", "id from on when to", rows)


def _move(chart: Chart, move: Move) -> dict[str, Text]:
    """From where to where, on what and when, in both languages."""
    sources = dict.fromkeys(move.outer.get(state, state) for state in move.sources)
    en, zh = (
        {
            "from": ", ".join(map(words.title, sources)),
            "on": words.on(move),
            "when": " ".join(words.conditions(move)),
            "to": words.title(move.enters or move.to),
        }
        for words in (Words(chart, "en"), Words(chart, "zh"))
    )
    return {column: Text(en[column], zh[column]) for column in en}


def draw(chart: Chart, form: Form, language: str) -> str:
    """The whole drawing as text."""
    return svg(chart, language) if form == "svg" else mermaid(chart, language)


def _condition(chart: Chart) -> str | None:
    return None if chart.opens_when is None else chart.opens_when.text
