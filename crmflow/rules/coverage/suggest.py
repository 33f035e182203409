"""Which tests would reach what the tests of a rulebook do not?"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from crmflow.core.decision import Chooser, Conflict, Plan, Target
from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text
from crmflow.rules.cases import found_by
from crmflow.rules.coverage.rulebook import DEFAULT, reached, rulebook_tally
from crmflow.rules.coverage.tally import Tally
from crmflow.rules.feel import to_xsd
from crmflow.rules.logic.of_rulebook import representatives, witness
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.scenario import RulebookCase
from crmflow.rules.shape import StaffShape
from crmflow.rules.source import Document, RuleFile
from crmflow.rules.vocabulary import CORE, bare, pack_of

WORK: Final = 200_000  # conditions to ask before giving up
STAFF: Final = "W1"
CONFIRM: Final = "   # confirm what is expected 请确认预期结果"
LONG: Final = 40  # signs of a condition in the name of a test
_PLAIN: Final = re.compile(r"[A-Za-z\u3400-\u9fff][\w \u3400-\u9fff.-]*(?<! )")
_DASH: Final = re.compile(r"( *)- +")
_NO_TESTS: Final = re.compile(r"tests:\s*(\[\s*\])?\s*(#.*)?$")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "none"})

Values = Mapping[str, Any]
Given = tuple[Values, Values]  # what is given of a customer, and the params that a test sets


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Skeletons of tests as lines of YAML under `tests:`, the file with them, and what none of them reaches.

    `file` is None where they cannot be put in: in files of packs and the core, and beside tests in brackets.
    """

    id: str
    lines: tuple[str, ...]
    file: RuleFile | None = None
    left: tuple[Diagnostic, ...] = ()


def suggest(ruleset: Ruleset, rulebook: Rulebook, choose: Chooser) -> Suggestions:
    """Tests of a rulebook, each confirmed by evaluating it, that reach what its own tests do not; what they
    expect is what comes out now, for the author to confirm."""
    document, cases = ruleset.documents[rulebook.id], ruleset.cases[rulebook.id]
    own = next((case.rulebook for case in cases if isinstance(case, RulebookCase)), rulebook)
    tally = rulebook_tally(own, document, cases)
    search = _Search(own, ruleset, tally)
    lines = []
    for given, key in search.found():
        case = search.case(given)
        lines.append(_line(case, tally, key, choose, document.pack))
    file = with_tests(document, lines) if lines and document.file.layer == "site" else None
    return Suggestions(rulebook.id, tuple(lines), file, tally.covered(rulebook.id).missed)


class _Search:
    """Looks for customers who reach more: those for whom a rule decides, those of the tests, and their like,
    in whom one name has another value."""

    def __init__(self, rulebook: Rulebook, ruleset: Ruleset, tally: Tally) -> None:
        self.rulebook, self.ruleset, self.tally = rulebook, ruleset, tally
        self.names = ruleset.vocabulary.with_levels_of(ruleset.documents[rulebook.id].pack)
        conditions = [each for rule in rulebook.rules for each in rule.conditions]
        asked = [
            each.expression if each.column is None else (each.expression, rulebook.columns[each.column])
            for each in conditions
        ]
        params = rulebook.params()
        self.values = representatives(asked, ruleset.vocabulary, rulebook.about, params)
        self.work = WORK // (len(conditions) + 1)

    def found(self) -> Iterator[tuple[Given, Hashable]]:
        """Customers who reach something new, each with what; the tally counts them."""
        pool: list[Given] = []
        for given in self.first():
            pool.append(given)
            yield from self.new(given)
        for given in pool:
            if self.work <= 0 or self.tally.reached == self.tally.points.keys():
                return
            for like in self.like(given):
                for one in self.new(like):
                    pool.append(like)
                    yield one

    def first(self) -> Iterator[Given]:
        """For each rule a customer for whom it decides; nobody at all; those of the tests."""
        for n, rule in enumerate(self.rulebook.rules):
            found = witness(self.rulebook, rule.id, self.ruleset.vocabulary)
            if found is not None and ("rule", n) in self.tally.points:
                yield _known(found), {}
        yield {}, {}
        for case in self.ruleset.cases[self.rulebook.id]:
            if isinstance(case, RulebookCase) and not case.population:
                yield case.given, case.set_params

    def like(self, given: Given) -> Iterator[Given]:
        """The same with another value of one name, or of one param that has a closed list of them."""
        facts, params = given
        for name, values in self.values.items():
            for value in (None, *values):
                if facts.get(name) != value:
                    yield _known({**facts, name: value}), params
        for param in self.rulebook.declares.values():
            for value in param.one_of:
                if params.get(param.name, param.value) != value:
                    yield facts, {**params, param.name: value}

    def new(self, given: Given) -> Iterator[tuple[Given, Hashable]]:
        self.work -= 1
        if self.work < 0:
            return
        case = self.case(given)
        for _, context, _ in case.customers():
            keys = set(reached(self.rulebook, context, case.params)) & self.tally.points.keys()
            more = [key for key in self.tally.points if key in keys - self.tally.reached]
            if more:
                self.tally.reach(keys)
                yield given, more[0]

    def case(self, given: Given) -> RulebookCase:
        facts, params = given
        return RulebookCase(self.rulebook, self.names, (), Text("", ""), None, facts, params)


