"""How does a FEEL text in a rule file become an expression, with every mistake at its place in the file?"""

from __future__ import annotations

from crmflow.errors import FeelError
from crmflow.rules import feel
from crmflow.rules.feel import Expression, Scope, Type
from crmflow.rules.shape import as_text
from crmflow.rules.source import Document, Findings, Path


def expression(
    document: Document, path: Path, scope: Scope, findings: Findings, *, input: Type | None = None
) -> Expression | None:
    """The expression at `path`, or the cell that tests an `input`; None when it cannot be read."""
    if path in document.references:
        return None
    text = str(as_text(document.value(path)))
    try:
        parsed = feel.parse(text, scope) if input is None else feel.parse_unary(text, input, scope)
    except FeelError as error:
        report(document, path, error, findings, scope)
        return None
    for notice in parsed.notices:
        inside = (notice.start, notice.end)
        parts = {"found": text[notice.start : notice.end], "replacement": notice.replacement}
        findings.notes.append(
            document.diagnostic(notice.code, path, parts, inside=inside, suggestion=notice.replacement)
        )
    return parsed


def condition(document: Document, path: Path, scope: Scope, findings: Findings) -> Expression | None:
    """The expression at `path`, which must be a condition: true, false or null."""
    parsed = expression(document, path, scope, findings)
    if parsed is None or parsed.type in (feel.boolean, feel.any_, feel.null):
        return parsed
    parts = {"name": parsed.text, "found": parsed.type, "expected": feel.boolean}
    findings.errors.append(document.diagnostic("CRM107", path, parts))
    return None


def report(document: Document, path: Path, error: FeelError, findings: Findings, scope: Scope) -> None:
    """An expression's mistakes, each at its own characters; a near name is offered as the fix."""
    for each in (error, *getattr(error, "others", ())):
        parts = dict(each.parts)
        if each.code == "CRM101" and (other := _elsewhere(str(parts["name"]), scope)) is not None:
            parts |= {"suggestion": other, "near": f" ({other}?)"}
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
