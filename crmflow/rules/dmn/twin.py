"""How does DMN 1.3 say what only later versions have a box for?

A choice, a loop or a filter becomes the FEEL text that means the same. Where one of its parts is boxed itself
or names a type, the parts become functions of a context, whose result is that text with calls in it.
"""

from __future__ import annotations

from crmflow.errors import FeelError, RuleFileError
from crmflow.rules import feel
from crmflow.rules.dmn.boxed import (
    Boxed,
    Conditional,
    Context,
    Entry,
    Filter,
    FunctionDefinition,
    Iterator,
    Literal,
    Text,
    Variable,
)
from crmflow.rules.feel.tree import PARTIAL


def twin(expression: Boxed, file: str) -> Boxed:
    """The expression in the forms of DMN 1.3; its parts may need a twin of their own.

    Raises RuleFileError CRM088 for a filter whose match is boxed: it reads the fields of each item by name.
    """
    match expression:
        case Conditional():
            return _conditional(expression)
        case Iterator():
            return _iterator(expression)
        case Filter():
            return _filter(expression, file)
    return expression


def _conditional(choice: Conditional) -> Boxed:
    parts = (choice.condition, choice.then, choice.otherwise)
    said = [_said(part) for part in parts]
    if None not in said:
        return _literal(choice, "if {} then {} else {}".format(*said))
    names = ("boxed condition", "boxed result", "boxed alternative")
    entries = [_function(choice, name, (), part) for name, part in zip(names, parts, strict=True)]
    return _context(choice, entries, "if {}() then {}() else {}()".format(*names))


def _iterator(loop: Iterator) -> Boxed:
    leads = f"{loop.kind} {loop.variable} in"
    word = "return" if loop.kind == "for" else "satisfies"
    source, body = _said(loop.source), _said(loop.body)
    if source is not None and body is not None:
        return _literal(loop, f"{leads} {source} {word} {body}")
    taken = (loop.variable, PARTIAL) if loop.kind == "for" else (loop.variable,)
    entries = [
        Entry(Variable("boxed source", None, loop.start), loop.source),
        _function(loop, "boxed body", taken, loop.body),
    ]
    return _context(loop, entries, f"{leads} boxed source {word} boxed body({', '.join(taken)})")


def _filter(filter: Filter, file: str) -> Boxed:
    match = _said(filter.match, typed=True)
    if match is None:
        place = f"{file}:{filter.start.line}:{filter.start.column}"
        raise RuleFileError("CRM088", file=place, name="filter")
    source = _said(filter.source)
    if source is not None:
        return _literal(filter, f"{source}[{match}]")
    entries = [Entry(Variable("boxed source", None, filter.start), filter.source)]
    return _context(filter, entries, f"boxed source[{match}]")


def _said(part: Boxed | None, typed: bool = False) -> str | None:
    """A part as it stands inside another text; None where it is boxed, cannot be read, or names a type."""
    if not isinstance(part, Literal) or part.text is None:
        return None
    if not typed and part.type_ref not in (None, "Any"):
        return None
    try:
        feel.parse(part.text.text, (), "standard")
    except FeelError:
        return None
    end = "\n" if "//" in part.text.text else ""  # a comment must not swallow the bracket
    return f"({part.text.text}{end})"


def _literal(of: Boxed, text: str) -> Literal:
    return Literal(text=Text(text, of.start), type_ref=of.type_ref, start=of.start)


def _context(of: Boxed, entries: list[Entry], result: str) -> Context:
    last = Entry(None, Literal(text=Text(result, of.start), start=of.start))
    return Context(entries=(*entries, last), type_ref=of.type_ref, start=of.start)


def _function(of: Boxed, name: str, parameters: tuple[str, ...], body: Boxed | None) -> Entry:
    taken = tuple(Variable(parameter, None, of.start) for parameter in parameters)
    definition = FunctionDefinition(kind="FEEL", parameters=taken, body=body, start=of.start)
    return Entry(Variable(name, None, of.start), definition)
