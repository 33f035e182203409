"""Which name does a spelling in the text stand for?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, takewhile
from typing import Final

from crmflow.rules.feel.lexer import INFIX_WORDS, KEYWORDS, Token, is_word, words
from crmflow.rules.feel.types import Type, any_

_NEAR: Final = 0.6
_NEAR_HAN: Final = 0.5  # of two characters, one wrong is still near


@dataclass(frozen=True, slots=True)
class Name:
    """A declared name: `canonical` keys the values, `spellings` are further ways to write it."""

    canonical: str
    type: Type = any_
    spellings: tuple[str, ...] = ()


class Scope(Mapping[str, Name]):
    """The names an expression may read, by canonical name.

    Spellings are compared piece by piece (NFC, ASCII width), so spaces between pieces do not matter.
    An inner scope shadows its parent; an `open` scope may hold names that nobody declared.
    """

    def __init__(self, names: Mapping[str, Name], parent: Scope | None = None, open: bool = False) -> None:
        self.parent = parent
        self.open: bool = open or (parent is not None and parent.open)
        self._names: dict[str, Name] = {}
        self._spelled: dict[tuple[str, ...], Name] = {}
        self._longest = 0
        for name in names.values():
            self._declare(name)

    @classmethod
    def of(cls, names: Scope | Mapping[str, Name] | Iterable[str]) -> Scope:
        """A scope of declared names, or of bare names without a type."""
        if isinstance(names, Scope):
            return names
        if isinstance(names, Mapping):
            return cls(names)
        return cls({name: Name(name) for name in names})

    def __getitem__(self, canonical: str) -> Name:
        return self._names[canonical]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __reduce__(self) -> tuple[object, ...]:
        return Scope, (self._names, self.parent, self.open)

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
            self._longest = max(self._longest, len(pieces))

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

    def _longest_here(self, tokens: Sequence[Token], at: int) -> Match | None:
        candidates = islice(tokens, at, at + self._longest)
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
    han = _is_han(word)
    best, score = None, _NEAR_HAN if han else _NEAR
    for candidate in candidates:
        if _is_han(candidate) == han:
            likeness = SequenceMatcher(None, word.casefold(), candidate.casefold()).ratio()
            if likeness > score or (best is None and likeness == score):
                best, score = candidate, likeness
    return best


def _nameable(token: Token) -> bool:
    return token.kind in ("word", "number", "symbol")


def _is_han(text: str) -> bool:
    return any("\u3400" <= sign <= "\u9fff" for sign in text)
