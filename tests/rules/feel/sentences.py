"""Which FEEL texts, well made and badly made, can be drawn from bytes? (of the words in sentences.toml)"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from crmflow.rules.feel.builtins import BUILTINS

T = TypeVar("T")

WORDS: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
FITTING: Final[dict[str, list[str]]] = WORDS["fitting"]
TIMES: Final = (3, 8, 20, 63, 64, 65, 150)
PARTS: Final = 30  # of one text


class Source(Protocol):
    """Where the choices come from: atheris' FuzzedDataProvider."""

    def ConsumeIntInRange(self, low: int, high: int) -> int: ...

    def ConsumeUnicode(self, count: int) -> str: ...


class Sentences:
    """Writes texts; what is drawn when the bytes have run out is the first and simplest of each kind."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.left = PARTS

    def number(self, low: int, high: int) -> int:
        return self.source.ConsumeIntInRange(low, high)

    def one(self, choices: Sequence[T]) -> T:
        return choices[self.number(0, len(choices) - 1)]

    def word(self, kind: str) -> str:
        return str(self.one(WORDS[kind]))

    # whole texts

    def text(self) -> str:
        """An expression as a rule would hold it, with here and there a sign too many or too few."""
        text = self.expression()
        for _ in range(max(self.number(-12, 4), 0)):
            at = self.number(0, len(text))
            text = text[:at] + self.word(self.one(("signs", "operators"))) + text[at + self.number(0, 3) :]
        return text

    def cell(self) -> str:
        """Tests of a decision table's cell."""
        tests = [self.one((self.expression, self.test, self.range))() for _ in range(self.number(1, 3))]
        return self.one(("{0}", "not({0})", "-")).format(", ".join(tests))

    def anything(self) -> str:
        """A string of any signs."""
        text = self.source.ConsumeUnicode(self.number(0, 20))
        return f'"{text.replace(chr(34), "")}"'

    # expressions

    def expression(self) -> str:
        self.left -= 1
        return self.atom() if self.left < 0 else self.one(_EXPRESSIONS)(self)

    def several(self) -> list[str]:
        return [self.expression() for _ in range(self.number(0, 4))]

    def atom(self) -> str:
        return self.word(self.one(("names", "numbers", "strings", "moments", "constants")))

    def operation(self) -> str:
        return self.expression() + self.word("operators") + self.expression()

    def test(self) -> str:
        return self.one(("<", "<=", ">", ">=", "=", "!=")) + " " + self.expression()

    def range(self) -> str:
        return f"{self.one('[(]（')}{self.expression()}..{self.expression()}{self.one('])[）')}"

    def comparison(self) -> str:
        return self.word("comparisons").format(self.expression(), self.expression(), self.expression())

    def items(self) -> str:
        return "[" + ", ".join(self.several()) + "]"

    def context(self) -> str:
        return "{" + ", ".join(f"{self.word('keys')}: {value}" for value in self.several()) + "}"

    def filter(self) -> str:
        return f"{self.expression()}[{self.expression()}]"

    def path(self) -> str:
        return f"{self.expression()}.{self.word('properties')}"

    def condition(self) -> str:
        return f"if {self.expression()} then {self.expression()} else {self.expression()}"

    def instance(self) -> str:
        return f"{self.expression()} instance of {self.word('types')}"

    def loop(self) -> str:
        sources = [self.one((self.word("sources"), self.expression())) for _ in range(self.number(1, 3))]
        heads = ", ".join(f"{name} in {source}" for name, source in zip("ixy", sources, strict=False))
        form = self.one(("for {0} return {1}", "some {0} satisfies {1}", "every {0} satisfies {1}"))
        return form.format(heads, self.expression())

    # calls and functions

    def call(self) -> str:
        """A builtin with arguments that mostly fit, sometimes by name."""
        builtin = BUILTINS[self.one(_BUILTINS)]
        wanted = self.one(builtin.signatures).parameters
        values = [self.argument(each.name, str(each.type)) for each in wanted]
        values = values[: len(values) - self.number(0, 1)] + self.several()[: max(self.number(-4, 2), 0)]
        if self.number(0, 5) == 5:
            values = [f"{each.name}: {value}" for each, value in zip(wanted, values, strict=False)]
        return f"{builtin.name}({', '.join(values)})"

    def argument(self, name: str, wanted: str) -> str:
        """What mostly fits a parameter."""
        if self.number(0, 5) == 5:
            return self.expression()
        if name in ("pattern", "delimiter"):
            return f'"{self.pattern()}"'
        if name in ("flags", "replacement"):
            return f'"{self.word("flags" if name == "flags" else "replacements")}"'
        if wanted.startswith("function"):
            return self.function()
        if wanted == "list<number>":
            return self.word("numbers_listed")
        return self.one(FITTING.get(wanted.partition("<")[0]) or ("a", self.expression()))

    def pattern(self) -> str:
        pieces = (self.word("pattern_atoms") + self.word("quantifiers") for _ in range(self.number(1, 5)))
        return "".join(pieces)

    def invocation(self) -> str:
        return f"{self.one((self.word('functions'), self.function()))}({', '.join(self.several())})"

    def function(self) -> str:
        parameters = ", ".join(self.word("parameters") for _ in range(self.number(0, 2)))
        return f"function({parameters}) {self.expression()}"

    def recursion(self) -> str:
        step = f"g(g, n - {self.word('numbers')})"
        body = f"if n <= 0 then {self.expression()} else {step}"
        return f"{{f: function(g, n) {body}, r: f(f, {self.expression()})}}.r"

    # what grows

    def doubling(self) -> str:
        """Values that grow from entry to entry."""
        form = self.word("doubling")
        entries = [f"a{n + 1}: {form.format(f'a{n}')}" for n in range(self.number(1, 30))]
        last = self.one(("", f".a{len(entries)}"))
        return "{a0: " + self.expression() + ", " + ", ".join(entries) + "}" + last

    def repeated(self) -> str:
        """One form many times inside itself, or side by side."""
        inner = self.expression()[:40]
        times = self.one(TIMES)
        if self.number(0, 1):
            return self.one((",", "+", " and ", ".")).join([inner] * times)
        form = self.word("around")
        for _ in range(times):
            inner = form.format(inner) if len(inner) < 1_500 else inner
        return inner


_BUILTINS: Final = tuple(sorted(BUILTINS))
_EXPRESSIONS: Final[tuple[Callable[[Sentences], str], ...]] = (
    Sentences.atom,
    Sentences.atom,
    Sentences.operation,
    Sentences.call,
    Sentences.call,
    Sentences.call,
    Sentences.items,
    Sentences.context,
    Sentences.filter,
    Sentences.path,
    Sentences.loop,
    Sentences.condition,
    Sentences.comparison,
    Sentences.range,
    Sentences.invocation,
    Sentences.function,
    Sentences.recursion,
    Sentences.instance,
    Sentences.doubling,
    Sentences.repeated,
    Sentences.anything,
)
