"""What does a regular expression of XPath stand for? (XML Schema part 2, appendix F; XPath 3.1, 5.6.1)

Python's `re` writes some of these differently and takes exponential time on some; here a pattern becomes
a program for `matcher`, which is linear in the text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from crmflow.rules.feel.builtins.matcher import Matcher
from crmflow.rules.feel.builtins.program import SIZE_LIMIT, Part, TooLarge, choice, one, repeat, sequence
from crmflow.rules.feel.builtins.signs import (
    CLASSES,
    SPACES,
    Test,
    any_case,
    any_of,
    anything,
    both,
    category,
    is_sign,
    not_line_end,
    outside,
)

FLAGS: Final = frozenset("smixq")

_DIGITS: Final = tuple("0123456789")
_SPECIAL: Final = frozenset(".\\?*+{}()|[]^$")
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", **{sign: sign for sign in "\\|.?*+(){}-[]^$"}}


class PatternError(ValueError):
    """A pattern or flags that XPath does not know."""


@lru_cache(maxsize=128)
def compiled(pattern: str, flags: str) -> Matcher | None:
    """None for a pattern or flags that XPath does not know."""
    try:
        return _Reader(pattern, flags).matcher()
    except (PatternError, TooLarge):
        return None


class _Reader:
    """Reads a pattern from left to right into parts."""

    def __init__(self, pattern: str, flags: str) -> None:
        if not set(flags) <= FLAGS:
            raise PatternError
        self.pattern = _without_spaces(pattern) if "x" in flags and "q" not in flags else pattern
        self.flags = flags
        self.at = 0
        self.groups = 0
        self.open_groups: set[int] = set()
        self.refers_back = False
        self.repetitions = 0

    def matcher(self) -> Matcher:
        part = self._literal() if "q" in self.flags else self._choice()
        if self.at < len(self.pattern):
            raise PatternError
        program = [("save", 0, 0), *part.write(1), ("save", 1, 0), ("match", 0, 0)]
        if len(program) > SIZE_LIMIT:
            raise TooLarge
        return Matcher(program, self.groups, self.refers_back)

    def _literal(self) -> Part:
        signs, self.at = self.pattern, len(self.pattern)
        return sequence([self._sign(is_sign(sign)) for sign in signs])

    def _sees(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def _accept(self, text: str) -> bool:
        if self._sees(text):
            self.at += len(text)
            return True
        return False

    def _take(self) -> str:
        if self.at >= len(self.pattern):
            raise PatternError
        self.at += 1
        return self.pattern[self.at - 1]

    def _choice(self) -> Part:
        branches = [self._branch()]
        while self._accept("|"):
            branches.append(self._branch())
        return choice(branches)

    def _branch(self) -> Part:
        pieces = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            pieces.append(self._piece())
        return sequence(pieces)

    def _piece(self) -> Part:
        atom = self._atom()
        bounds = self._quantifier()
        if bounds is None:
            return atom
        low, high = bounds
        return repeat(atom, low, high, greedy=not self._accept("?"))

    def _quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("?", (0, 1)), ("*", (0, None)), ("+", (1, None))):
            if self._accept(sign):
                return bounds
        if not self._accept("{"):
            return None
        low = self._digits()
        high: int | None = low
        if self._accept(","):
            high = None if self._sees("}") else self._digits()
        if not self._accept("}") or (high is not None and high < low):
            raise PatternError
        self.repetitions += high or low
        if self.repetitions > SIZE_LIMIT:
            raise TooLarge
        return low, high

    def _digits(self) -> int:
        start = self.at
        while self.pattern[self.at : self.at + 1] in _DIGITS:
            self.at += 1
        if not 0 < self.at - start < 6:
            raise PatternError
        return int(self.pattern[start : self.at])

    def _atom(self) -> Part:
        sign = self._take()
        match sign:
            case "(":
                return self._group()
            case "[":
                start = self.at
                return self._sign(self._class(), (self.at - start) // 4)
            case ".":
                return self._sign(anything if "s" in self.flags else not_line_end)
            case "^" | "$":
                return one(("start" if sign == "^" else "end", int("m" in self.flags), 0))
            case "\\" if self.pattern[self.at : self.at + 1] in _DIGITS[1:]:
                return self._back_reference()
            case "\\":
                return self._sign(self._escape())
        if sign in _SPECIAL:
            raise PatternError
        return self._sign(is_sign(sign))

    def _group(self) -> Part:
        if self._accept("?:"):
            inside, index = self._choice(), None
        else:
            self.groups += 1
            index = self.groups
            self.open_groups.add(index)
            inside = self._choice()
            self.open_groups.remove(index)
        if not self._accept(")"):
            raise PatternError
        if index is None:
            return inside
        return sequence([one(("save", 2 * index, 0)), inside, one(("save", 2 * index + 1, 0))])

    def _back_reference(self) -> Part:
        index = int(self._take())
        while self.pattern[self.at : self.at + 1] in _DIGITS:
            longer = index * 10 + int(self.pattern[self.at])
            if longer > self.groups:
                break
            index = longer
            self.at += 1
        if index > self.groups or index in self.open_groups:
            raise PatternError
        self.refers_back = True
        return one(("back", index, int("i" in self.flags)))

    def _escape(self) -> Test:
        sign = self._take()
        if sign in _ESCAPED:
            return is_sign(_ESCAPED[sign])
        if sign in "pP":
            test = self._category()
        elif sign.lower() in CLASSES:
            test = CLASSES[sign.lower()]
        else:
            raise PatternError
        return outside(test) if sign.isupper() else test

    def _category(self) -> Test:
        end = self.pattern.find("}", self.at)
        if not self._accept("{") or end < 0:
            raise PatternError
        test = category(self.pattern[self.at : end])
        if test is None:
            raise PatternError
        self.at = end + 1
        return test

    def _class(self) -> Test:
        """What stands in brackets, the opening one being read: `a-z`, `^…`, `…-[…]`."""
        negated = self._accept("^")
        tests: list[Test] = []
        removed: Test | None = None
        while not self._sees("]") or not tests:
            if tests and self._accept("-["):
                removed = self._class()
                break
            tests.append(self._class_item())
        if not self._accept("]"):
            raise PatternError
        test = any_of(tests)
        if "i" in self.flags:
            test = any_case(test)
        test = outside(test) if negated else test
        return test if removed is None else both(test, outside(removed))

    def _class_item(self) -> Test:
        sign = self._take()
        if sign == "\\":
            if self.pattern[self.at : self.at + 1] not in _ESCAPED:
                return self._escape()
            sign = _ESCAPED[self._take()]
        elif sign in "[]":
            raise PatternError
        if not self._sees("-") or self._sees("-]") or self._sees("-["):
            return is_sign(sign)
        self.at += 1
        last = self._take()
        if last == "\\":
            last = _ESCAPED.get(self._take(), "")
        if not sign <= last or last in "[]":
            raise PatternError
        return lambda found: sign <= found <= last

    def _sign(self, test: Test, weight: int = 0) -> Part:
        """`weight` are the further steps that a try of the test costs."""
        return one(("sign", any_case(test) if "i" in self.flags else test, weight))


def _without_spaces(pattern: str) -> str:
    """Flag x: white space counts only inside brackets."""
    kept, depth, at = [], 0, 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\" and depth:
            kept.append(sign)
            at += 1
            sign = pattern[at : at + 1]
        elif sign in "[]":
            depth += 1 if sign == "[" else -1
        if depth or sign not in SPACES:
            kept.append(sign)
        at += 1
    return "".join(kept)
