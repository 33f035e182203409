"""Which type does a node have, and what is wrong with its operands?

The parser asks while it builds the tree, from the leaves up. In mode "strict" what is wrong is
collected as FeelErrors; in mode "standard" such a node has the type Null or Any and nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from crmflow.errors import FeelError
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.builtins import BUILTINS, Builtin, Signature
from crmflow.rules.feel.durations import DaysDuration
from crmflow.rules.feel.generic import TypeVariable, bare, bind, filled
from crmflow.rules.feel.scope import nearest
from crmflow.rules.feel.types import Enumeration, FunctionType, ListType, RangeType, Type

_N, _S, _D, _T = types.number, types.string, types.date, types.time
_DT, _DD, _MD = types.date_time, types.days_duration, types.months_duration

# DMN 1.5, tables 52 to 57: operator, left, right -> result
ARITHMETIC: Final[Mapping[tuple[str, Type, Type], Type]] = {
    **{(operator, _N, _N): _N for operator in ("+", "-", "*", "/", "**")},
    ("+", _S, _S): _S,
    **{("+", moment, duration): moment for moment in (_D, _DT) for duration in (_DD, _MD)},
    **{("+", duration, moment): moment for moment in (_D, _DT) for duration in (_DD, _MD)},
    **{("-", moment, duration): moment for moment in (_D, _DT) for duration in (_DD, _MD)},
    **{("-", one, other): _DD for one in (_D, _DT) for other in (_D, _DT)},
    ("+", _T, _DD): _T,
    ("+", _DD, _T): _T,
    ("-", _T, _DD): _T,
    ("-", _T, _T): _DD,
    **{(operator, duration, duration): duration for operator in "+-" for duration in (_DD, _MD)},
    **{(operator, duration, _N): duration for operator in "*/" for duration in (_DD, _MD)},
    **{("*", _N, duration): duration for duration in (_DD, _MD)},
    **{("/", duration, duration): _N for duration in (_DD, _MD)},
}
ERROR_LIMIT: Final = 20
CLOCK: Final = frozenset({"now", "today"})  # would make a decision depend on when it is run
PROPERTIES: Final[Mapping[Type, Mapping[str, Type]]] = {
    _D: {"year": _N, "month": _N, "day": _N, "weekday": _N},
    _T: {"hour": _N, "minute": _N, "second": _N, "time offset": _DD, "timezone": _S},
    _DT: {
        "year": _N,
        "month": _N,
        "day": _N,
        "weekday": _N,
        "hour": _N,
        "minute": _N,
        "second": _N,
        "time offset": _DD,
        "timezone": _S,
    },
    _DD: {"days": _N, "hours": _N, "minutes": _N, "seconds": _N},
    _MD: {"years": _N, "months": _N},
}


class Checker:
    """Gives types and collects what is wrong; `strict` decides whether anything is said."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.errors: list[FeelError] = []

    @property
    def asks(self) -> bool:
        """Whether a further error is of interest."""
        return self.strict and len(self.errors) < ERROR_LIMIT

    def refuse(self, code: str, node: tree.Node | tuple[int, int], **parts: object) -> None:
        if self.asks:
            start, end = node if isinstance(node, tuple) else (node.start, node.end)
            self.errors.append(FeelError(code, start, end, **parts))

    def wrong(self, node: tree.Node, expected: Type) -> None:
        self.refuse("CRM103", node, expected=expected, found=node.type)

    def want(self, node: tree.Node, type: Type) -> None:
        if not types.conforms(node.type, type):
            self.wrong(node, type)

    def negation(self, operand: tree.Node) -> Type:
        if operand.type in (_N, _DD, _MD, types.any_, types.null):
            return operand.type
        self.wrong(operand, _N)
        return types.null

    def arithmetic(self, operator: str, left: tree.Node, right: tree.Node) -> Type:
        one, other = _bare(left.type), _bare(right.type)
        if types.null in (one, other):
            return types.null
        if types.any_ in (one, other):
            return self._half_known(operator, left, right)
        result = ARITHMETIC.get((operator, one, other))
        if result is not None:
            return result
        fits = any((operator, one, each) in ARITHMETIC for each in types.SCALARS.values())
        wrong, good, side = (right, one, 1) if fits else (left, other, 0)
        pairs = [(first, second) for sign, first, second in ARITHMETIC if sign == operator]
        takers = {pair[side] for pair in pairs if pair[1 - side] == good}
        self.wrong(wrong, types.Several(tuple(sorted(takers, key=str))) if takers else _N)
        return types.null

    def _half_known(self, operator: str, left: tree.Node, right: tree.Node) -> Type:
        """One operand is Any: the result is known when every fitting other operand gives the same."""
        one, other = _bare(left.type), _bare(right.type)
        fitting = [
            result
            for (sign, first, second), result in ARITHMETIC.items()
            if sign == operator and one in (first, types.any_) and other in (second, types.any_)
        ]
        if not fitting:
            self.wrong(left if other == types.any_ else right, _N)
            return types.null
        return types.joined(fitting)

    def comparison(self, operator: str, left: tree.Node, right: tree.Node) -> Type:
        if self._same_type(left, right) and operator not in ("=", "!="):
            self._ordered(left, right)
        return types.boolean

    def between(self, value: tree.Node, low: tree.Node, high: tree.Node) -> Type:
        for end in (low, high):
            self.comparison("<", value, end)
        return types.boolean

    def _same_type(self, left: tree.Node, right: tree.Node) -> bool:
        """Whether the two may be compared; refuses them otherwise."""
        for one, other in ((left, right), (right, left)):
            if isinstance(one.type, Enumeration) and isinstance(other, tree.Literal):
                return self._is_value(one.type, other)
        if types.conforms(left.type, right.type) or types.conforms(right.type, left.type):
            return True
        self.wrong(right, left.type)
        return False

    def _is_value(self, enumeration: Enumeration, literal: tree.Literal) -> bool:
        if literal.value is None or literal.value in enumeration.values:
            return True
        if isinstance(literal.value, str):
            near = enumeration.labels.get(literal.value) or nearest(literal.value, enumeration.values)
            self.refuse(
                "CRM104", literal, name=literal.value, expected=enumeration, suggestion=near, near=hint(near)
            )
        else:
            self.wrong(literal, enumeration)
        return False

    def _ordered(self, *nodes: tree.Node) -> None:
        """Refuses `<` between types without a declared order; one ordered enumeration orders both sides."""
        if any(isinstance(node.type, Enumeration) and node.type.ordered for node in nodes):
            return
        for node in nodes:
            if node.type not in (*types.ORDERED, types.any_, types.null):
                self.refuse("CRM105", node, found=node.type)
                return

    def condition(self, *operands: tree.Node) -> Type:
        for operand in operands:
            self.want(operand, types.boolean)
        return types.boolean

    def value_test(self, value: tree.Node, expression: tree.Node, reads_input: bool) -> Type:
        """A value, a list of values, a range, a list of ranges, or a condition that reads the input."""
        if reads_input:
            self.condition(expression)
            return types.boolean
        if isinstance(expression, tree.ListOf) and not isinstance(value.type, ListType):
            for item in expression.items:
                self.value_test(value, item, False)
            return types.boolean
        if isinstance(expression, tree.Range):
            for end in (expression.low, expression.high):
                if end is not None:
                    self.comparison("<", value, end)
            return types.boolean
        wanted = expression.type
        if isinstance(wanted, ListType | RangeType) and not types.conforms(value.type, wanted):
            wanted = wanted.item
        if isinstance(wanted, RangeType):
            wanted = wanted.item
        if wanted == expression.type:
            self._same_type(value, expression)
        elif not types.conforms(value.type, wanted):
            self.wrong(expression, value.type)
        return types.boolean

    def range(self, low: tree.Node | None, high: tree.Node | None) -> Type:
        ends = [end for end in (low, high) if end is not None]
        if len(ends) == 2:
            self._same_type(ends[0], ends[1])
        return RangeType(types.joined([_bare(end.type) for end in ends]))

    def iteration(self, source: tree.Node, high: tree.Node | None) -> Type:
        """The type of the variable."""
        if high is not None:
            for end in (source, high):
                if end.type != types.date:
                    self.want(end, _N)
            return types.joined([source.type, high.type])
        if isinstance(source.type, ListType | RangeType):
            return source.type.item
        return source.type

    def item(self, operand: tree.Node) -> Type:
        """The type of `item` inside a filter."""
        return operand.type.item if isinstance(operand.type, ListType) else operand.type

    def filter(self, operand: tree.Node, condition: tree.Node) -> Type:
        item = self.item(operand)
        if condition.type == _N:
            return item
        self.want(condition, types.boolean)
        return types.any_ if condition.type == types.any_ else ListType(item)

    def choice(self, condition: tree.Node, then: tree.Node, otherwise: tree.Node) -> Type:
        self.want(condition, types.boolean)
        return types.joined([then.type, otherwise.type])

    def call(
        self, function: tree.Node, arguments: Sequence[tree.Node], names: Sequence[str], span: tuple[int, int]
    ) -> Type:
        if isinstance(function, tree.BuiltinName):
            return self._builtin(BUILTINS[function.name], arguments, names, span)
        if isinstance(function.type, FunctionType):
            wanted = function.type.parameters
            if wanted is not None and not names:
                if len(wanted) != len(arguments):
                    self.refuse(
                        "CRM106", span, name=function.type, expected=len(wanted), found=len(arguments)
                    )
                for argument, type in zip(arguments, wanted, strict=False):
                    self.want(argument, type)
            return function.type.result
        self.want(function, FunctionType())
        return types.any_

    def _builtin(
        self, builtin: Builtin, arguments: Sequence[tree.Node], names: Sequence[str], span: tuple[int, int]
    ) -> Type:
        """The result of the first signature that fits; what is wrong is said by the last one that might."""
        if builtin.name in CLOCK:
            self.refuse("CRM111", span, name=builtin.name)
        misfit: tuple[tree.Node, Type] | None = None
        for signature in builtin.signatures:
            order = signature.order(names) if names else list(range(len(arguments)))
            if order is None or not signature.takes(len(arguments), names):
                continue
            found = _misfit(signature, arguments, order)
            if not isinstance(found, tuple):
                return self._precise(builtin, arguments, filled(signature.result, found))
            if misfit is None or not isinstance(misfit[0].type, ListType):
                misfit = found
        if misfit is not None:
            self._unfit(*misfit)
        else:
            given = ", ".join(names) or len(arguments)
            self.refuse("CRM106", span, name=builtin.name, expected=builtin.usage, found=given)
        return types.any_

    def parameter_types(self, function: tree.Node, before: Sequence[tree.Node]) -> tuple[Type, ...]:
        """What a function takes that is the next argument of a builtin, after those `before`."""
        if not isinstance(function, tree.BuiltinName) or not before:
            return ()
        for signature in BUILTINS[function.name].signatures:
            if len(signature.parameters) <= len(before):
                continue
            wanted = signature.parameters[len(before)].pattern
            bound = _misfit(signature, before, range(len(before)))
            if isinstance(wanted, FunctionType) and wanted.parameters and isinstance(bound, dict):
                return tuple(filled(each, bound) for each in wanted.parameters)
        return ()

    def _precise(self, builtin: Builtin, arguments: Sequence[tree.Node], result: Type) -> Type:
        """The kind of a duration is known from its text."""
        match arguments:
            case [tree.Literal(value=str(text))] if builtin.name == "duration":
                return types.days_duration if DaysDuration.parse(text) else types.months_duration
        return result

    def _unfit(self, argument: tree.Node, wanted: Type) -> None:
        """What has no order is told as for `<`."""
        found, pattern = argument.type, wanted
        if isinstance(found, ListType) and isinstance(pattern, ListType):
            found, pattern = found.item, pattern.item
        if isinstance(pattern, TypeVariable) and pattern.one_of == types.ORDERED:
            self.refuse("CRM105", argument, found=found)
        else:
            self.wrong(argument, wanted)

    def properties(self, type: Type) -> Mapping[str, Type] | None:
        """The properties of a type that is not a context; None when they are not known."""
        if isinstance(type, RangeType):
            ends = dict.fromkeys(("start included", "end included"), types.boolean)
            return {"start": type.item, "end": type.item, **ends}
        if type in (types.any_, types.null):
            return None
        return PROPERTIES.get(type, {})


def hint(suggestion: str | None) -> str:
    """How a message shows the nearest spelling, in any language."""
    return f" ({suggestion}?)" if suggestion else ""


def _bare(type: Type) -> Type:
    return types.string if isinstance(type, Enumeration) else type


def _misfit(
    signature: Signature, arguments: Sequence[tree.Node], order: Sequence[int]
) -> tuple[tree.Node, Type] | dict[str, list[Type]]:
    """The first argument that does not fit, with the type that is wanted; else what the variables are."""
    bound: dict[str, list[Type]] = {}
    for index, place in enumerate(order):
        pattern = signature.parameter(index).pattern
        if place < 0:
            continue
        argument, known = arguments[place], filled(pattern, bound)
        type = _seen(argument, arguments)
        if bind(type, pattern, bound) or (type, pattern) == (types.date, _DT):
            continue  # a date stands for its midnight
        return argument, pattern if known == bare(pattern) else known
    return bound


def _seen(argument: tree.Node, among: Sequence[tree.Node]) -> Type:
    """The type of an argument; a string beside an ordered enumeration that has it is one of its values."""
    if isinstance(argument, tree.Literal):
        for other in among:
            if (
                isinstance(other.type, Enumeration)
                and other.type.ordered
                and argument.value in other.type.values
            ):
                return other.type
    return argument.type
