"""Which units do the params files name that the store does not have?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from crmflow.core.text import Text, listed
from crmflow.rules.feel import nearest
from crmflow.rules.source import Document, Findings, Path, RuleFile, read


def unknown_units(files: Iterable[RuleFile], units: Collection[str]) -> Text | None:
    """Each by its place, with the nearest of `units` (codes and names); None where there is none, or where
    the store has no units yet."""
    if not units:
        return None
    documents = [read(file, Findings()) for file in files if file.id.rpartition("/")[2] == "params"]
    found = [
        _told(document, path, units)
        for document in documents
        if document is not None
        for path in _unit_paths(document)
        if path[-1] not in units
    ]
    return listed(found) if found else None


def _unit_paths(document: Document) -> Iterator[Path]:
    """The keys below `units:` of each param."""
    yield from (path for path in document.places if len(path) == 4 and path[2] == "units")


def _told(document: Document, path: Path, units: Collection[str]) -> Text:
    start = document.lines.position(document.places[path].key_start or 0)
    place, name = f"{document.file.name}:{start.line}:{start.column}", str(path[-1])
    near = nearest(name, units)
    hint = "" if near is None else f" ({near}?)"
    return Text(f"`{name}`{hint} {place}", f"“{name}”{hint} {place}")
