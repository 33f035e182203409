"""How does a FEEL text become one Python function, with the same values as the walk?

typed tree -> emit (Python text over slots) -> exec -> function

The function reads every name once and checks the class of what it finds. Numbers that are all ints and
numbers of which some are Decimals each have a form of their own, built when it is first needed. Any other
context (a float, a subclass, a value of another type than declared, a Mapping that is no dict) is walked.
An `and` that is already unknown is not asked further where only truth is wanted, so a limit that only the
walk would reach is not raised there.
"""

from __future__ import annotations

import builtins
import datetime as python
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel import tree
from crmflow.rules.feel.builtins import Builtin
from crmflow.rules.feel.code import DECIMAL_DIGITS, WHOLE_DIGITS, Kept, Slots, joined
from crmflow.rules.feel.durations import MonthsDuration
from crmflow.rules.feel.emit import Emitter
from crmflow.rules.feel.evaluate import call, evaluate, member
from crmflow.rules.feel.expression import Expression, Names, parse
from crmflow.rules.feel.operations import arithmetic, compare
from crmflow.rules.feel.steps import Env, Steps
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.feel.types import Type
from crmflow.rules.feel.values import DECIMALS, read, size_of, write

Run = Callable[..., Any]
Values = Mapping[str, object]
Body = Callable[[Emitter], list[str]]
NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


def _walk(node: Node, env: Env) -> object:
    """What is not written as Python."""
    try:
        return evaluate(node, env)
    except RecursionError:
        raise FeelError("CRM022", node.start, node.end) from None


def _call(node: tree.Call, function: Builtin, values: list[object], steps: Steps) -> object:
    """A builtin, whose work is counted."""
    steps.spend(sum(map(size_of, values)) * function.weight, node.start, node.end)
    try:
        return call(function, values, node.names, steps)
    except RecursionError:
        raise FeelError("CRM022", node.start, node.end) from None


# All that generated code may call; there are no builtins of Python.
_WORDS: Final[Mapping[str, object]] = {
    "__builtins__": {},
    "DICT": dict,
    "INT": int,
    "DECIMAL": Decimal,
    "STRING": str,
    "BOOLEAN": bool,
    "DATE": python.date,
    "DURATION": python.timedelta,
    "MONTHS": MonthsDuration,
    "MISSING": KeyError,
    "WHOLE_LEAST": -(10**WHOLE_DIGITS),
    "WHOLE_MOST": 10**WHOLE_DIGITS,
    "LEAST": -(Decimal(10) ** DECIMAL_DIGITS),
    "MOST": Decimal(10) ** DECIMAL_DIGITS,
    "UNSET": object(),
    "INPUT": INPUT,
    "NOTHING": NOTHING,
    "ADD": DECIMALS.add,
    "SUBTRACT": DECIMALS.subtract,
    "MULTIPLY": DECIMALS.multiply,
    "MINUS": DECIMALS.minus,
    "ARITHMETIC": arithmetic,
    "COMPARE": compare,
    "MEMBER": member,
    "CALL": _call,
    "STEPS": Steps,
    "WALK": _walk,
    "READ": read,
    "WRITE": write,
}


