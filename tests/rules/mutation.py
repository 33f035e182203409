"""Which logical faults does `check` find that nobody wrote? A script plants them in sound tables and charts.

Whether a changed table has a fault is decided by asking it about one customer of every region of values, not
by the analysis under test. `python -m tests.rules.mutation` prints the figures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from io import StringIO
from itertools import islice, product
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.check import check
from crmflow.rules.load import load
from crmflow.rules.logic.of_rulebook import representatives
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import RuleFile
from tests.rules.shop import core

PACKS: Final = ("fuel", "insurance", "retail", "utility")
TABLES: Final = (
    "fuel/segments/class",
    "insurance/segments/vip",
    "retail/segments/abc",
    "retail/segments/rfm",
    "utility/segments/lifecycle",
    "utility/segments/value",
    "utility/owners/manager",
    "retail/visits/cadence",
    "insurance/visits/cadence",
)
CUSTOMERS: Final = 20_000  # that a table is asked about at most
GAP, CONFLICT, SHADOWED, NEVER = "CRM220", "CRM221", "CRM224", "CRM225"
SAYS: Final[Mapping[str, frozenset[str]]] = {
    GAP: frozenset({GAP}),
    CONFLICT: frozenset({CONFLICT}),
    SHADOWED: frozenset({SHADOWED, "CRM226", "CRM227"}),  # a repeated row is called so
    NEVER: frozenset({NEVER, "CRM229"}),
}
BOUNDS: Final = ((">=", ">"), ("<=", "<"), (">", ">="), ("<", "<="))

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What must be found: one of `codes`, in a finding that names `word`."""

    codes: frozenset[str]
    word: str

    def __str__(self) -> str:
        return f"{'/'.join(sorted(self.codes))} {self.word}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A sound file with one change; `faults` are what it brings, none if it is still sound."""

    name: str
    file: RuleFile
    faults: tuple[Fault, ...]
    sound: frozenset[str] = frozenset()  # codes that must not be found

    def missed(self, found: Sequence[Diagnostic]) -> list[Fault]:
        return [each for each in self.faults if not any(self.says(each, one) for one in found)]

    def invented(self, found: Sequence[Diagnostic]) -> list[str]:
        return [str(each.message()) for each in found if each.code in self.sound]

    def says(self, fault: Fault, found: Diagnostic) -> bool:
        said = " ".join(str(part) for part in found.parts.values())
        return found.file == self.file.name and found.code in fault.codes and fault.word in said


def pack(name: str) -> list[RuleFile]:
    """The rule files of an installed pack."""
    spec = find_spec(f"crmflow_{name}")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    return [
        RuleFile(f"{name}/{path.relative_to(folder).as_posix()}", path.read_bytes(), "pack", name)
        for path in sorted(folder.rglob("*.yaml"))
    ]


@cache
def sound(name: str) -> tuple[RuleFile, ...]:
    """The core's files and a pack's."""
    return (*core(), *pack(name))


def around(file: RuleFile) -> list[RuleFile]:
    """A changed file among those that it stands on: vocabularies, segments, for a chart its pack's charts."""
    name = file.pack if file.pack in PACKS else "fuel"
    kinds = ["/segments/", *(kind for kind in ("/charts/",) if kind in file.path)]
    others = [each for each in sound(name) if each.is_vocabulary or any(kind in each.path for kind in kinds)]
    return [*(each for each in others if each.path != file.path), file]


def findings(mutant: Mutant) -> tuple[Diagnostic, ...]:
    return check(around(mutant.file))


# tables


def table_mutants(every: int = 1) -> Iterator[Mutant]:
    """Rules deleted, repeated, moved and contradicted; bounds taken in or left out; cells emptied."""
    for id in TABLES:
        file, data = _data(id)
        data.pop("tests")
        gapless = GAP not in _faults(_ruleset(_written(file, data)), id)
        for name, changed in islice(_changes(data), 0, None, every):
            mutant = _written(file, changed)
            ruleset = _ruleset(mutant)
            if ruleset is None:
                continue
            faults = _faults(ruleset, id)
            closed = gapless and "table" in data  # a list of rules may be open at its ends
            wanted = {code: words for code, words in faults.items() if code != GAP or closed}
            yield Mutant(
                f"{id}: {name}",
                mutant,
                tuple(Fault(SAYS[code], word) for code, words in wanted.items() for word in words),
                frozenset(SAYS) - faults.keys(),
            )


