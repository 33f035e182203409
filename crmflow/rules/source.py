"""What stands in a YAML file, and where exactly does each key and value stand?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from crmflow.core.diagnostic import Diagnostic, Edit, Position
from crmflow.core.text import Text
from crmflow.rules.lines import Lines
from crmflow.rules.quoting import Unquoted, as_meant
from crmflow.rules.scalar import offsets, written
from crmflow.rules.syntax import explain
from crmflow.rules.yaml import compose

Path = tuple[str | int, ...]
Layer = Literal["core", "pack", "site"]

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?")
_BRACKET = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\[\]{}]""")
DEPTH = 100
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file as it was found: `path` inside its pack or site gives the id ("fuel/visits/overdue.yaml"),
    `shown` is how diagnostics name it."""

    path: str
    text: str | bytes
    layer: Layer = "site"
    pack: str = "site"
    shown: str | None = None

    @property
    def id(self) -> str:
        return self.path.removesuffix(".yaml").removesuffix(".yml")

    @property
    def is_vocabulary(self) -> bool:
        return self.id.rpartition("/")[2] == "vocabulary"

    @property
    def name(self) -> str:
        """How a diagnostic names the file."""
        return self.shown or self.path

    @property
    def raw(self) -> bytes:
        """The file's bytes."""
        return self.text.encode() if isinstance(self.text, str) else self.text

    @property
    def content(self) -> str:
        """The text without a byte order mark; what is not UTF-8 is replaced."""
        return self.raw.decode("utf-8-sig", "replace")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value and its key stand, as offsets in the text; `end` is exclusive."""

    start: int
    end: int
    style: str | None = None
    value: str | None = None
    key_start: int | None = None
    key_end: int | None = None


@dataclass(slots=True)
class Findings:
    """What is wrong: errors keep the rules from loading, notes do not."""

    errors: list[Diagnostic] = field(default_factory=list)
    notes: list[Diagnostic] = field(default_factory=list)


class Document:
    """The data of one file (mappings, lists, text, Decimal, bool, None), and the place of each value."""

    def __init__(self, file: RuleFile, text: str, lines: Lines, root: Node | None) -> None:
        self.file = file
        self.text = text
        self.lines = lines
        self.places: dict[Path, Place] = {(): Place(0, min(1, len(text)))}
        self.repeated: list[tuple[Path, Place]] = []
        self.refused: list[tuple[Place, str]] = []
        self.references: set[Path] = set()  # aliases and tags, which are no expressions either
        self.data: Any = {} if root is None else self._read(root, ())

    @property
    def pack(self) -> str:
        return self.file.pack

    def value(self, path: Path) -> Any:
        """The data at a path."""
        data = self.data
        for step in path:
            data = data[step]
        return data

    def written(self, path: Path) -> str:
        """A value as the file writes it."""
        place = self.place(path)
        return place.value if place.value else self.text[place.start : place.end].strip()

    def place(self, path: Path) -> Place:
        """The place of a value, or of the nearest value around it when the path is not in the file."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def diagnostic(
        self,
        code: str,
        path: Path,
        parts: Mapping[str, object] | None = None,
        *,
        key: bool = False,
        inside: tuple[int, int] | None = None,
        suggestion: str | None = None,
        instead: str | None = None,
        witness: Mapping[str, object] | None = None,
        notes: Sequence[Text] = (),
    ) -> Diagnostic:
        """A finding at a value, at its key, or at the characters `inside` a text.

        The fix is to put the suggestion, or else what is given as `instead`, in the place of what is marked.
        `witness` is a customer that shows it, `notes` say more.
        """
        place = self.place(path)
        start, end = place.start, self._visible_end(place)
        key = key or (place.value == "" and not place.style)  # what is empty stands nowhere
        if key and place.key_start is not None and place.key_end is not None and path in self.places:
            start, end = place.key_start, place.key_end
        elif inside is not None and place.value:
            at = offsets(self.text[place.start : place.end], place.value, place.style)
            start, end = place.start + at[inside[0]], place.start + at[inside[1]]
        span = self.lines.position(start), self.lines.position(end)
        fix = suggestion if instead is None else instead
        if fix is not None and inside is not None:
            fix = written(fix, place.style)
        if fix == self.text[start:end]:  # what is there already mends nothing
            fix = suggestion = None
        return Diagnostic(
            code,
            self.file.name,
            *span,
            parts or {},
            cell=cell_name(self.data, path),
            suggestion=suggestion,
            fix=() if fix is None else (Edit(*span, fix),),
            witness=witness or {},
            notes=tuple(notes),
        )

    def rename(self, path: Path, key: str | None) -> None:
        """Puts a value under another key, or takes it out: to read on where one is wrong."""
        mapping = self.value(path[:-1])
        value = mapping.pop(path[-1])
        if key is None or key in mapping:
            return
        mapping[key] = value
        for inner in [each for each in self.places if each[: len(path)] == path]:
            self.places[(*path[:-1], key, *inner[len(path) :])] = self.places[inner]

    def _visible_end(self, place: Place) -> int:
        """Where the first line of a value ends: a finding marks one line."""
        lines = self.text[place.start : place.end].splitlines()
        return place.start + max(len(lines[0].rstrip()) if lines else 0, 1)

    def _read(self, node: Node, path: Path, key: Node | None = None) -> object:
        place = self._place(node, key)
        self.places[path] = place
        if node.anchor is not None or self.text[place.start : place.start + 1] in ("!", "&", "*"):
            words = self.text[place.start : place.end].split()
            self.refused.append((place, words[0] if words else "!"))
        if isinstance(node, ScalarNode):
            return node.value if node.style or _is_text(node.value) else plain(node.value)
        if isinstance(node, SequenceNode):
            return [self._read(item, (*path, n)) for n, item in enumerate(node.value)]
        assert isinstance(node, MappingNode)
        return self._mapping(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, object]:
        data: dict[str, object] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else self.text[_start(key) : _end(key)]
            inner = (*path, name)
            if name in data:
                self.repeated.append((inner, self._place(value, key)))
            elif name == "<<":
                self.refused.append((self._place(key, None), name))
            else:
                data[name] = self._read(value, inner, key)
        return data

    def _place(self, node: Node, key: Node | None) -> Place:
        return Place(
            _start(node),
            _end(node),
            node.style if isinstance(node, ScalarNode) else None,
            node.value if isinstance(node, ScalarNode) else None,
            None if key is None else _start(key),
            None if key is None else _end(key),
        )


