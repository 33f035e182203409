"""Which name does a spelling in the text stand for?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Final

from crmflow.errors import FeelError
from crmflow.rules.feel.lexer import INFIX_WORDS, KEYWORDS, Token, is_word, words
from crmflow.rules.feel.types import FunctionType, Type, any_

PIECES_LIMIT: Final = 32  # a name of more pieces is only found in backticks
_NEAR: Final = 0.6
_NEAR_LENGTH: Final = 100  # longer words are like nothing
_NEAR_HAN: Final = 0.5  # of two characters, one wrong is still near


@dataclass(frozen=True, slots=True)
class Name:
    """A declared name: `canonical` keys the values, `spellings` are further ways to write it.

    One that is not `nullable` always has a value; nulls.py asks.
    """

    canonical: str
    type: Type = any_
    spellings: tuple[str, ...] = ()
    nullable: bool = True


class Scope(Mapping[str, Name]):
    """The names an expression may read, by canonical name.

    Spellings are compared piece by piece (NFC, ASCII width), so spaces between pieces do not matter.
    An inner scope shadows its parent; an `open` scope may hold names that nobody declared. `types` are the
    names that `instance of` and parameters know besides FEEL's own; an inner scope knows its parent's.
    """

    def __init__(
        self,
        names: Mapping[str, Name],
        parent: Scope | None = None,
        open: bool = False,
        types: Scope | None = None,
    ) -> None:
        self.parent = parent
        self.types: Scope | None = types or (parent.types if parent is not None else None)
        self.open: bool = open or (parent is not None and parent.open)
        self._names: dict[str, Name] = {}
        self._spelled: dict[tuple[str, ...], Name] = {}
        self._firsts: set[str] = set()
        self._longest = 0
        for name in names.values():
            self._declare(name)

    @classmethod
    def of(cls, names: Scope | Mapping[str, Name | Type] | Iterable[str]) -> Scope:
        """A scope of declared names, of names with their types, or of bare names without a type."""
        if isinstance(names, Scope):
            return names
        if isinstance(names, Iterator):
            names = tuple(names)
        refuse_no_names(names)
        if isinstance(names, Mapping):
            for name, each in names.items():
                if not isinstance(each, Name | Type):
                    raise FeelError("CRM122", 0, 0, name=name, found=repr(each))
            return cls(
                {name: each if isinstance(each, Name) else Name(name, each) for name, each in names.items()}
            )
        return cls({name: Name(name) for name in names})

    def __getitem__(self, canonical: str) -> Name:
        return self._names[canonical]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __reduce__(self) -> tuple[object, ...]:
        return Scope, (self._names, self.parent, self.open, self.types)

    def child(self, names: Mapping[str, Name], open: bool = False) -> Scope:
        """A scope that adds inner names: the variable of a `for`, the fields of an item."""
        return Scope(names, self, open)

    def growing(self) -> tuple[Scope, Callable[[Name], None]]:
        """A scope inside this one, and how to add names to it as they are read."""
        inner = Scope({}, self)
        return inner, inner._declare

    def _declare(self, name: Name) -> None:
        self._names[name.canonical] = name
        for spelling in (name.canonical, *name.spellings):
            pieces = words(spelling)
            self._spelled.setdefault(pieces, name)
            self._firsts.update(pieces[:1])
            self._longest = min(max(self._longest, len(pieces)), PIECES_LIMIT)

    def resolve(self, spelling: str) -> Name | None:
        """The name a spelling stands for, here or in an outer scope."""
        pieces = words(spelling)
        scope: Scope | None = self
        while scope is not None:
            if pieces in scope._spelled:
                return scope._spelled[pieces]
            scope = scope.parent
        return None

    def longest(self, tokens: Sequence[Token], at: int) -> Match | None:
        """The longest name that the tokens from `at` on spell; of equally long ones the innermost."""
        best: Match | None = None
        scope: Scope | None = self
        while scope is not None:
            match = scope._longest_here(tokens, at)
            if match is not None and (best is None or match.length > best.length):
                best = match
            scope = scope.parent
        return best

    def under(self, parent: Scope, open: bool) -> Scope:
        """The same names inside another scope, not copied."""
        inner = Scope({}, parent, open)
        inner._names, inner._spelled, inner._longest = self._names, self._spelled, self._longest
        inner._firsts = self._firsts
        return inner

    def _longest_here(self, tokens: Sequence[Token], at: int) -> Match | None:
        if tokens[at].text not in self._firsts:
            return None
        candidates = tokens[at : at + self._longest]
        pieces = tuple(token.text for token in takewhile(_nameable, candidates))
        for length in range(len(pieces), 0, -1):
            name = self._spelled.get(pieces[:length])
            if name is not None:
                return Match(name, length, self, plain(pieces[:length]))
        return None

    def spellings(self) -> Iterator[str]:
        """Every way to write every name, inner names first."""
        for name in self._names.values():
            yield name.canonical
            yield from name.spellings
        if self.parent is not None:
            yield from self.parent.spellings()

    def functions(self) -> Iterator[str]:
        """Every way to write the names that are functions."""
        for name in self._names.values():
            if isinstance(name.type, FunctionType):
                yield from (name.canonical, *name.spellings)
        if self.parent is not None:
            yield from self.parent.functions()

    def nearest(self, word: str) -> str | None:
        """The spelling most like `word`, in the script it is written in; None when nothing is like it."""
        return nearest(word, self.spellings())


@dataclass(frozen=True, slots=True)
class Match:
    """A name found in the text, its number of tokens, who declares it, and whether it is `plain`."""

    name: Name
    length: int
    scope: Scope
    plain: bool


def refuse_no_names(names: object) -> None:
    """Raises FeelError CRM121 for what is no mapping or collection of texts."""
    if isinstance(names, str | bytes) or not isinstance(names, Iterable):
        raise FeelError("CRM121", 0, 0, found=repr(names)[:80])
    if not all(isinstance(each, str) for each in names):
        raise FeelError("CRM121", 0, 0, found=repr(names)[:80])


def plain(pieces: Sequence[str]) -> bool:
    """Whether a name stands in a text without backticks: words, digits and dots, no operator, no keyword."""
    return (
        is_word(pieces[0])
        and pieces[0] not in KEYWORDS
        and all(
            piece not in INFIX_WORDS and (piece == "." or piece.isdigit() or is_word(piece))
            for piece in pieces[1:]
        )
    )


def quoted(spelling: str) -> str:
    """A spelling as the text must write it: in backticks when it is not plain."""
    return spelling if plain(words(spelling)) else f"`{spelling}`"


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `word`, preferring its own script; None when nothing is like it."""
    if len(word) > _NEAR_LENGTH:
        return None
    han = _is_han(word)
    slack = max(len(word) // 2, 1)  # what is much longer or shorter is another word
    best, score = None, _NEAR_HAN if han else _NEAR
    for candidate in candidates:
        if _is_han(candidate) == han and abs(len(candidate) - len(word)) <= slack:
            likeness = SequenceMatcher(None, word.casefold(), candidate.casefold()).ratio()
            if likeness > score or (best is None and likeness == score):
                best, score = candidate, likeness
    return best


def _nameable(token: Token) -> bool:
    return token.kind in ("word", "number", "symbol")


def _is_han(text: str) -> bool:
    return any("\u3400" <= sign <= "\u9fff" for sign in text)