def _changes(data: Data) -> Iterator[tuple[str, Data]]:
    rows = "table" in data
    for n, row in enumerate(_rows(data)):
        id = row[0] if rows else row["id"]
        yield f"without {id}", _with(data, lambda all, n=n: all[:n] + all[n + 1 :])
        again = _called(row, "again")
        yield f"{id} twice", _with(data, lambda all, n=n, again=again: [*all[: n + 1], again, *all[n + 1 :]])
        yield f"{id} first", _with(data, lambda all, n=n: [all[n], *all[:n], *all[n + 1 :]])
        other = _gives(_called(row, "other"), _rows(data)[n - 1])
        yield f"{id} contradicted", _with(data, lambda all, other=other: [*all, other])
        for name, changed in _cell_changes(row):
            yield (
                f"{id} {name}",
                _with(data, lambda all, n=n, changed=changed: [*all[:n], changed, *all[n + 1 :]]),
            )


def _cell_changes(row: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(row, dict):
        for name, text in _texts(row["when"]):
            yield name, {**row, "when": text}
        yield "contradicts itself", {**row, "when": f"({row['when']}) and not({row['when']})"}
        return
    for k in range(1, len(row) - 1):
        for name, text in _texts(str(row[k])):
            yield f"column {k} {name}", [*row[:k], text, *row[k + 1 :]]
        yield f"column {k} emptied", [*row[:k], "-", *row[k + 1 :]]


def _texts(text: str) -> Iterator[tuple[str, str]]:
    """The text with each bound taken in or left out, or turned round."""
    for found in re.finditer(r">=|<=|>|<", text):
        sign = found[0]
        other = dict(BOUNDS)[sign]
        yield f"{sign} as {other}", text[: found.start()] + other + text[found.end() :]
        turned = sign.translate(str.maketrans("<>", "><"))
        yield f"{sign} as {turned}", text[: found.start()] + turned + text[found.end() :]
    if text[:1] == "[":
        yield "lower end left out", f"({text[1:]}"
    if text[-1:] == ")" and text[:1] in "[(":
        yield "upper end taken in", f"{text[:-1]}]"


def _faults(ruleset: Ruleset | None, id: str) -> dict[str, list[str]]:
    """What is wrong with a table, by code with the rules concerned, found by asking it about everybody."""
    assert ruleset is not None
    rulebook = ruleset.rulebook(id)
    fires: Counter[int] = Counter()
    decides: Counter[int] = Counter()
    conflicts: dict[str, None] = {}
    gap = False
    for names in _customers(rulebook, ruleset):
        fired = [n for n, rule in enumerate(rulebook.rules) if _fires(rulebook, n, names)]
        fires.update(fired)
        decides.update(fired[:1])
        gap |= not fired and all(map(_expected, names.values()))
        thens = {str(rulebook.rules[n].then) for n in fired}
        if rulebook.hit == "unique" and len(thens) > 1:
            conflicts |= {rulebook.rules[fired[0]].id: None}
    complete = rulebook.decides == "segment" and rulebook.default is None and rulebook.gives is not None
    ids = [rule.id for rule in rulebook.rules]
    found = {
        GAP: [id] if gap and complete and len(rulebook.gives.of if rulebook.gives else ()) > 1 else [],
        CONFLICT: list(conflicts),
        SHADOWED: [
            ids[n] for n in range(len(ids)) if rulebook.hit == "first" and fires[n] and not decides[n]
        ],
        NEVER: [ids[n] for n in range(len(ids)) if not fires[n]],
    }
    return {code: words for code, words in found.items() if words}


def _expected(value: object) -> bool:
    """Whether a table is meant for customers with this value: it is known, and no amount below nothing."""
    return value is not None and not (isinstance(value, Decimal) and value < 0)


def _customers(rulebook: Rulebook, ruleset: Ruleset) -> Iterator[dict[str, Any]]:
    asked = [
        each.expression if each.column is None else (each.expression, rulebook.columns[each.column])
        for rule in rulebook.rules
        for each in rule.conditions
    ]
    values = representatives(asked, ruleset.vocabulary, rulebook.about, rulebook.params())
    for choice in islice(product(*values.values()), CUSTOMERS):
        yield dict(zip(values, choice, strict=True))


def _fires(rulebook: Rulebook, n: int, names: Mapping[str, Any]) -> bool:
    context = {**dict.fromkeys(rulebook.reads), **names, **rulebook.params()}
    inputs = [column.evaluate(context) for column in rulebook.columns]
    return all(
        each.expression.evaluate(context, None if each.column is None else inputs[each.column]) is True
        for each in rulebook.rules[n].conditions
    )


def _rows(data: Data) -> list[Any]:
    rows: list[Any] = data["table"]["rows"] if "table" in data else data["rules"]
    return rows


def _with(data: Data, change: Any) -> Data:
    changed = deepcopy(data)
    rows = change(_rows(changed))
    if "table" in changed:
        changed["table"]["rows"] = rows
    else:
        changed["rules"] = rows
    return changed


def _called(row: Any, id: str) -> Any:
    return {**row, "id": id} if isinstance(row, dict) else [id, *row[1:]]


def _gives(row: Any, other: Any) -> Any:
    return {**row, "then": other["then"]} if isinstance(row, dict) else [*row[:-1], other[-1]]


# charts


def chart_mutants() -> Iterator[Mutant]:
    """States cut off and shut in, moves hidden, steps without a holder, ways around what is needed."""
    for name in PACKS:
        for file in sound(name):
            if "/charts/" in file.path and (file.pack == name or name == "fuel"):
                for called, changed, code, word in _chart_changes(_data(file.id)[1]):
                    mutant = _written(file, changed)
                    yield Mutant(f"{file.id}: {called}", mutant, (Fault(frozenset({code}), word),))


def _chart_changes(data: Data) -> Iterator[tuple[str, Data, str, str]]:
    data.pop("tests")
    states, moves = data["states"], data["moves"]
    end = next(state for state, spec in states.items() if spec.get("end"))
    for state, spec in states.items():
        if state != data["case"]["start"]:
            elsewhere = [row for row in moves if row[4] != state]
            yield f"no way to {state}", {**data, "moves": elsewhere}, "CRM530", state
        if not spec.get("end"):
            out = [row for row in moves if _sources(row) != [state]]
            out = [[row[0], [each for each in _sources(row) if each != state], *row[2:]] for row in out]
            yield f"no way out of {state}", {**data, "moves": out}, "CRM531", state
        if "by" in spec:
            nobody = {key: value for key, value in spec.items() if key != "by"}
            if any(row[2] == "done" and state in _sources(row) for row in moves):
                yield f"nobody does {state}", {**data, "states": {**states, state: nobody}}, "CRM535", state
        for row in moves:
            if state in _sources(row) and str(row[2]).startswith("after") and row[3] == "-":
                late = ["later still", state, "after P900D", "-", end]
                yield f"a second timer in {state}", {**data, "moves": [*moves, late]}, "CRM532", "later still"
    for n, row in enumerate(moves):
        if row[2] == "done":
            first = ["at once", _sources(row)[0], "done", "-", row[4]]
            yield (
                f"{row[0]} hidden",
                {**data, "moves": [*moves[:n], first, *moves[n:]]},
                "CRM533",
                str(row[0]),
            )
            misspelt = [*row[:2], "dome", *row[3:]]
            yield (
                f"{row[0]} misspelt",
                {**data, "moves": [*moves[:n], misspelt, *moves[n + 1 :]]},
                "CRM537",
                "dome",
            )
    yield from _needs(data)


def _needs(data: Data) -> Iterator[tuple[str, Data, str, str]]:
    """A way from the start around what a state needs."""
    states, start = data["states"], data["case"]["start"]
    needs = {state: spec["needs"] for state, spec in states.items() if spec.get("needs")}
    if data["case"]["kind"] == "complaint":
        needs |= {state: "call back" for state, spec in states.items() if spec.get("end")}
        bare = {key: value for key, value in states["call back"].items() if key != "not by"}
        yield "closed by the accused", {**data, "states": {**states, "call back": bare}}, "CRM534", "accused"
    for state in needs:
        short = ["short cut", start, "cut short", "-", state]
        yield f"a short cut to {state}", {**data, "moves": [*data["moves"], short]}, "CRM536", "short cut"


def _sources(row: Sequence[Any]) -> list[str]:
    return row[1] if isinstance(row[1], list) else [row[1]]


# files


def _data(id: str) -> tuple[RuleFile, Data]:
    name = id.partition("/")[0]
    ruleset = load(sound(name if name in PACKS else "fuel")).ruleset
    assert ruleset is not None
    document = ruleset.documents[id]
    return document.file, deepcopy(document.data)


def _written(file: RuleFile, data: Data) -> RuleFile:
    text = StringIO()
    YAML(typ="safe", pure=True).dump(_plain(data), text)
    return replace(file, text=text.getvalue())


def _plain(value: Any) -> Any:
    """With numbers as YAML writes them."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value


def _ruleset(file: RuleFile) -> Ruleset | None:
    return load(around(file)).ruleset


def failures(mutants: Sequence[Mutant]) -> list[str]:
    """What was not found, and what was found although it is not there."""
    failed = []
    for mutant in mutants:
        found = findings(mutant)
        failed += [f"{mutant.name}: missed {fault}" for fault in mutant.missed(found)]
        failed += [f"{mutant.name}: invented {said}" for said in mutant.invented(found)]
    return failed


def main() -> None:
    """Plants every fault and counts."""
    for kind, each in (("tables", table_mutants()), ("charts", chart_mutants())):
        mutants = list(each)
        planted, sound = sum(len(each.faults) for each in mutants), sum(not each.faults for each in mutants)
        failed = failures(mutants)
        print(f"{kind}: {planted} faults in {len(mutants)} changed files, {sound} of them sound as before")
        print(*(f"  {each}" for each in failed or ["all found, none invented"]), sep="\n")


if __name__ == "__main__":
    main()
