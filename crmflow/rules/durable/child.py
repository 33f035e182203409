"""What does durable-rules conclude? Run as a program of its own, which may crash or hang without harm.

A first line of input is the rulesets, every further one a list of facts; each is answered by a line that
lists the matches: the rule's name and, by alias, the ids of the facts. Facts only, one state, only matching.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import durable_rules_engine as durable

STATE = "0"


def main() -> None:
    """Answers until there is no more input."""
    handles = [durable.create_ruleset(f"r{n}", each) for n, each in enumerate(map(json.dumps, _read()))]
    _write([])
    while (facts := _read()) is not None:
        _write([match for fact in facts for handle in handles for match in _matches(handle, fact)])


def _matches(handle: object, fact: dict[str, object]) -> Iterator[list[object]]:
    """Asserts a fact and takes every action that follows; an action only tells its match."""
    result, state = durable.assert_fact(handle, json.dumps({**fact, "sid": STATE}))
    if result == 2:
        raise ValueError(f"two facts have one hash: {fact['id']}")
    action = durable.start_action_for_state(handle, state)
    waiting = action and action[1]
    while waiting:
        ((rule, match),) = json.loads(waiting).items()
        yield [rule, {alias: message["id"] for alias, message in match.items()}]
        waiting = durable.complete_and_start_action(handle, state)


def _read() -> Any:
    line = sys.stdin.readline()
    return json.loads(line) if line else None


def _write(answer: list[Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
