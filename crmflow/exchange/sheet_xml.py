"""Which cells of a sheet hold errors and formulas? (a workbook's reader gives both as blank cells)"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import ZipFile

from crmflow.errors import ImportFileError
from crmflow.exchange.tablefile import DAMAGED

Spot = tuple[int, int]
"""Row and column, from 0."""

CHUNK: Final = 1 << 20
# Only a sheet in whose text one of these stands is parsed.
SUSPECT: Final = re.compile(rb'<(?:\w+:)?f[ />]|t="e"')
SPOT: Final = re.compile(r"([A-Z]+)([0-9]+)")


@dataclass(slots=True)
class Oddities:
    """The cells that show an error (#N/A), that hold a formula, and those among these without a value."""

    errors: dict[Spot, str] = field(default_factory=dict)
    formulas: frozenset[Spot] = frozenset()
    uncomputed: frozenset[Spot] = frozenset()


def oddities(path: Path, sheet: str) -> Oddities:
    """Those of one sheet of an .xlsx or .xlsm file. Raises ImportFileError CRM497: damaged."""
    try:
        with ZipFile(path) as book:
            part = _parts(book).get(sheet)
            if part is None:
                return Oddities()
            with book.open(part) as file:
                if not _suspect(file):
                    return Oddities()
            with book.open(part) as file:
                return _Reader().read(file)
    except (*DAMAGED, ElementTree.ParseError, expat.ExpatError) as error:
        raise ImportFileError("CRM497", path=path) from error


def _parts(book: ZipFile) -> Mapping[str, str]:
    """Sheet → the file in the workbook that holds its cells."""
    targets = {
        each.get("Id"): each.get("Target", "")
        for each in ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    }
    found = {}
    for element in ElementTree.fromstring(book.read("xl/workbook.xml")).iter():
        if element.tag.endswith("}sheet"):
            id = next((value for name, value in element.items() if name.endswith("}id")), None)
            target = targets.get(id, "")
            found[element.get("name", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
    return found


def _suspect(file: IO[bytes]) -> bool:
    tail = b""
    while chunk := file.read(CHUNK):
        if SUSPECT.search(tail + chunk):
            return True
        tail = chunk[-16:]
    return False


class _Reader:
    """Walks through the cells of a sheet."""

    def __init__(self) -> None:
        self.errors: dict[Spot, str] = {}
        self.formulas: set[Spot] = set()
        self.valued: set[Spot] = set()
        self.spot: Spot = (-1, -1)
        self.type = ""
        self.text: list[str] | None = None

    def read(self, file: IO[bytes]) -> Oddities:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.ParseFile(file)
        formulas = frozenset(self.formulas)
        return Oddities(self.errors, formulas, formulas - self.valued)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                row = int(attributes["r"]) - 1 if "r" in attributes else self.spot[0] + 1
                self.spot = row, -1
            case "c":
                self.spot = spot(attributes["r"]) if "r" in attributes else (self.spot[0], self.spot[1] + 1)
                self.type = attributes.get("t", "")
            case "f":
                self.formulas.add(self.spot)
            case "v":
                self.text = []

    def characters(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def end(self, name: str) -> None:
        if name.rpartition(":")[2] != "v" or self.text is None:
            return
        value, self.text = "".join(self.text), None
        if value or self.type == "str":  # a formula may give an empty text
            self.valued.add(self.spot)
        if self.type == "e":
            self.errors[self.spot] = value


def spot(name: str) -> Spot:
    """Row and column, from 0, of a cell's name: "C7" is (6, 2)."""
    found = SPOT.fullmatch(name)
    if found is None:
        raise KeyError(name)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1
