"""How do findings stand in SARIF 2.1.0, which code hosts and editors read? (OASIS, sections 3.13 to 3.58)"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from crmflow import __version__
from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.errors import Code, catalogue

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
TAGS = {"en": "en-US", "zh": "zh-CN"}


def sarif(findings: Sequence[Diagnostic], language: str) -> dict[str, Any]:
    """One log of one run; columns count code points, ends are exclusive, as everywhere here."""
    used = sorted({finding.code for finding in findings})
    driver = {
        "name": "crmflow",
        "semanticVersion": __version__,
        "language": TAGS[language],
        "rules": [_rule(catalogue()[code], language) for code in used],
    }
    run = {
        "tool": {"driver": driver},
        "language": TAGS[language],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, used.index(finding.code), language) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: Code, language: str) -> dict[str, Any]:
    help = "\n\n".join(f"{code.why[each]}\n{code.advise(each, {})}" for each in ("en", "zh"))
    return {
        "id": code.id,
        "name": code.name,
        "shortDescription": {"text": code.title[language]},
        "fullDescription": {"text": code.why[language]},
        "help": {"text": help},
    }


def _result(finding: Diagnostic, rule: int, language: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(finding)}
    location: dict[str, Any] = {"physicalLocation": place}
    if finding.sheet is None:
        place["region"] = _region(finding.start, finding.end)
    else:
        location["logicalLocations"] = [{"fullyQualifiedName": str(finding.sheet), "kind": "cell"}]
    said = [f"{finding.message(language)}; {finding.remedy(language)}"]
    said += [note.in_language(language) for note in finding.notes]
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": "\n".join(said)},
        "locations": [location],
    }
    if finding.fix and finding.sheet is None:
        replacements = [
            {"deletedRegion": _region(edit.start, edit.end), "insertedContent": {"text": edit.text}}
            for edit in finding.fix
        ]
        change = {"artifactLocation": _artifact(finding), "replacements": replacements}
        description = {"text": finding.suggestion or finding.remedy(language)}
        result["fixes"] = [{"description": description, "artifactChanges": [change]}]
        result["properties"] = {"applicability": "safe" if finding.safe else "unsafe"}
    return result


def _artifact(finding: Diagnostic) -> dict[str, str]:
    file = PurePath(finding.file)
    return {"uri": file.as_uri() if file.is_absolute() else quote(file.as_posix())}


def _region(start: Position, end: Position) -> dict[str, int]:
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }
