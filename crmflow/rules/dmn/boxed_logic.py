"""Which logic does a boxed expression stand for? (DMN 1.5, chapters 8.3 and 10.2.2)

Every FEEL text is read once, when the model is loaded, with the names and types that it may read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from crmflow.rules import feel
from crmflow.rules.dmn import boxed
from crmflow.rules.dmn.boxed import Boxed, Text, Variable
from crmflow.rules.dmn.item_type import ANY, ItemType, ItemTypes
from crmflow.rules.dmn.logic import NOTHING, Env, Logic, Value, coerced
from crmflow.rules.dmn.notice import Notices
from crmflow.rules.dmn.table import Table, read_table
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.evaluate import call, evaluate
from crmflow.rules.feel.iteration import item_at, iterated
from crmflow.rules.feel.operations import conjunction, disjunction
from crmflow.rules.feel.scope import Name, Scope
from crmflow.rules.feel.steps import Steps, counted
from crmflow.rules.feel.tree import ITEM, PARTIAL
from crmflow.rules.feel.types import ContextType, FunctionType, ListType
from crmflow.rules.feel.values import Fields, Function, Items

_CALL: Final = tree.Literal(None, start=0, end=16)  # what a turn or call costs, in the signs of a text


class LogicReader:
    """Turns the boxed expressions of one model into logic."""

    def __init__(self, item_types: ItemTypes, notices: Notices) -> None:
        self.types = item_types
        self.notices = notices
        self.tables: list[tuple[boxed.DecisionTable, Table, Scope]] = []  # all that were read

    def read(self, expression: Boxed | None, scope: Scope) -> Logic:
        """The logic of an expression, whose value is coerced to the type it names."""
        if expression is None:
            return NOTHING
        logic = _FORMS[type(expression)](self, expression, scope)
        return self.typed(logic, expression.type_ref, Text(expression.type_ref or "", expression.start))

    def typed(self, logic: Logic, reference: str | None, where: Text) -> Logic:
        """The same logic with its value coerced to the type of that name."""
        return coerced(logic, self.types.of(reference, where))

    def variable(self, variable: Variable) -> ItemType:
        return self.types.of(variable.type_ref, Text(variable.type_ref or "", variable.start))

    # texts

    def text(self, text: Text | None, scope: Scope) -> Logic:
        """A FEEL expression; null, with a notice, where it cannot be read."""
        if text is None or not text.text.strip():
            return NOTHING
        read = self.notices.read(text, lambda: feel.parse(text.text, scope, "standard"))
        if read is None:
            refused = text.text.split()[0].startswith("function")  # no builtin of its name is called instead
            return Logic(NOTHING.value, FunctionType()) if refused else NOTHING
        node = read.tree
        return Logic(lambda env: evaluate(node, env), node.type)

    def literal(self, expression: boxed.Literal, scope: Scope) -> Logic:
        return self.text(expression.text, scope)

    # collections

    def context(self, expression: boxed.Context, scope: Scope) -> Logic:
        inner, declare = scope.growing()
        entries: list[tuple[str | None, Value]] = []
        fields: dict[str, Name] = {}
        result = None
        for entry in expression.entries:
            if entry.variable is None:
                result = self.read(entry.value, inner)
                entries.append((None, result.value))
                continue
            name = entry.variable.name
            if isinstance(entry.value, boxed.FunctionDefinition):
                declare(Name(name, self.signature(entry.value)))  # it may call itself
            logic = coerced(self.read(entry.value, inner), self.variable(entry.variable))
            entries.append((name, logic.value))
            fields[name] = Name(name, logic.type)
            declare(fields[name])

        def value(env: Env) -> object:
            known = dict(env)
            made: dict[str, object] = {}
            for name, of in entries:
                found = of(known)
                if name is None:
                    return found
                known[name] = made[name] = found
            return Fields(made)

        return Logic(value, ContextType(fields) if result is None else result.type)

    def list(self, expression: boxed.BoxedList, scope: Scope) -> Logic:
        items = [self.read(item, scope) for item in expression.items]
        type = ListType(types.joined([item.type for item in items]))
        return Logic(lambda env: Items([item.value(env) for item in items]), type)

    def relation(self, expression: boxed.Relation, scope: Scope) -> Logic:
        columns = [(column.name, self.variable(column)) for column in expression.columns]
        rows = [
            [
                (name, coerced(self.read(cell, scope), type))
                for (name, type), cell in zip(columns, row, strict=False)
            ]
            for row in expression.rows
        ]
        fields = {name: Name(name, type.type) for name, type in columns}
        for name in fields:
            found = types.joined([cell.type for row in rows for column, cell in row if column == name])
            if fields[name].type == types.any_:
                fields[name] = Name(name, found)

        def value(env: Env) -> Items:
            return Items([Fields({name: cell.value(env) for name, cell in row}) for row in rows])

        return Logic(value, ListType(ContextType(fields)))

    # functions

    def signature(self, definition: boxed.FunctionDefinition) -> FunctionType:
        """What is known of a function before its body is read."""
        taken = tuple(self.variable(parameter).type for parameter in definition.parameters)
        result = definition.body.type_ref if definition.body is not None else None
        return FunctionType(taken, self.types.of(result).type)

    def function(self, definition: boxed.FunctionDefinition, scope: Scope, result: ItemType = ANY) -> Logic:
        """A function that sees the names around it. One in Java or PMML is refused: CRM164, and null."""
        if definition.kind.upper() != "FEEL":
            self.notices.add("CRM164", Text("", definition.start), kind=definition.kind)
            return NOTHING
        names = tuple(parameter.name for parameter in definition.parameters)
        taken = tuple(self.variable(parameter) for parameter in definition.parameters)
        named = zip(names, taken, strict=True)
        inner = scope.child({name: Name(name, type.type) for name, type in named})
        body = coerced(self.read(definition.body, inner), result)
        plain = tuple(each.type for each in taken)

        def value(env: Env) -> Function:
            steps = env.setdefault(Steps, Steps())

            def called(*values: object) -> object:
                steps.turn(_CALL, env)
                fitting = [type.coerced(given, steps) for type, given in zip(taken, values, strict=True)]
                if any(fit is None and given is not None for fit, given in zip(fitting, values, strict=True)):
                    return None
                return body.value({**env, **dict(zip(names, fitting, strict=True))})

            return Function(names, plain, called)

        return Logic(value, FunctionType(plain, body.type))

    def invocation(self, expression: boxed.Invocation, scope: Scope) -> Logic:
        function = self.read(expression.function, scope)
        names = tuple(binding.parameter.name for binding in expression.bindings)
        given = [
            coerced(self.read(binding.value, scope), self.variable(binding.parameter))
            for binding in expression.bindings
        ]
        result = function.type.result if isinstance(function.type, FunctionType) else types.any_

        def value(env: Env) -> object:
            return call(function.value(env), [each.value(env) for each in given], names, env.get(Steps))

        return Logic(value, result)

    # choices and loops

    def conditional(self, expression: boxed.Conditional, scope: Scope) -> Logic:
        condition, then, otherwise = (
            self.read(part, scope) for part in (expression.condition, expression.then, expression.otherwise)
        )

        def value(env: Env) -> object:
            return (then if condition.value(env) is True else otherwise).value(env)

        return Logic(value, types.joined([then.type, otherwise.type]))

    def iterator(self, expression: boxed.Iterator, scope: Scope) -> Logic:
        variable, collects = expression.variable, expression.kind == "for"
        source = self.read(expression.source, scope)
        item = source.type.item if isinstance(source.type, ListType | types.RangeType) else source.type
        partial = {PARTIAL: Name(PARTIAL, ListType())} if collects else {}
        body = self.read(expression.body, scope.child({**partial, variable: Name(variable, item)}))

        def values(env: Env) -> Items | None:
            known = counted(env)
            items = iterated(source.value(known))
            if items is None:
                return None
            made = Items()
            if collects:
                known[PARTIAL] = made
            for each in items:
                known[Steps].turn(_CALL, known)
                made.append(body.value({**known, variable: each}))
            return made

        if collects:
            return Logic(values, ListType(body.type))
        joined = conjunction if expression.kind == "every" else disjunction

        def satisfied(env: Env) -> bool | None:
            found = values(env)
            return None if found is None else joined(found)

        return Logic(satisfied, types.boolean)

    def filter(self, expression: boxed.Filter, scope: Scope) -> Logic:
        source = self.read(expression.source, scope)
        item = source.type.item if isinstance(source.type, ListType) else source.type
        fields = item.fields if isinstance(item, ContextType) else {}
        open = item.open if isinstance(item, ContextType) else item == types.any_
        match = self.read(expression.match, scope.child({ITEM: Name(ITEM, item), **fields}, open))

        def value(env: Env) -> object:
            known = counted(env)
            found = source.value(known)
            if found is None:
                return None
            items = found if isinstance(found, list) else [found]
            kept = []
            for each in items:
                known[Steps].turn(_CALL, known)
                shown = each if isinstance(each, Mapping) else {}
                matched = match.value({**known, ITEM: each, **shown})
                if type(matched) is Decimal:
                    return item_at(items, matched)
                if matched is True:
                    kept.append(each)
            return Items(kept)

        return Logic(value, source.type if isinstance(source.type, ListType) else ListType(item))

    def table(self, expression: boxed.DecisionTable, scope: Scope) -> Logic:
        return read_table(self, expression, scope)


_FORMS: Final[Mapping[type[Boxed], Callable[[LogicReader, Any, Scope], Logic]]] = {
    boxed.Literal: LogicReader.literal,
    boxed.Context: LogicReader.context,
    boxed.BoxedList: LogicReader.list,
    boxed.Relation: LogicReader.relation,
    boxed.FunctionDefinition: LogicReader.function,
    boxed.Invocation: LogicReader.invocation,
    boxed.Conditional: LogicReader.conditional,
    boxed.Iterator: LogicReader.iterator,
    boxed.Filter: LogicReader.filter,
    boxed.DecisionTable: LogicReader.table,
}