def _known(values: Values) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def _line(case: RulebookCase, tally: Tally, key: Hashable, choose: Chooser, pack: str) -> str:
    """One test on one line."""
    (_, context, _), *_ = case.customers()
    case = replace(case, staff=_staff(case, context))
    expect = found_by(case, tally.document, context, choose)
    called = _called(key, tally)
    given = {key_of(name, pack): value for name, value in sorted(case.given.items())}
    staff = {code: {"role": each.role, "unit": each.unit} for code, each in case.staff.items()}
    parts = {
        "name": {"en": called.en, "zh": called.zh},
        **({"params": case.set_params} if case.set_params else {}),
        "given": given,
        **({"staff": staff} if staff else {}),
        "expect": expect,
    }
    return f"- {written(parts)}{CONFIRM}"


def _called(key: Hashable, tally: Tally) -> Text:
    """What a test is for."""
    missed = tally.points[key].missed
    rule, name = missed.parts.get("rule"), _short(str(missed.parts["name"]))
    about = missed.cell or rule
    match key:
        case ("rule", _):
            return Text(f"{name} fires", f"{name} 触发")
        case (*_, True):
            return Text(f"{about}: {name} holds", f"{about}：{name} 成立")
        case (*_, False):
            return Text(f"{about}: {name} does not hold", f"{about}：{name} 不成立")
    assert key == DEFAULT
    return Text("nothing else fits", "均不适用")


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _staff(case: RulebookCase, context: Mapping[str, object]) -> dict[str, StaffShape]:
    """Somebody for the role that the rule chooses from."""
    decided = case.rulebook.decide(context, case.params)
    for hit in () if isinstance(decided, Conflict) else decided:
        value = hit.value.by if isinstance(hit.value, Plan) else hit.value
        if isinstance(value, Target) and value.role and value.unit and value.level is None:
            return {STAFF: StaffShape(role=value.role, unit=value.unit)}
    return {}


def written(value: object) -> str:
    """A value as YAML in one line, as `given` and `expect` are read."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value.normalize():f}"
        case str():
            return _quoted(value)
        case Mapping():
            parts = (
                f"{_quoted(str(key))}: {written(each)}" for key, each in value.items() if each is not None
            )
            return f"{{{', '.join(parts)}}}"
        case Sequence():
            return f"[{', '.join(written(each) for each in value)}]"
        case datetime():
            return json.dumps(value.isoformat())
        case date() | time():
            return json.dumps(value.isoformat())
    return json.dumps(to_xsd(value), ensure_ascii=False)


def _quoted(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    if plain or text == "none":
        return text
    return "".join(map(_seen, json.dumps(text, ensure_ascii=False)))


def _seen(sign: str) -> str:
    """A sign, or as YAML writes one that nobody sees."""
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def key_of(name: str, pack: str) -> str:
    """A canonical name as files of a pack write it."""
    return bare(name) if pack_of(name) in (pack, CORE) else name


def with_tests(document: Document, lines: Sequence[str]) -> RuleFile | None:
    """The file with tests put in behind its own, everything else as it is; None where its own stand in
    brackets, so that no line can be put behind them."""
    file = document.file
    text, mark = file.content, BOM_UTF8 if file.raw.startswith(BOM_UTF8) else b""
    own = text.splitlines(keepends=True)
    line_end = "\r\n" if "\r\n" in text else "\n"
    tests = document.data.get("tests")
    if tests:
        last = document.place(("tests", len(tests) - 1))
        size = len(document.text[last.start : last.end].rstrip())
        first, end = (document.lines.position(at) for at in (last.start, last.start + size))
        dash = _DASH.fullmatch(own[first.line - 1][: first.column - 1])
        if dash is None:
            return None
        before, indent, after = own[: end.line], dash[1], own[end.line :]
    else:
        before, indent, after = [*(line for line in own if not _NO_TESTS.match(line)), "tests:"], "  ", []
    for n in (-1, -2):
        if len(before) >= -n and not before[n].endswith("\n"):
            before[n] += line_end
    new = "".join([*before, *(f"{indent}{line}{line_end}" for line in lines), *after])
    return replace(file, text=mark + new.encode())
