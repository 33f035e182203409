"""How does a FEEL text in a rule file become an expression, with every mistake at its place in the file?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from crmflow.core.diagnostic import Diagnostic
from crmflow.errors import FeelError
from crmflow.rules import feel
from crmflow.rules.feel import Expression, Notice, Scope, Type
from crmflow.rules.feel.lexer import wide_signs
from crmflow.rules.shape import as_text
from crmflow.rules.source import Document, Findings, Path

NOTHING: Final[frozenset[str]] = frozenset()
UNNAMED: Final[Mapping[str, str]] = MappingProxyType({})


def expression(
    document: Document,
    path: Path,
    scope: Scope,
    findings: Findings,
    *,
    input: Type | None = None,
    labels: Mapping[str, str] = UNNAMED,
) -> Expression | None:
    """The expression at `path`, or the cell that tests an `input`; None when it cannot be read. `labels` are
    what readers call the input's values (label → value)."""
    if path in document.references:
        return None
    if document.value(path) is None:
        findings.errors.append(empty(document, path))
        return None
    text = str(as_text(document.value(path)))
    try:
        parsed = feel.parse(text, scope) if input is None else feel.parse_unary(text, input, scope)
    except FeelError as error:
        report(document, path, error, findings, scope, labels)
        note(document, path, text, wide_signs(text), findings)
        return None
    note(document, path, text, parsed.notices, findings)
    return parsed


def empty(document: Document, path: Path) -> Diagnostic:
    """That nothing stands where something must (CRM028)."""
    key = next((each for each in reversed(path) if isinstance(each, str)), "")
    return document.diagnostic("CRM028", path, {"name": key})


def condition(
    document: Document, path: Path, scope: Scope, findings: Findings, given: frozenset[str] = NOTHING
) -> Expression | None:
    """The expression at `path`, which must be a condition: true, false or null. The names in `given` surely
    have a value when it is asked."""
    return conditions(document, [path], scope, findings, given)[0]


def conditions(
    document: Document,
    paths: Sequence[Path],
    scope: Scope,
    findings: Findings,
    given: frozenset[str] = NOTHING,
) -> list[Expression | None]:
    """The conditions at `paths`, which must all hold; None in the place of one that cannot be read."""
    found = [_condition(document, path, scope, findings) for path in paths]
    read = [(path, each, None) for path, each in zip(paths, found, strict=True) if each is not None]
    note_null_traps(document, read, findings, given)
    return found


def _condition(document: Document, path: Path, scope: Scope, findings: Findings) -> Expression | None:
    parsed = expression(document, path, scope, findings)
    if parsed is None or parsed.type in (feel.boolean, feel.any_, feel.null):
        return parsed
    parts = {"name": parsed.text, "found": parsed.type, "expected": feel.boolean}
    findings.errors.append(document.diagnostic("CRM107", path, parts))
    return None


def note_null_traps(
    document: Document,
    conditions: Sequence[tuple[Path, Expression, Expression | None]],
    findings: Findings,
    given: frozenset[str] = NOTHING,
) -> None:
    """A note where null would pass a test unnoticed, of conditions that must all hold, each with the column
    that it tests."""
    traps = feel.null_traps([(each, column) for _, each, column in conditions], given)
    for (path, parsed, _), notices in zip(conditions, traps, strict=True):
        note(document, path, parsed.text, notices, findings)


def note(document: Document, path: Path, text: str, notices: Iterable[Notice], findings: Findings) -> None:
    """What is doubtful in a text that can be read, each at its own characters, with the mend as the fix."""
    for notice in notices:
        found = text[notice.start : notice.end]
        parts = {"found": found, "replacement": notice.replacement}
        if notice.name:
            parts["name"] = notice.name
        findings.notes.append(
            document.diagnostic(
                notice.code,
                path,
                parts,
                inside=(notice.start, notice.end),
                suggestion=notice.replacement,
            )
        )


def report(
    document: Document,
    path: Path,
    error: FeelError,
    findings: Findings,
    scope: Scope,
    labels: Mapping[str, str] = UNNAMED,
) -> None:
    """An expression's mistakes, each at its own characters; a near name, or the value that a label stands
    for, is offered as the fix."""
    for each in (error, *getattr(error, "others", ())):
        parts = dict(each.parts)
        if each.code == "CRM101" and (other := _elsewhere(str(parts["name"]), scope)) is not None:
            parts |= {"suggestion": other, "near": f" ({other}?)"}
        if each.code == "CRM101" and (value := labels.get(str(parts["name"]))) is not None:
            parts |= {"suggestion": f'"{value}"', "near": f' ("{value}"?)'}
        suggestion = parts.get("suggestion")
        findings.errors.append(
            document.diagnostic(
                each.code,
                path,
                parts,
                inside=(each.start, each.end),
                suggestion=None if suggestion is None else str(suggestion),
                instead=f'"{suggestion}"' if suggestion is not None and each.code == "CRM104" else None,
            )
        )


def _elsewhere(name: str, scope: Scope) -> str | None:
    """The name as another pack has it: it must be written with the pack in front."""
    return next((each for each in scope.spellings() if each.endswith(f".{name}")), None)
