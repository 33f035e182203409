"""Where does a table's column of ranges hold one bare number, which only exactly that number meets?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.feel import number, tree
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.ruleset import Ruleset

_FEW: Final = 2
"""So many other cells at least make a column one of ranges."""


def number_cells(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """CRM236: the only bare number among ranges and comparisons. A number that the others leave out on
    purpose, as 0 beside `> 0` or 1 beside `[2..5]`, is no such cell."""
    for rulebook in ruleset.rulebooks:
        document = ruleset.documents[rulebook.id]
        for column, head in enumerate(rulebook.columns):
            found = _bare(rulebook, column) if head.type == number else None
            if found is not None:
                rule, value, meant = found
                path = ("table", "rows", rule, column + 1)
                yield document.diagnostic("CRM236", path, {"name": value, "meant": meant}, suggestion=meant)


def _bare(rulebook: Rulebook, column: int) -> tuple[int, str, str] | None:
    """The rule whose cell is a number alone, the number, and the comparison that may be meant."""
    cells = {
        n: condition.expression
        for n, rule in enumerate(rulebook.rules)
        for condition in rule.conditions
        if condition.column == column and condition.expression.text.strip() != "-"
    }
    numbers = {n: value for n, cell in cells.items() if (value := _number(cell.tree)) is not None}
    others = [cell.tree for n, cell in cells.items() if n not in numbers]
    if len(numbers) != 1 or len(others) < _FEW or not all(map(_is_range, others)):
        return None
    ((rule, value),) = numbers.items()
    if not value or any(abs(value - end) <= 1 for cell in others for end in _numbers(cell)):
        return None
    sign = "<=" if all(map(_is_upper_limit, others)) else ">="
    return rule, cells[rule].text, f"{sign} {cells[rule].text}"


def _number(cell: tree.Node) -> Decimal | None:
    match cell:
        case tree.In(tests=(tree.ValueTest(expression=tree.Literal(value=Decimal() as value)),)):
            return value
    return None


def _is_range(cell: tree.Node) -> bool:
    match cell:
        case tree.In(tests=(tree.OperatorTest(operator=operator),)):
            return operator in ("<", "<=", ">", ">=")
        case tree.In(tests=(tree.ValueTest(expression=tree.Range()),)):
            return True
    return False


def _numbers(cell: tree.Node) -> Iterator[Decimal]:
    for node in tree.walk(cell):
        if isinstance(node, tree.Literal) and isinstance(node.value, Decimal):
            yield node.value


def _is_upper_limit(cell: tree.Node) -> bool:
    match cell:
        case tree.In(tests=(tree.OperatorTest(operator="<" | "<="),)):
            return True
    return False
