"""What does each column of an imported file mean?"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from crmflow.core.field import Field
from crmflow.core.field import Kind as FieldKind
from crmflow.core.pack import TableKind
from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.cells import Convert, chooser, converter
from crmflow.exchange.mapping import MappingFile
from crmflow.exchange.spelling import fold, folded, nearest

# Where a key of the customer serves in place of a needed column.
_KEY_SERVES: Mapping[TableKind, frozenset[str]] = {
    "customers": frozenset({"external id"}),
    "holdings": frozenset({"customer"}),
    "touchpoints": frozenset({"customer"}),
    "consents": frozenset({"customer"}),
    "cases": frozenset({"customer"}),
    "units": frozenset(),
    "staff": frozenset(),
}

# A column of the table's own (columns.toml), a key of the customer, or a declared field.
Place = Literal["own", "key", "field"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of holding or touchpoint: its qualified name, and spelling → field (bare names)."""

    name: str
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Names:
    """What the vocabulary calls things, each by its spellings: ids, en, zh and aliases.

    `keys` gives kinds of customer keys, `customer` the fields of customers (qualified names), `roles` and
    `levels` the declared names; where these two are empty, any word is taken. `cases` gives what charts ask
    for, as it is written.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)
    customer: Mapping[str, Field] = field(default_factory=dict)
    holdings: Mapping[str, Kind] = field(default_factory=dict)
    touchpoints: Mapping[str, Kind] = field(default_factory=dict)
    cases: Mapping[str, Field] = field(default_factory=dict)

    def kind(self, table: TableKind, spelling: str | None) -> Kind | None:
        """The kind of holding or touchpoint that is meant, or the chart of cases that do not name theirs;
        None for other tables. Raises ImportFileError CRM455.
        """
        if table == "cases":
            return Kind(spelling or "", self.cases)
        if table not in ("holdings", "touchpoints"):
            return None
        kinds = self.holdings if table == "holdings" else self.touchpoints
        if found := folded(kinds).get(fold(spelling or "")):
            return found
        raise ImportFileError(
            "CRM455", table=table, name=spelling or "", nearest=nearest(spelling or "", kinds)
        )


class Column(NamedTuple):
    """One column that is used: where it stands in the file, and what its cells mean.

    `counts`: its values are part of the content that a row's digest is over; `needed`: no cell may be empty.
    """

    position: int
    header: str
    place: Place
    name: str
    kind: FieldKind
    convert: Convert
    counts: bool
    needed: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one file, in an order that does not depend on the file's.

    `ignored` are the headers that mean nothing.
    """

    table: TableKind
    kind: Kind | None
    columns: tuple[Column, ...]
    ignored: tuple[str, ...]

    def index(self, name: str) -> int | None:
        """Where a column of the table's own stands in the file."""
        return next((c.position for c in self.columns if c.place == "own" and c.name == name), None)


def layout(headers: Sequence[str], table: TableKind, mapping: MappingFile, names: Names) -> Layout:
    """What each column means: what the mapping says, else what the header itself is called.

    Raises ImportFileError: a needed column is missing CRM454, unknown kind CRM455, unknown key CRM456,
    two columns mean the same CRM457, the mapping names a column that is not there CRM460 or something
    unknown CRM461, the mapping is for another table CRM462.
    """
    if mapping.table not in (None, table):
        raise ImportFileError("CRM462", table=table, found=mapping.table)
    kind = names.kind(table, mapping.kind)
    known = meanings(table, kind, names)
    said = {fold(header): meaning for header, meaning in mapped(headers, mapping, known, names)}
    taken = list(said.values())
    columns: list[Column] = []
    ignored: list[str] = []
    for index, header in enumerate(headers):
        meaning = said.get(fold(header)) or known.get(fold(header))
        if meaning is None or (fold(header) not in said and meaning in taken):
            ignored.append(header)
        else:
            columns.append(_column(table, index, header, meaning, names))
    columns.sort(key=lambda column: (column.place, column.name))
    _refuse_twins(columns)
    _refuse_gaps(table, columns, headers)
    return Layout(table, kind, tuple(columns), tuple(filter(None, ignored)))


