"""Which ids may stand in a file that dmn-js opens? Those of ASCII letters, digits, `_`, `-` and `.`"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, TypeVar

from crmflow.rules.dmn.definitions import Artifact, DecisionService, Definitions, Element, Requirement

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_OTHER: Final = re.compile(r"[^A-Za-z0-9_.-]")

Part = TypeVar("Part", bound=Element | Artifact)


def plain(id: str) -> str:
    """The id with each other sign as its code point: in every file the same, so references still meet."""
    if _PLAIN.fullmatch(id):
        return id
    spelled = _OTHER.sub(lambda sign: f"u{ord(sign[0]):x}", id)
    return spelled if _PLAIN.fullmatch(spelled) else f"_{spelled}"


def with_plain_ids(definitions: Definitions) -> Definitions:
    """The same model with plain ids only."""
    elements = (_element(element) for element in definitions.elements.values())
    return replace(
        definitions,
        id=plain(definitions.id),
        elements={element.id: element for element in elements},
        artifacts=tuple(map(_artifact, definitions.artifacts)),
        bounds={plain(id): box for id, box in definitions.bounds.items()},
    )


def _element(element: Element) -> Element:
    if isinstance(element, DecisionService):
        element = replace(
            element,
            outputs=_references(element.outputs),
            encapsulated=_references(element.encapsulated),
            input_decisions=_references(element.input_decisions),
            input_data=_references(element.input_data),
        )
    return _part(element)


def _artifact(artifact: Artifact) -> Artifact:
    source, target = (None if end is None else _href(end) for end in (artifact.source, artifact.target))
    return replace(_part(artifact), source=source, target=target)


def _part(part: Part) -> Part:
    return replace(part, id=plain(part.id), requirements=_references(part.requirements))


def _references(requirements: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    return tuple(
        replace(each, href=_href(each.href), id=None if each.id is None else plain(each.id))
        for each in requirements
    )


def _href(href: str) -> str:
    namespace, sign, id = href.rpartition("#")
    return f"{namespace}{sign}{plain(id)}"
