"""How does a condition of a rule read to a person, and which values did it read?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crmflow.core.text import Text
from crmflow.rules.feel import ContextType, Expression, ListType, tree
from crmflow.rules.feel.lexer import Token, tokens
from crmflow.rules.feel.trace import Trace
from crmflow.rules.feel.tree import Node
from crmflow.rules.wording import Described, Wording, say, spaced, words

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """A name that a condition read: its canonical name, how the condition calls it, its value."""

    name: str
    label: Text
    value: object
    described: Described | None


class Phrase:
    """An expression in words: names, signs and functions in each language, all else as it is written.

    `input` is the column that a table's cell tests.
    """

    def __init__(self, expression: Expression, wording: Wording, input: Text | None = None) -> None:
        self.expression = expression
        self.wording = wording
        self.input = input
        self._named: dict[Span, Node] = {}
        self._said: dict[int, tuple[int, Text]] = {}
        for node in _nodes(expression.tree):
            if (text := self._text(node)) is not None:
                self._named.setdefault((node.start, node.end), node)
                if node.end > self._said.get(node.start, (0, text))[0]:
                    self._said[node.start] = node.end, text

    def text(self, start: int = 0, end: int | None = None) -> Text:
        """The whole, or the part between two places."""
        end = len(self.expression.text) if end is None else end
        said = {first: named for first, named in self._said.items() if start <= first and named[0] <= end}
        pieces = [
            token for token in tokens(self.expression.text)[0] if start <= token.start and token.end <= end
        ]
        return Text(*(self._written(pieces, said, language) for language in ("en", "zh")))

    def test(self) -> Text:
        """A cell as a condition on its column: "yearly amount > 0"."""
        root, said, input = self.expression.tree, self.text(), self.input or Text("", "")
        match root.tests if isinstance(root, tree.In) else root:
            case [tree.ValueTest(reads_input=True)]:
                return said
            case [tree.OperatorTest()] | tree.Not():
                return spaced([input, said])
            case [tree.ValueTest(expression=tree.Literal() | tree.Variable() | tree.Path())]:
                return spaced([input, Text("=", "="), said])
        return spaced([input, say("signs", "in"), said])

    def readings(self, step: Trace) -> Iterator[Reading]:
        """The customer's names that a step read, each once, with their values."""
        seen: set[str] = set()
        for each in step.walk():
            node = self._named.get((each.start, each.end))
            label = None if node is None else self._text(node)
            if each.kind != "name" or node is None or label is None or label.zh in seen:
                continue
            name = _root(node)
            if name in self.expression.names:
                seen.add(label.zh)
                yield Reading(name, label, each.value, self._described(node))

    def _text(self, node: Node) -> Text | None:
        """How a name, a path or a function is called; None of anything else."""
        match node:
            case tree.Variable(name=tree.INPUT):
                return self.input
            case tree.Variable(name=name):
                return self.wording.label(name) if name in self.expression.names else Text(name, name)
            case tree.Path(operand=operand, name=name):
                outer, inner = self._text(operand), _field(operand, name)
                return outer and Text(f"{outer.en}.{inner.en}", f"{outer.zh}.{inner.zh}")
            case tree.BuiltinName(name=name):
                return words().get(f"functions.{name}")
        return None

    def _described(self, node: Node) -> Described | None:
        """What is known of a name; of a path through a customer's list, of the holding's field."""
        root = _root(node)
        if isinstance(node, tree.Path):
            for kind in self.wording.vocabulary.holdings.values():
                if kind.list == root and node.name in kind.fields:
                    return kind.fields[node.name]
        return self.wording.described(root)

    def _written(self, pieces: Sequence[Token], said: Mapping[int, tuple[int, Text]], language: str) -> str:
        """The tokens one after the other; where there was any space between two, there is one."""
        written, at, source = "", pieces[0].start if pieces else 0, self.expression.text
        for token in pieces:
            if token.start < at:  # inside a name that is already written
                continue
            end, text = said.get(token.start) or (token.end, words().get(f"signs.{token.text}"))
            plain = source[token.start : token.end]
            gap = " " if source[at : token.start] else ""
            if token.kind == "string":
                plain = f'"{self.wording.vocabulary.word(plain[1:-1]).in_language(language)}"'
            written += gap + (plain if text is None or token.kind == "string" else text.in_language(language))
            at = end
        return written


def _root(node: Node) -> str:
    while isinstance(node, tree.Path | tree.Filter):
        node = node.operand
    return node.name if isinstance(node, tree.Variable) else ""


def _field(operand: Node, name: str) -> Text:
    """How a field is called: by its first English and its first Chinese spelling."""
    type = operand.type.item if isinstance(operand.type, ListType) else operand.type
    if not isinstance(type, ContextType) or name not in type.fields:
        return Text(name, name)
    spellings = (name, *type.fields[name].spellings)
    return Text(
        next((each for each in spellings if each.isascii()), name),
        next((each for each in spellings if not each.isascii()), name),
    )


def _nodes(root: Node) -> Iterator[Node]:
    yield root
    for child in tree.children(root):
        yield from _nodes(child)
