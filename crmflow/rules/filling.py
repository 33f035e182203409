"""What does a message say to one receiver? Every name in braces is filled in, or named as missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from string import Formatter

from crmflow.core.field import Field
from crmflow.core.text import Text
from crmflow.rules.feel import Scope
from crmflow.rules.wording import Wording

OF_CASES = (
    Text("case", "工单"),
    Text("step", "步骤"),
    Text("due", "期限"),
    Text("holder", "处理人"),
    Text("level", "层级"),
)
"""The names that every case has in a message: its number, and where it stood when the message was sent."""


@dataclass(frozen=True, slots=True)
class Filling:
    """The names of one message to one receiver: `scope` spells those of the customer, whose `values` go by
    canonical name; `own` are those of the case, by bare name, which come first."""

    scope: Scope
    values: Mapping[str, object]
    own: Mapping[str, object]
    wording: Wording
    language: str

    def fill(self, template: Text) -> str:
        """The text in the receiver's language. Raises LookupError with the names that have no value."""
        text, missing = "", []
        for literal, name in pieces(template.in_language(self.language)):
            text += literal
            if name is not None:
                value, of = self.value(name)
                if value is None or value == "":
                    missing.append(name)
                else:
                    text += self.said(value, of)
        if missing:
            raise LookupError(*dict.fromkeys(missing))
        return text

    def value(self, name: str) -> tuple[object, str]:
        """The value of a name, or of what is behind its last dot ("owner.name"), and its canonical name."""
        if name in self.own:
            return self.own[name], ""
        known = self.scope.resolve(name) if name else None
        if known is not None:
            return self.values.get(known.canonical), known.canonical
        whole, dot, part = name.rpartition(".")
        thing = self.value(whole)[0] if dot else None
        return (thing.get(part) if isinstance(thing, Mapping) else None), ""

    def said(self, value: object, of: str) -> str:
        """A value as its reader would write it: words of a list by their labels, people by their names."""
        wording = replace(self.wording, show_personal=True)
        described = wording.described(of)
        match value:
            case Text():
                return value.in_language(self.language)
            case str() if isinstance(described, Field) and described.kind != "one of":
                return value
            case list() | tuple():
                return ("、" if self.language == "zh" else ", ").join(self.said(each, of) for each in value)
            case {"name": str(called)}:
                return called
        return wording.value(value, described).in_language(self.language)


def pieces(template: str) -> Iterator[tuple[str, str | None]]:
    """Literal text, each piece with the name in braces behind it; `{{` is a brace.

    A template that cannot be read is one name that nobody has, so that it is never sent.
    """
    try:
        pieces = list(Formatter().parse(template))
    except ValueError:
        pieces = [("", template.replace("{", "(").replace("}", ")"), "", None)]
    for literal, name, how, conversion in pieces:
        if name is not None and (conversion or how):
            name = f"{name}!{conversion or ''}:{how or ''}"
        yield literal, None if name is None else name.strip()
