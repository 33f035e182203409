"""Where do the elements of a model stand in its picture?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from crmflow.rules.dmn.definitions import Bounds, DecisionService, Definitions, InputData

_SIZES: Final = {"inputData": (125, 45), "knowledgeSource": (100, 63)}
_SIZE: Final = (180, 80)
_COLUMN, _ROW, _MARGIN = 220, 140, 160
_LINE: Final = 10  # elements side by side; what requires nothing of each other may be many

Arrow = tuple[str, str]  # from what is required to who requires it


def arranged(definitions: Definitions, arrows: Sequence[Arrow]) -> dict[str, Bounds]:
    """The bounds of everything that is drawn: as the model has them, else in rows above what is required.

    A decision service is not drawn: dmn-js has no shape for it, and would hide the decisions in it.
    """
    ids = [
        *(id for id, element in definitions.elements.items() if not isinstance(element, DecisionService)),
        *(artifact.id for artifact in definitions.artifacts if artifact.kind != "association"),
    ]
    made = {id: definitions.bounds[id] for id in ids if id in definitions.bounds}
    made |= _in_rows(definitions, [id for id in ids if id not in made], arrows, made)
    return {id: made[id] for id in ids}


def _in_rows(
    definitions: Definitions, ids: Sequence[str], arrows: Sequence[Arrow], drawn: dict[str, Bounds]
) -> dict[str, Bounds]:
    """Right of what is drawn already; what requires nothing stands lowest, long rows are broken."""
    below: dict[str, list[str]] = defaultdict(list)
    for source, target in arrows:
        below[target].append(source)
    rows: dict[str, int] = {}

    def row(id: str, above: frozenset[str]) -> int:
        if id not in rows:
            under = [row(each, above | {id}) for each in below[id] if each not in above and each != id]
            rows[id] = 1 + max(under) if under else 0
        return rows[id]

    lines: dict[int, list[str]] = defaultdict(list)
    for id in ids:
        lines[row(id, frozenset())].append(id)
    left = max((box.x + box.width for box in drawn.values()), default=0) + _MARGIN
    made = {}
    y = _MARGIN / 2
    for _, line in sorted(lines.items(), reverse=True):
        for start in range(0, len(line), _LINE):
            for place, id in enumerate(line[start : start + _LINE]):
                width, height = _size(definitions, id)
                x = left + place * _COLUMN + (_SIZE[0] - width) / 2
                made[id] = Bounds(x, y + (_SIZE[1] - height) / 2, width, height)
            y += _ROW
    return made


def _size(definitions: Definitions, id: str) -> tuple[int, int]:
    element = definitions.elements.get(id)
    if element is None:
        return _SIZES["knowledgeSource"]
    return _SIZES["inputData"] if isinstance(element, InputData) else _SIZE


def joined(source: Bounds, target: Bounds) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of a line between two boxes, on the sides that face each other."""
    middle = source.x + source.width / 2, target.x + target.width / 2
    if source.y >= target.y + target.height:
        return (middle[0], source.y), (middle[1], target.y + target.height)
    if target.y >= source.y + source.height:
        return (middle[0], source.y + source.height), (middle[1], target.y)
    level = source.y + source.height / 2, target.y + target.height / 2
    if source.x < target.x:
        return (source.x + source.width, level[0]), (target.x, level[1])
    return (source.x, level[0]), (target.x + target.width, level[1])