def read(file: RuleFile, findings: Findings) -> Document | None:
    """The file's data and places; None when YAML cannot be made of it. What is wrong goes to `findings`."""
    text = _decode(file, findings)
    if text is None:
        return None
    if "\n" not in text:
        text = text.replace("\r", "\n")  # lines end as on an old Macintosh
    try:
        deep = _too_deep(text)
        if deep is None:
            return _read(file, text, findings)
    except RecursionError:
        deep = 0
    start, end = (Lines(text).position(at) for at in (deep, deep + 1))
    findings.errors.append(Diagnostic("CRM050", file.name, start, end))
    return None


def _read(file: RuleFile, text: str, findings: Findings) -> Document | None:
    text, wide, cells = as_meant(text)
    findings.notes.extend(_full_width(file, text, wide))
    spaces = [(at + 1, " ") for at in wide if _lacks_space(text, at)]
    quotes = [each for cell in cells for each in cell.insertions()]
    insertions = sorted((*spaces, *quotes), key=lambda each: each[0])
    lines = Lines(text, [at for at, _ in insertions])
    repaired = _insert(text, insertions)
    try:
        root = compose(repaired)
    except YAMLError as error:
        before = len(findings.errors)
        _complain(cells, file, Lines(text), None, findings)
        if len(findings.errors) == before:
            findings.errors.append(explain(error, file.name, repaired, lines))
        return None
    document = Document(file, repaired, lines, root)
    _complain(cells, file, Lines(text), document, findings)
    findings.errors.extend(_refusals(document))
    if not isinstance(document.data, dict):
        findings.errors.append(document.diagnostic("CRM071", ()))
        return None
    return document


def _full_width(file: RuleFile, text: str, wide: Sequence[int]) -> Iterator[Diagnostic]:
    """A note for each comma or colon that was written full-width where `{…}` needs the half-width one."""
    lines = Lines(text)
    for at in wide:
        span = lines.position(at), lines.position(at + 1)
        parts = {"found": {",": "，", ":": "："}[text[at]], "replacement": text[at]}
        edit = Edit(*span, f"{text[at]} " if _lacks_space(text, at) else text[at])
        yield Diagnostic("CRM012", file.name, *span, parts, suggestion=text[at], fix=(edit,))


