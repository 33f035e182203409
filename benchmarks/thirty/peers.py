"""How do other engines answer the thirty rules? Compiled once; converting a record is part of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.thirty.customers import Row
from benchmarks.thirty.dialect import EPOCH, FLIPPED, Durable, Infix, JsonLogic, variables
from crmflow.rules.feel.tree import And, Comparison, Literal, Node, Variable

Answer = Callable[[Row], list[int]]
REST = "when"


def peers(rules: Mapping[str, Node]) -> Iterator[tuple[str, Answer]]:
    """Every peer, with a function from a customer to the places of the rules that fire."""
    yield "datalogic-py, one list", datalogic(rules)
    yield "zen-engine, one fused expression", zen_expression(rules)
    yield "cel-expr-python, one list", cel(rules)
    yield "durable-rules, facts", durable_rules(rules)
    yield "rule-engine, one list", rule_engine(rules)
    yield "zen-engine, decision table", zen_table(rules)


def with_days(row: Row) -> Row:
    """The record as engines without dates take it."""
    joined = row["joined"]
    return {**row, "joined": None if joined is None else (joined - EPOCH).days}


def places(flags: list[bool]) -> list[int]:
    return [place for place, fired in enumerate(flags) if fired]


def fused(infix: Infix, rules: Mapping[str, Node]) -> str:
    return "[" + ", ".join(map(infix.text, rules.values())) + "]"


def datalogic(rules: Mapping[str, Node]) -> Answer:
    from datalogic_py import Engine

    logic = JsonLogic()
    engine = Engine()
    rule = engine.compile(json.dumps([logic.rule(node) for node in rules.values()]))
    session = engine.session()
    return lambda row: places(session.evaluate(rule, with_days(row)))


def zen_expression(rules: Mapping[str, Node]) -> Answer:
    import zen

    expression = zen.compile_expression(fused(Infix(), rules))
    return lambda row: places(expression.evaluate(with_days(row)))


def zen_table(rules: Mapping[str, Node]) -> Answer:
    """One row a rule, one column a field, as its editor shows it; what no cell can say has its own."""
    import zen

    infix = Infix()
    rows = [
        {"_id": name, REST: "", **zen_cells(infix, node), "out": str(place)}
        for place, (name, node) in enumerate(rules.items())
    ]
    fields = sorted({field for row in rows for field in row} - {"_id", REST, "out"})
    table = {
        "hitPolicy": "collect",
        "inputs": [
            *({"id": field, "name": field, "field": field} for field in fields),
            {"id": REST, "name": REST},
        ],
        "outputs": [{"id": "out", "name": "rule", "field": "rule"}],
        "rules": [{**dict.fromkeys(fields, ""), **row} for row in rows],
    }
    nodes = [
        {"id": "given", "name": "given", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
        {"id": "gives", "name": "gives", "type": "outputNode"},
    ]
    edges = [
        {"id": "1", "type": "edge", "sourceId": "given", "targetId": "table"},
        {"id": "2", "type": "edge", "sourceId": "table", "targetId": "gives"},
    ]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    return lambda row: [hit["rule"] for hit in decision.evaluate(with_days(row))["result"]]


def zen_cells(infix: Infix, node: Node) -> dict[str, str]:
    """A cell for each field that is compared once with a constant, and the rest as one condition."""
    cells: dict[str, str] = {}
    rest = []
    for part in node.operands if isinstance(node, And) else (node,):
        match part:
            case Comparison(operator=sign, left=Variable(name=field), right=Literal(value=value)) if (
                value is not None and field not in cells
            ):
                cells[field] = (
                    infix.operand(part.right)
                    if sign == "="
                    else f"{FLIPPED.get(sign, sign)} {infix.operand(part.right)}"
                )
            case _:
                rest.append(infix.text(part))
    return {**cells, REST: " and ".join(rest)} if rest else cells


def cel(rules: Mapping[str, Node]) -> Answer:
    from cel_expr_python import cel

    names = sorted({name for node in rules.values() for name in variables(node)})
    environment = cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN))
    expression = environment.compile(fused(Infix(and_=" && ", or_=" || "), rules))

    def answer(row: Row) -> list[int]:
        flags = expression.eval(data=with_days(row)).value()
        return [place for place, flag in enumerate(flags) if flag.value()]

    return answer


def rule_engine(rules: Mapping[str, Node]) -> Answer:
    import rule_engine

    rule = rule_engine.Rule(fused(Infix(), rules))
    return lambda row: places(rule.evaluate(with_days(row)))


def durable_rules(rules: Mapping[str, Node]) -> Answer:
    """All rules in one ruleset, which answer for one fact that is asserted and taken back."""
    from durable.engine import Host

    class Quiet(Host):  # type: ignore[misc]
        def _run(self) -> None:
            """No background threads."""

    fired: list[int] = []

    def firing(place: int) -> Callable[[Any], None]:
        return lambda _: fired.append(place)

    patterns = Durable()
    ruleset = {
        name: {"all": [{"m": patterns.pattern(node)}], "run": firing(place)}
        for place, (name, node) in enumerate(rules.items())
    }
    host = Quiet({"thirty": ruleset})

    def answer(row: Row) -> list[int]:
        fact = {name: value for name, value in with_days(row).items() if value is not None}
        fact |= {"customer": 1, "id": 1, "sid": 1}
        fired.clear()
        host.assert_fact("thirty", fact)
        host.retract_fact("thirty", fact)
        return sorted(set(fired))  # each side of an `or` fires

    return answer
