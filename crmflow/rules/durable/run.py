"""What follows from a world by the rules of an inference, with durable-rules as the matcher?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, Final, Self

from crmflow.errors import RuleFileError
from crmflow.rules.durable.linear import Encoding, decimals
from crmflow.rules.durable.ruleset import Pattern, RuleWriter
from crmflow.rules.feel import tree
from crmflow.rules.infer.body import walk
from crmflow.rules.infer.conclusions import Conclusions
from crmflow.rules.infer.join import Row
from crmflow.rules.infer.kind import PLACE, Kind
from crmflow.rules.infer.program import Inference, InferenceRule
from crmflow.rules.infer.world import World

PROGRAM: Final = Path(__file__).with_name("child.py")
RULES: Final = 60  # in one ruleset; of rules for one fact, 64 patterns
FACTS: Final = 50_000  # an id is known by a hash of 32 bits
MATCHES: Final = 1_000_000
SECONDS: Final = 300.0
NULL: Final = -(2**57)


def infer(inference: Inference, world: World) -> Conclusions:
    """The same as the machine built in, in the time and within the limits of durable-rules.

    Raises RuleFileError CRM270 where the extra is not installed, CRM271 for values and worlds that are too
    large and where the library fails.
    """
    if find_spec("durable_rules_engine") is None:
        raise RuleFileError("CRM270")
    found = Conclusions(inference, world)
    for stratum in inference.strata:
        _Stratum(found, stratum).answer()
    return found


class _Stratum:
    """The rules of one stratum, asked until nothing new comes."""

    def __init__(self, found: Conclusions, rules: Sequence[InferenceRule]) -> None:
        self.found = found
        self.encoding = Encoding(_scale(rules, found))
        writer = RuleWriter(found.constants, self.encoding)
        self.written = [writer.write(rule) for rule in rules]
        self.columns = writer.columns
        self.facts: list[Row] = []
        patterns = [pattern for each in self.written for pattern in each.patterns]
        denied = {id(p) for each in self.written for p in each.patterns if not p.source.variables}
        patterns.sort(key=lambda pattern: id(pattern) not in denied)  # what is denied must be there before
        self.patterns = patterns

    def answer(self) -> None:
        rulesets = [
            {
                f"{n}": {"all": self.written[n].json}
                for n in range(start, min(start + RULES, len(self.written)))
            }
            for start in range(0, len(self.written), RULES)
        ]
        with _Child() as child:
            child.ask(rulesets)
            new: deque[tuple[str, Row]] = deque()
            self._take(child.ask(list(self._facts())), new)
            while new:
                rows = [new.popleft() for _ in range(len(new))]
                told = [fact for relation, row in rows for fact in self._row_facts(relation, row)]
                self._take(child.ask(told), new)

    def _take(self, matches: Sequence[Any], new: deque[tuple[str, Row]]) -> None:
        """Concludes from matches."""
        for name, by_alias in matches:
            written = self.written[int(name)]
            slots: list[Any] = [None] * len(written.rule.variables)
            order = list(written.rule.variables)
            for alias, source in written.sources.items():
                for variable, value in zip(source.variables, self.facts[int(by_alias[alias])], strict=True):
                    slots[order.index(variable)] = value
            row = self.found.conclude(written.rule, slots)
            if row is not None:
                new.append((written.rule.head.relation, row))

    def _facts(self) -> Iterator[dict[str, object]]:
        """All things, and all rows that earlier strata have concluded, for each pattern."""
        for pattern in self.patterns:
            atom = pattern.source.atom
            if atom is None:
                for place in self.found.world.places(pattern.source.kind):
                    yield self._fact(pattern, (place,), self._fields(pattern, place))
            else:
                for row in self.found.rows[atom.relation]:
                    yield self._fact(pattern, row, {})

    def _row_facts(self, relation: str, row: Row) -> Iterator[dict[str, object]]:
        for pattern in self.patterns:
            if pattern.source.atom is not None and pattern.source.atom.relation == relation:
                yield self._fact(pattern, row, {})

    def _fact(self, pattern: Pattern, row: Row, more: Mapping[str, int]) -> dict[str, object]:
        if len(self.facts) == FACTS:
            raise RuleFileError("CRM271", reason=f"> {FACTS} facts")
        self.facts.append(row)
        columns = {f"c{n}": self.encoding.of(value) for n, value in enumerate(row)}
        return {"id": str(len(self.facts) - 1), "k": pattern.number, "z": 0, **columns, **more}

    def _fields(self, pattern: Pattern, place: int) -> dict[str, int]:
        """Each field as a number, as a number or a mark for null, and whether it is null."""
        columns: dict[str, int] = {}
        for each in pattern.fields:
            value: Any = self.found.world.things[place]
            for name in each.path:
                value = value[name] if name == PLACE else value.get(name)
            number = None if value is None else self.encoding.of(value)
            column = self.columns[each.path]
            columns[f"v{column}"] = number or 0
            columns[f"q{column}"] = NULL if number is None else number
            columns[f"n{column}"] = int(number is None)
        return columns


class _Child:
    """The program that holds the library."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.matches = 0

    def ask(self, message: object) -> Any:
        """What the library answers. Raises RuleFileError CRM271 where it crashes, hangs or never ends."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        watch = Timer(SECONDS, self.process.kill)
        watch.start()
        try:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if not line:
            raise RuleFileError("CRM271", reason=self._last_words())
        answer = json.loads(line)
        self.matches += len(answer)
        if self.matches > MATCHES:
            raise RuleFileError("CRM271", reason=f"> {MATCHES} matches")
        return answer

    def _last_words(self) -> str:
        code = self.process.wait()
        assert self.process.stderr is not None
        said = self.process.stderr.read().strip().splitlines()
        return said[-1] if said else f"exit {code}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()


def _scale(rules: Sequence[InferenceRule], found: Conclusions) -> int:
    """The most decimals of any number that the rules read or say."""
    said = [
        node.value for rule in rules for each in rule.when for node in walk(each.tree)
        if isinstance(node, tree.Literal)
    ]  # fmt: skip
    kinds = {type.name for rule in rules for type in rule.variables.values() if isinstance(type, Kind)}
    held = [
        value for kind in kinds for place in found.world.places(kind)
        for value in found.world.things[place].values()
    ]  # fmt: skip
    rows = [value for rows in found.rows.values() for row in rows for value in row]
    return max(map(decimals, (*said, *held, *rows, *found.constants.values())), default=0)