class Program:
    """A function of a context (and of given values over it), written from trees by `body`.

    `body` writes the statements of one form, the last of which return; `walk` answers where no form may.
    """

    def __init__(self, body: Body, walk: Run, given: frozenset[str] = frozenset()) -> None:
        self.body, self.walk, self.given = body, walk, given

    @cached_property
    def run(self) -> Run:
        """The function itself: `run(context)`, `run(context, given)`."""
        words: dict[str, object] = {}

        def later(context: Values, given: Values) -> object:
            """Builds the form for Decimals when it is first called."""
            form = words["DECIMAL_FORM"] = self._function(False, {})
            return form(context, given)

        words["DECIMAL_FORM"] = later
        return self._function(self._found[0].has_numbers, words)

    @property
    def source(self) -> str:
        """The Python text of the forms, as a person may want to see it."""
        return "\n\n".join(self._written(whole)[0] for whole in sorted({self._found[0].has_numbers, False}))

    @cached_property
    def _found(self) -> tuple[Slots, Counter[str]]:
        """The names that are read, and how often what is asked."""
        slots, kept = Slots(), Kept()
        self.body(Emitter(slots, False, kept, self.given))
        return slots, kept.uses

    def _written(self, whole: bool) -> tuple[str, Slots]:
        """One form: reads every name, checks what was read, and answers."""
        slots, kept = self._found[0].copy(), Kept(self._found[1])
        lines = self.body(Emitter(slots, whole, kept, self.given))
        other = "DECIMAL_FORM" if whole else "WALKED"
        guard = f"if not ({joined(slots.guards(whole))}): return {other}(C, P)"
        head = ["def FORM(C, P=NOTHING):", "if C.__class__ is not DICT: return WALKED(C, P)"]
        return "\n ".join([*head, *self._reads(slots, whole), guard, *kept.head(), *lines]), slots

    def _reads(self, slots: Slots, whole: bool) -> list[str]:
        """Numbers first: if the first is a Decimal, the context goes to the other form."""
        reads = []
        for name, slot in sorted(slots.names.items(), key=lambda each: slots.kinds[each[1]] != "number"):
            word = slots.constant(name, ("name", name))
            reads.append(f" {slot} = {'P' if name in self.given else 'C'}[{word}]")
            if whole and len(reads) == 1:
                reads.append(f" if {slot}.__class__ is DECIMAL: return DECIMAL_FORM(C, P)")
        return ["try:", *reads, "except MISSING: return FILLED(C, P)"] if reads else []

    def _function(self, whole: bool, words: dict[str, object]) -> Run:
        """A form, as a function that knows `words`."""
        source, slots = self._written(whole)
        words |= {**_WORDS, "WALKED": self.walk, "FILLED": self._filled, **slots.constants}
        made: dict[str, Run] = {}
        try:
            exec(builtins.compile(source, "<feel>", "exec"), words, made)  # noqa: S102
        except (SyntaxError, MemoryError, RecursionError):  # more brackets in brackets than CPython reads
            return lambda context, given=NOTHING: self.walk(context, given)
        return made["FORM"]

    def _filled(self, context: Values, given: Values) -> object:
        """The answer where names are missing: those are null."""
        everything = {**dict.fromkeys(self._found[0].names), **context, **given}
        return self.run(everything, everything if self.given else NOTHING)


class Compiled:
    """A FEEL text as a function: `compiled(context)` is what `expression.evaluate(context)` is."""

    __slots__ = ("_program", "expression")

    def __init__(self, expression: Expression) -> None:
        self.expression = expression
        self._program = Program(self._body, lambda context, _: expression.evaluate(context))

    def __call__(self, context: Mapping[str, object] = NOTHING) -> object:
        """The value. Raises FeelError like `Expression.evaluate`."""
        try:
            return self._program.run(context)
        except RecursionError:
            raise FeelError("CRM022", 0, len(self.expression.text)) from None

    evaluate = __call__

    @property
    def text(self) -> str:
        return self.expression.text

    @property
    def type(self) -> Type:
        return self.expression.type

    @property
    def names(self) -> frozenset[str]:
        return self.expression.names

    @property
    def source(self) -> str:
        """The Python that it is run as."""
        return self._program.source

    def _body(self, emitter: Emitter) -> list[str]:
        emitter.text = self.expression.text
        result = emitter.result(self.expression.tree)
        return [*emitter.kept.taken(), f"return {result}"]


def compile(text: str, types: Names = (), mode: str = "strict") -> Compiled:
    """A text as a function of a context, given the types of its names. Raises FeelError like `parse`.

    >>> compile("own cycle + 3", {"own cycle": number})({"own cycle": 7})
    Decimal('10')
    """
    return Compiled(parse(text, types, mode))
