"""Which recorded rows stand behind a value, and in which line of which file did each stand?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from crmflow.core.explanation import Explanation
from crmflow.core.field import Field
from crmflow.core.moment import EPOCH
from crmflow.core.provenance import Provenance
from crmflow.core.text import Text
from crmflow.rules.fact import Fact
from crmflow.rules.fold import Row
from crmflow.rules.wording import HIDDEN, Wording, say, spaced

NOTHING: Final = Text("", "")


def explain_rows(
    fact: Fact,
    value: object,
    rows: Sequence[Row],
    provenances: Mapping[int, Provenance],
    wording: Wording,
    most: int,
) -> Iterator[Explanation]:
    """The rows that a fact was folded from, the newest first, at most so many, with where each came from.

    Of `last`, `first`, `min` and `max` only the row that gave the value.
    """
    chosen = list(reversed(_telling(fact, value, rows)))
    for row in chosen[:most]:
        yield explain_row(row, fact.of, provenances.get(row.id), wording)
    if len(chosen) > most:
        yield Explanation(say("sources", "earlier", count=len(chosen) - most))


def explain_row(row: Row, of: str, provenance: Provenance | None, wording: Wording) -> Explanation:
    """A touchpoint or holding: its kind and moment, the field that was read, and where it came from."""
    vocabulary = wording.vocabulary
    held = row.kind in vocabulary.holdings
    kind = vocabulary.holdings[row.kind] if held else vocabulary.touchpoints.get(row.kind)
    fields: Mapping[str, Field] = {} if kind is None else kind.fields
    read = fields.get(of)
    place = place_of(provenance)
    parts = {
        "kind": Text.of(row.kind) if kind is None else kind.label,
        "at": NOTHING if row.at <= EPOCH else say("sources", "of", at=wording.moment(row.at)),
        "said": NOTHING if read is None else say("sources", "said", said=_said(read, row, wording)),
        "place": NOTHING if place is None else say("sources", "place", place=place),
    }
    values = {
        name: HIDDEN.en if wording.hides(fields.get(name)) and value is not None else value
        for name, value in row.fields.items()
    }
    source = {"holding" if held else "touchpoint": row.id, "kind": row.kind, "at": row.at, "fields": values}
    return Explanation(say("sources", "row", **parts), source={**source, **place_record(provenance)})


def explain_field(provenance: Provenance, wording: Wording) -> Explanation:
    """Where the value of a field came from."""
    at = wording.moment(provenance.recorded_at)
    place = place_of(provenance) or say("sources", "told")
    return Explanation(say("sources", "field", place=place, at=at), source=place_record(provenance))


def place_of(provenance: Provenance | None) -> Text | None:
    """ "fills.csv, line 17", or who recorded it; None where nobody knows."""
    if provenance is None or (provenance.file is None and provenance.actor is None):
        return None
    if provenance.file is None:
        return say("sources", "actor", actor=provenance.actor)
    if provenance.line is None:
        return Text(provenance.file, provenance.file)
    return say("sources", "line", file=provenance.file, line=provenance.line)


def place_record(provenance: Provenance | None) -> dict[str, object]:
    """The same for a program."""
    if provenance is None:
        return {}
    known = {"file": provenance.file, "line": provenance.line, "actor": provenance.actor}
    return {
        **{name: value for name, value in known.items() if value is not None},
        "recorded_at": provenance.recorded_at,
    }


def _said(field: Field, row: Row, wording: Wording) -> Text:
    return spaced([field.label, wording.value(row.fields.get(field.name), field)])


def _telling(fact: Fact, value: object, rows: Sequence[Row]) -> Sequence[Row]:
    match fact.aggregate:
        case "last":
            return rows[-1:]
        case "first":
            return rows[:1]
        case "min" | "max":
            return [row for row in rows if value in (row.fields.get(fact.of), row.at)][:1]
    return rows
