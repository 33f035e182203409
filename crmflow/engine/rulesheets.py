"""How do a site's rule tables go out as a workbook, and come back into its rule files?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text
from crmflow.engine.files import with_new, write_file
from crmflow.engine.release import compiled
from crmflow.exchange.rulesheet.annotate import annotate
from crmflow.exchange.rulesheet.file import SUFFIXES, read_sheets, write_csv
from crmflow.exchange.rulesheet.findings import in_sheets
from crmflow.exchange.rulesheet.merge import Side
from crmflow.exchange.rulesheet.reader import rule_sheets
from crmflow.exchange.rulesheet.returned import Returned, take_back
from crmflow.exchange.rulesheet.xlsx import write_workbook
from crmflow.rules.check import check
from crmflow.rules.check.number_cell import number_cells
from crmflow.rules.load import load
from crmflow.rules.ruleset import Loaded
from crmflow.rules.source import RuleFile
from crmflow.settings import Site


@dataclass(frozen=True, slots=True)
class SheetImport:
    """What edited sheets make of the rule files: the sheets that came back, what is wrong in them, what a
    person should know, and the files that were written (none when something is wrong)."""

    returned: tuple[Returned, ...]
    findings: tuple[Diagnostic, ...] = ()
    notes: tuple[Text, ...] = ()
    written: tuple[Path, ...] = ()


def export_rules(
    files: Iterable[RuleFile], ids: Sequence[str], target: Path, language: str
) -> tuple[Path, ...]:
    """Writes the rule tables of these rulebooks and charts (of all without ids) as one workbook, one CSV
    file, or a folder of CSV files; returns what was written.

    Raises RuleFileError CRM090 the rules cannot be used, CRM091 without a table, CRM137 no such id;
    ImportFileError CRM488 openpyxl is not installed.
    """
    sheets = rule_sheets(compiled(files), ids)
    suffix = target.suffix.lower()
    if suffix in SUFFIXES:
        write_workbook(sheets, target, language)
        return (target,)
    if suffix == ".csv" and len(sheets) == 1:
        write_csv(sheets[0], target, language)
        return (target,)
    written = tuple(target / f"{sheet.id}.csv" for sheet in sheets)
    for sheet, file in zip(sheets, written, strict=True):
        write_csv(sheet, file, language)
    return written


def import_rules(
    site: Site,
    files: Sequence[RuleFile],
    paths: Iterable[Path],
    *,
    prefer: Side | None = None,
    write: bool = True,
) -> SheetImport:
    """Takes edited sheets back into the site's rule files: all of them, or none when something is wrong.

    Where sheet and file both changed a cell, `prefer` says whose counts: "ours" (the file's), "theirs" (the
    sheet's). Raises as `read_sheets` and `take_back` do, and RuleFileError CRM090: the rules cannot be used.
    """
    returned, notes = taken_back(files, paths, prefer)
    changed = [each for each in returned if each.changes]
    findings = [finding for each in returned for finding in each.findings]
    loaded = load(with_new(files, (each.file for each in changed)))
    findings = _also(findings, in_sheets(loaded.errors, changed))
    if not findings:
        notes += _doubts(loaded, changed)
    saved = () if findings or not write else tuple(write_file(site, each.file) for each in changed)
    return SheetImport(tuple(returned), tuple(findings), tuple(notes), saved)


def _also(findings: Sequence[Diagnostic], others: Iterable[Diagnostic]) -> list[Diagnostic]:
    """With the other findings, but for the cells of which something is said already."""
    said = {(each.file, each.sheet or (each.start, each.cell)) for each in findings}
    fresh = (each for each in others if (each.file, each.sheet or (each.start, each.cell)) not in said)
    return [*findings, *fresh]


def _doubts(loaded: Loaded, changed: Sequence[Returned]) -> list[Text]:
    """What an edited sheet may have meant otherwise: bare numbers among ranges, each at its cell."""
    if loaded.ruleset is None:
        return []
    names = {each.file.name for each in changed}
    doubtful = [each for each in number_cells(loaded.ruleset) if each.file in names]
    return [
        Text(*(f"{each.place}: {each.code} {each.message(language)}" for language in ("en", "zh")))
        for each in in_sheets(doubtful, changed)
    ]


def annotate_rules(
    files: Sequence[RuleFile], path: Path, target: Path, language: str
) -> tuple[Diagnostic, ...]:
    """Checks what stands in a workbook, as if it were taken back, and writes it with what was found as notes
    on its cells; returns the findings.

    Raises ImportFileError CRM074 no workbook, and as `import_rules` does.
    """
    returned, _ = taken_back(files, [path], None)
    findings = [finding for each in returned for finding in each.findings]
    names = {each.file.name: bool(each.findings) for each in returned}
    checked = check(with_new(files, (each.file for each in returned)))
    told = [each for each in checked if each.file in names]
    told = [each for each in told if each.severity == "error" or not names[each.file]]
    findings = _also(findings, in_sheets(told, returned))
    annotate(path, target, findings, language)
    return tuple(findings)


def taken_back(
    files: Sequence[RuleFile], paths: Iterable[Path], prefer: Side | None
) -> tuple[list[Returned], list[Text]]:
    """What sheets make of the rule files, and what a person should know."""
    rules = compiled(files)
    returned: list[Returned] = []
    notes: list[Text] = []
    for book in map(read_sheets, paths):
        returned += [take_back(source, rules, prefer) for source in book.sheets]
        notes += book.notes
    return returned, [*notes, *(note for each in returned for note in each.read.notes)]