def _lacks_space(text: str, at: int) -> bool:
    """Whether YAML wants a space, or readers do, behind a colon or comma."""
    return text[at + 1 : at + 2] not in (" ", "\n")


def _too_deep(text: str) -> int | None:
    """Where more brackets are open than any rule needs."""
    depth = 0
    for match in _BRACKET.finditer(text):
        if match.group()[0] not in "\"'":  # a range in quotes, "[1..2)", nests nothing
            depth += 1 if match.group() in "[{" else -1
        if depth > DEPTH:
            return match.start()
    return None


def plain(text: str) -> object:
    """The value of an unquoted scalar: YAML 1.2's true, false, null and numbers; everything else is text."""
    if text in _WORDS:
        return _WORDS[text]
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _is_text(text: str) -> bool:
    return text not in _WORDS and not text[:1].isdigit() and text[:1] != "-"


def cell_name(data: object, path: Path) -> str | None:
    """How a person names a cell of a table: its row's id and its column's heading ("A, share above")."""
    match path:
        case ("table", "rows", int(row), int(column), *_):
            table = data.get("table") if isinstance(data, dict) else None
            rows, heads = (table.get("rows"), table.get("when")) if isinstance(table, dict) else (None, None)
            columns = ["id", *(heads if isinstance(heads, list) else ()), "then"]
        case ("moves", int(row), int(column), *_):
            rows = data.get("moves") if isinstance(data, dict) else None
            columns = ["id", "from", "on", "when", "to", "and"]
        case _:
            return None
    try:
        id = rows[row][0]  # type: ignore[index]
    except (IndexError, TypeError, KeyError):
        return None
    return f"{id}, {columns[column] if column < len(columns) else column + 1}"


def _start(node: Node) -> int:
    return int(node.start_mark.index)


def _end(node: Node) -> int:
    return int(node.end_mark.index)


def _insert(text: str, insertions: Sequence[tuple[int, str]]) -> str:
    pieces, last = [], 0
    for at, sign in insertions:
        pieces += [text[last:at], sign]
        last = at
    return "".join([*pieces, text[last:]])


def _decode(file: RuleFile, findings: Findings) -> str | None:
    if isinstance(file.text, str):
        return file.text.removeprefix("\ufeff")
    try:
        return file.text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = file.text[: error.start].decode("utf-8-sig", "replace")
        start = Lines(before).position(len(before))
        end = Position(start.line, start.column + 1)
        parts = {"line": start.line, "encoding": _encoding(file.text)}
        findings.errors.append(Diagnostic("CRM040", file.name, start, end, parts))
        return None


def _encoding(raw: bytes) -> str:
    """What a file that is not UTF-8 most likely is."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "?"
    return "GBK/GB18030"


def _complain(
    cells: Sequence[Unquoted], file: RuleFile, lines: Lines, document: Document | None, findings: Findings
) -> None:
    """One finding for each cell that lacks its quotes, named by row and column where it stands in a table."""
    paths: dict[Position, Path] = {}
    if document is not None:
        paths = {document.lines.position(place.start): path for path, place in document.places.items()}
    for cell in cells:
        if cell.is_type or (document is None and cell.is_open):
            continue
        start, end = lines.position(cell.start), lines.position(cell.end)
        path = paths.get(start, ())
        name = None if document is None else cell_name(document.data, path)
        if cell.is_reference:
            if document is not None:
                document.references.add(path)
            found = Diagnostic("CRM047", file.name, start, end, {"name": cell.text}, name)
        else:
            parts = {"name": cell.text, "quoted": cell.quoted}
            fix = (Edit(start, end, cell.quoted),)
            found = Diagnostic("CRM041", file.name, start, end, parts, name, cell.quoted, fix)
        (findings.notes if cell.title else findings.errors).append(found)


def _refusals(document: Document) -> Iterator[Diagnostic]:
    """Repeated keys, and the parts of YAML that rule files do not use."""
    for path, place in document.repeated:
        first = document.places[path].key_start
        line = 0 if first is None else document.lines.position(first).line
        start, end = (document.lines.position(at or 0) for at in (place.key_start, place.key_end))
        yield Diagnostic("CRM048", document.file.name, start, end, {"name": path[-1], "first": line})
    for place, name in document.refused:
        begin = document.lines.position(place.start)
        end = Position(begin.line, begin.column + len(name))
        yield Diagnostic("CRM047", document.file.name, begin, end, {"name": name})
