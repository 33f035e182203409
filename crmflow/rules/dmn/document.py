"""Which elements does an XML file hold, and on which lines?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from crmflow.core.diagnostic import Position
from crmflow.errors import RuleFileError

DEPTH_LIMIT: Final = 200


@dataclass(slots=True)
class Element:
    """`tag` and the names of attributes are without their namespaces; `start` is where the element begins."""

    tag: str
    namespace: str
    attributes: Mapping[str, str]
    start: Position
    children: list[Element] = field(default_factory=list)
    text: str = ""
    text_start: Position | None = None  # of the first sign of the text

    def get(self, name: str) -> str | None:
        return self.attributes.get(name)

    def all(self, *tags: str) -> Iterator[Element]:
        """The children with one of these tags, in order."""
        return (child for child in self.children if child.tag in tags)

    def first(self, *tags: str) -> Element | None:
        return next(self.all(*tags), None)

    def said(self, tag: str) -> str | None:
        """The text of a child; None where there is no such child."""
        child = self.first(tag)
        return None if child is None else child.text.strip()


def read_document(data: bytes, file: str) -> Element:
    """The root of an XML file.

    Raises RuleFileError: CRM080 for what is no XML, CRM081 for a document type (entities can grow without
    bound and read other files), CRM082 for elements nested too deeply.
    """
    builder = _Builder(file)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        place = f"{file}:{error.lineno}:{error.offset + 1}"
        raise RuleFileError("CRM080", file=place, reason=reason) from None
    except (LookupError, ValueError) as error:  # an encoding that Python does not know or expat cannot read
        raise RuleFileError("CRM080", file=f"{file}:1:1", reason=str(error)) from None
    return builder.root


class _Builder:
    """Listens to expat and stacks the elements that are open."""

    root: Element

    def __init__(self, file: str) -> None:
        self.file = file
        self.open: list[Element] = []
        self.said: list[list[str]] = []  # the pieces of each one's text
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = False
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._finish
        self.parser.CharacterDataHandler = self._say
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _here(self) -> Position:
        return Position(self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(" ")
        plain = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        element = Element(tag, namespace, plain, self._here())
        if not self.open:
            self.root = element
        elif len(self.open) >= DEPTH_LIMIT:
            place = f"{self.file}:{element.start.line}"
            raise RuleFileError("CRM082", file=place, limit=DEPTH_LIMIT)
        else:
            self.open[-1].children.append(element)
        self.open.append(element)
        self.said.append([])

    def _finish(self, name: str) -> None:
        self.open.pop().text = "".join(self.said.pop())

    def _say(self, data: str) -> None:
        element = self.open[-1]
        if element.text_start is None:
            element.text_start = self._here()
        self.said[-1].append(data)

    def _refuse(self, *declared: object) -> None:
        raise RuleFileError("CRM081", file=f"{self.file}:{self.parser.CurrentLineNumber}")