def known_headers(table: TableKind, mapping: MappingFile, names: Names) -> Callable[[str], bool]:
    """Whether a text is the header of a column that means something. Raises ImportFileError CRM455."""
    known = {*meanings(table, names.kind(table, mapping.kind), names)}
    known |= {fold(header) for header in (*mapping.key, *mapping.columns)}
    return lambda header: fold(header) in known


Meaning = tuple[Place, Field]


def meanings(table: TableKind, kind: Kind | None, names: Names) -> dict[str, Meaning]:
    """Folded spelling → what it means in this table; the table's own columns come first."""
    known: dict[str, Meaning] = {}
    for own in own_columns(table):
        known |= {fold(spelling): ("own", own) for spelling in _spellings(own)}
    if _KEY_SERVES[table]:
        for spelling, name in names.keys.items():
            known.setdefault(fold(spelling), ("key", _key_field(name)))
    declared = names.customer if table == "customers" else kind.fields if kind else {}
    for spelling, one in declared.items():
        known.setdefault(fold(spelling), ("field", one))
    return known


def mapped(
    headers: Sequence[str], mapping: MappingFile, known: Mapping[str, Meaning], names: Names
) -> Iterator[tuple[str, Meaning]]:
    """The columns that the mapping file names, with what it says of them."""
    there = {fold(header) for header in headers}
    for header in (*mapping.key, *mapping.columns):
        if fold(header) not in there:
            raise ImportFileError("CRM460", name=header, nearest=nearest(header, headers))
    keys = folded(names.keys)
    for header, spelling in mapping.key.items():
        if fold(spelling) not in keys:
            raise ImportFileError("CRM456", name=spelling, nearest=nearest(spelling, names.keys))
        yield header, ("key", _key_field(keys[fold(spelling)]))
    for header, spelling in mapping.columns.items():
        if fold(spelling) not in known:
            raise ImportFileError("CRM461", header=header, name=spelling, nearest=nearest(spelling, known))
        yield header, known[fold(spelling)]


def _column(table: TableKind, index: int, header: str, meaning: Meaning, names: Names) -> Column:
    place, declared = meaning
    name = declared.name
    closed = {"role": names.roles, "level": names.levels}.get(name) if place == "own" else None
    stored = table == "touchpoints" and place == "field"
    counts = table == "touchpoints" and (place, name) != ("own", "external id")
    return Column(
        index,
        header,
        place,
        name,
        "string" if closed else declared.kind,
        chooser(closed) if closed else converter(declared, stored=stored, mark=f"{place} {name}="),
        counts=counts,
        needed=place == "own" and name in _needed(table) and name not in _KEY_SERVES[table],
    )


def _refuse_twins(columns: Sequence[Column]) -> None:
    for one, other in pairwise(columns):
        if (one.place, one.name) == (other.place, other.name):
            raise ImportFileError("CRM457", first=one.header, second=other.header, name=one.name)


def _refuse_gaps(table: TableKind, columns: Sequence[Column], headers: Sequence[str]) -> None:
    there = {column.name for column in columns if column.place == "own"}
    if any(column.place == "key" for column in columns):
        there |= _KEY_SERVES[table]
    for name in _needed(table):
        if name not in there:
            raise ImportFileError("CRM454", name=name, nearest=nearest(name, headers))


def _needed(table: TableKind) -> list[str]:
    return [name for name, spec in _own_specs()[table].items() if spec.get("needed")]


@cache
def _own_specs() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    return tomllib.loads(files(__package__).joinpath("columns.toml").read_text("utf-8"))


@cache
def own_columns(table: TableKind) -> tuple[Field, ...]:
    """The columns that a table has of its own, as fields."""
    return tuple(
        Field(name, spec["kind"], Text(spec["en"], spec["zh"]), aliases=tuple(spec["aliases"]))
        for name, spec in _own_specs()[table].items()
    )


def _spellings(field: Field) -> tuple[str, ...]:
    return (field.name, field.label.en, field.label.zh, *field.aliases)


def _key_field(name: str) -> Field:
    return Field(name, "string", Text(name, name))
