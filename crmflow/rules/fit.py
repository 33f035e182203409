"""Does the data of a file fit its shape, and what exactly does not?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules import spoken
from crmflow.rules.feel import nearest
from crmflow.rules.shape import Shape
from crmflow.rules.source import Document, Findings, Path

AnyShape = TypeVar("AnyShape", bound=Shape)

_CODES = {
    "model_type": "CRM062",
    "model_attributes_type": "CRM062",
    "dict_type": "CRM062",
    "list_type": "CRM063",
    "string_type": "CRM064",
    "bool_type": "CRM065",
    "literal_error": "CRM067",
}

# Without what stands here, names would be unknown that are not.
_DECLARE = frozenset(
    {"case", "cases", "customer", "facts", "for", "gives", "holdings", "keys", "levels", "messages", "moves"}
    | {
        "params",
        "population facts",
        "relations",
        "roles",
        "rules",
        "signals",
        "states",
        "table",
        "touchpoints",
    }
)


def shaped(model: type[AnyShape], document: Document, path: Path, findings: Findings) -> AnyShape | None:
    """The value at `path` as `model`, with a finding for every misfit.

    So that one misfit hides no other mistake, the rest is read without it, and a misspelt key as the one that
    is meant; None when too little remains.
    """
    try:
        return model.model_validate(document.value(path))
    except ValidationError as error:
        misfits = list(_misfits(model, document, path, error))
        findings.errors.extend(each.found for each in misfits)
    try:
        return model.model_validate(document.value(path)) if _set_right(document, path, misfits) else None
    except ValidationError:
        return None


@dataclass(frozen=True, slots=True)
class _Misfit:
    """A finding, the path of what does not fit, and the key that is meant, where a key is misspelt."""

    found: Diagnostic
    path: Path
    meant: str | None = None


def _set_right(document: Document, path: Path, misfits: Iterable[_Misfit]) -> bool:
    """Renames misspelt keys below `path` and takes other misfits out; False where that would lose names."""
    for each in sorted(misfits, key=lambda each: len(each.path), reverse=True):
        if len(each.path) <= len(path) or not isinstance(each.path[-1], str):
            return False
        if each.path[-1] not in document.value(each.path[:-1]):
            return False
        if each.meant is None and len(each.path) <= 2 and each.path[0] in _DECLARE:
            return False
        document.rename(each.path, each.meant)
    return True


def _misfits(model: type[Shape], document: Document, path: Path, error: ValidationError) -> Iterator[_Misfit]:
    """One finding for each place that does not fit; a missing key that is only misspelt is not missing."""
    seen: set[Path] = set()
    meant: set[Path] = set()
    problems = error.errors(include_url=False)
    for each in problems:
        where = (*path, *each["loc"])
        if each["type"] == "extra_forbidden":
            found = _unknown_key(model, document, where, path)
            meant.add((*where[:-1], found.suggestion or ""))
            yield _Misfit(found, where, found.suggestion)
    for each in problems:
        where = (*path, *each["loc"])
        if each["type"] == "missing" and where not in meant:
            found = document.diagnostic("CRM061", where[:-1], {"name": where[-1]}, key=True)
            yield _Misfit(found, where)
        elif (
            each["type"] not in ("missing", "extra_forbidden")
            and (at := _written(document, where)) not in seen
        ):
            seen.add(at)
            found = _misfit(document, at, each["type"], str(each.get("ctx", {}).get("expected", "")))
            yield _Misfit(found, at)


def _misfit(document: Document, path: Path, problem: str, expected: str) -> Diagnostic:
    place = document.places[path]
    if document.value(path) is None:
        return document.diagnostic("CRM028", path, {"name": path[-1] if path else ""})
    code = _CODES.get(problem, "CRM062")
    if problem == "multiple_of" or problem.startswith(("decimal", "is_instance")):
        code = "CRM066"
    options = expected.replace("'", "").replace(" or ", ", ")
    shown = document.text[place.start : place.end].strip()
    suggestion = _meant(code, shown, options)
    parts = {"name": shown, "key": path[-1] if path else "", "expected": options}
    return document.diagnostic(code, path, parts, suggestion=suggestion)


def _meant(code: str, shown: str, options: str) -> str | None:
    match code:
        case "CRM065":
            return spoken.truth(shown)
        case "CRM066":
            return spoken.number(shown.strip("\"'")) or (shown[1:-1] if shown[1:-1].isdigit() else None)
        case "CRM067":
            return nearest(shown, options.split(", "))
    return None


def _unknown_key(model: type[Shape], document: Document, path: Path, root: Path) -> Diagnostic:
    known = _keys_at(model, path[len(root) : -1])
    there = document.value(path[:-1])
    suggestion = nearest(str(path[-1]), [key for key in known if key not in there])
    parts = {"name": path[-1], "known": ", ".join(known)}
    return document.diagnostic("CRM060", path, parts, key=True, suggestion=suggestion)


def _keys_at(model: type[Shape], path: Path) -> list[str]:
    """The keys that may stand in the value at `path` inside a model."""
    shape: Any = model
    for step in path:
        if _is_shape(shape):
            fields = shape.model_fields.items()
            shape = next((field.annotation for name, field in fields if step in (field.alias, name)), None)
        else:
            shape = get_args(shape)[-1]
        while get_origin(shape) in (Annotated, Union, UnionType):
            shape = get_args(shape)[0]
    return [field.alias or name for name, field in shape.model_fields.items()] if _is_shape(shape) else []


def _is_shape(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Shape)


def _written(document: Document, path: Path) -> Path:
    """The path, or the nearest one around it that is written in the file."""
    while path not in document.places:
        path = path[:-1]
    return path
