"""How do the vocabulary's names meet the columns of a file, and a file's rows the store?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from crmflow.core.field import Field
from crmflow.core.intake import CustomerRow, HoldingRow, TouchpointRow
from crmflow.core.text import Text
from crmflow.errors import ImportFileError, RuleFileError
from crmflow.exchange.importing import Put
from crmflow.exchange.layout import Kind, Names
from crmflow.exchange.mapping import MappingFile
from crmflow.exchange.rows import IntakeRow
from crmflow.rules.source import Findings, RuleFile, read
from crmflow.rules.vocabulary import Vocabulary, Word, bare
from crmflow.store.batch import Batch


def column_names(vocabulary: Vocabulary) -> Names:
    """What the columns of a file may be called: ids, labels and aliases."""
    return Names(
        keys=_words(vocabulary.keys),
        roles=_words(vocabulary.roles),
        levels=_words(vocabulary.levels),
        customer=_fields(vocabulary.customer),
        holdings=_kinds(vocabulary.holdings),
        touchpoints=_kinds(vocabulary.touchpoints),
    )


def read_mapping(path: Path) -> MappingFile:
    """A mapping file.

    Raises RuleFileError CRM090 with the `diagnostics`, ImportFileError CRM450 unreadable, CRM458, CRM459.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ImportFileError("CRM450", path=path, reason=error.strerror) from error
    findings = Findings()
    document = read(RuleFile(path.name, text, shown=str(path)), findings)
    if document is None or findings.errors:
        first = findings.errors[0]
        place = f"{first.file}:{first.start.line}:{first.start.column}"
        raise RuleFileError(
            "CRM090",
            count=len(findings.errors),
            place=place,
            first=first.message(),
            diagnostics=findings.errors,
        )
    return MappingFile.of(document.data, path)


def sink(batch: Batch, import_id: int, rows: Sequence[IntakeRow]) -> Put:
    """Puts a batch of a file's rows into the store.

    A customer who is first seen through a touchpoint or a holding begins there, known by that key. (F7)
    """
    first_seen(batch, [row for row in rows if isinstance(row, (TouchpointRow, HoldingRow))], import_id)
    return Put(*batch.intake.put(rows, import_id=import_id))


def first_seen(batch: Batch, rows: Sequence[TouchpointRow | HoldingRow], import_id: int | None) -> None:
    """Adds the customers whom these rows name and nobody knows yet."""
    latest_first = sorted(rows, key=lambda row: row.at, reverse=True)
    refs = list({(row.source, row.customer): row.at for row in latest_first}.items())
    known = batch.intake.customers([ref for ref, _ in refs])
    batch.customers.put(
        [
            CustomerRow(source, ref.value, at, keys={ref.kind: ref.value} if ref.kind else {})
            for ((source, ref), at), id in zip(refs, known, strict=True)
            if id is None
        ],
        import_id=import_id,
    )


def _words(words: Mapping[str, Word]) -> dict[str, str]:
    return {spelling: name for name, word in words.items() for spelling in (name, *word.aliases)}


def _fields(fields: Mapping[str, Field]) -> dict[str, Field]:
    return {
        spelling: field
        for name, field in fields.items()
        for spelling in _spellings(name, field.label, field.aliases)
    }


def _kinds(kinds: Mapping[str, object]) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for kind in kinds.values():
        named = Kind(kind.name, _fields(kind.fields))  # type: ignore[attr-defined]
        for spelling in _spellings(named.name, kind.label, kind.aliases):  # type: ignore[attr-defined]
            found.setdefault(spelling, named)
    return found


def _spellings(name: str, label: Text, aliases: Iterable[str]) -> Iterable[str]:
    return name, bare(name), label.en, label.zh, *aliases
