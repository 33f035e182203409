"""How is a simulation written: as JSON for programs, and its matrices as tables?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crmflow.core.listing import Column, Listing
from crmflow.core.simulation import Example, Matrix, Simulation
from crmflow.core.text import Text
from crmflow.exchange.listings import Style, as_json

OLD, ALL = Text("old ↓  new →", "现行 ↓  新规则 →"), Text("all", "合计")
OLD_SIDE, NEW_SIDE = Text("old rules", "现行规则"), Text("new rules", "新规则")
HEAD = Text(
    "{old} → {new}, {start} to {end}: {moved} of {customers} customers ({share})",
    "{old} → {new}，{start} 至 {end}：{customers} 名客户中 {moved} 名有变化（{share}）",
)


def headline(simulation: Simulation) -> Text:
    """What was compared, and for how many anything differs."""
    return HEAD.filled(
        old=simulation.old,
        new=simulation.new,
        start=simulation.start,
        end=simulation.end,
        moved=f"{simulation.moved:,d}",
        customers=f"{simulation.customers:,d}",
        share=f"{simulation.share:.1%}",
    )


def matrix_listing(matrix: Matrix) -> Listing:
    """A row for each old value, a column for each new one, and the sums."""
    values = list(matrix.labels)
    places = {value: f"to {value}" for value in values}
    columns = (
        Column("old", OLD),
        *(Column(places[value], label) for value, label in matrix.labels.items()),
        Column("all", ALL),
    )
    rows: list[dict[str, Any]] = []
    for old, label in matrix.labels.items():
        row = matrix.row(old)
        rows.append({"old": label, **_by_place(values, places, row), "all": sum(row)})
    sums = [sum(matrix.counts.get((old, new), 0) for old in values) for new in values]
    rows.append({"old": ALL, **_by_place(values, places, sums), "all": sum(sums)})
    return Listing(matrix.name, matrix.title, columns, rows)


def _by_place(values: list[str], places: Mapping[str, str], row: list[int]) -> dict[str, int]:
    return {places[value]: count for value, count in zip(values, row, strict=True)}


def record(simulation: Simulation, style: Style) -> dict[str, Any]:
    """For `--json`. A matrix gives its values, and the counts as a list of rows by old value; "" is none."""
    language = style.language
    return {
        "old": simulation.old.in_language(language),
        "new": simulation.new.in_language(language),
        "start": simulation.start.isoformat(),
        "end": simulation.end.isoformat(),
        "step": simulation.step,
        "steps": simulation.steps,
        "customers": simulation.customers,
        "moved": simulation.moved,
        "share": f"{simulation.share:.6f}",
        "changed": list(simulation.changed),
        "notes": [note.in_language(language) for note in simulation.notes],
        "matrices": [
            {
                "segment": matrix.name,
                "title": matrix.title.in_language(language),
                "values": list(matrix.labels),
                "labels": [label.in_language(language) for label in matrix.labels.values()],
                "moved": matrix.moved,
                "counts": [matrix.row(old) for old in matrix.labels],
            }
            for matrix in simulation.matrices
        ],
        "tables": [json.loads(as_json(listing, style)) for listing in simulation.tables],
        "examples": [_example(example, language) for example in simulation.examples],
    }


def _example(example: Example, language: str) -> dict[str, Any]:
    return {
        "customer": f"C{example.customer}",
        "known_as": example.known_as,
        "what": example.what.in_language(language),
        "at": example.at.isoformat(),
        "old": example.old.in_language(language),
        "new": example.new.in_language(language),
        "why_old": example.why_old and example.why_old.record(language),
        "why_new": example.why_new and example.why_new.record(language),
    }
