"""In which order are inferences drawn: each after those whose results it reads?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from crmflow.rules.fact import POPULATION
from crmflow.rules.infer.program import Inference
from crmflow.rules.source import Document, Findings
from crmflow.rules.vocabulary import Vocabulary


def in_order(
    inferences: Sequence[Inference],
    names: Vocabulary,
    documents: Mapping[str, Document],
    findings: Findings,
) -> tuple[Inference, ...]:
    """Each inference after those that it reads, be it by way of other facts; else by id.

    A circle is a finding (CRM276), and so is a fact that compares customers by what is inferred only after
    that (CRM273), and one that stands on what the run decides (CRM260).
    """
    by_id = {each.id: each for each in sorted(inferences, key=lambda each: each.id)}
    giver = {each.gives.name: each.id for each in by_id.values()}
    reads = {id: read_by(each.reads, names) for id, each in by_id.items()}
    for id, found in reads.items():
        for name in sorted(found & names.results.keys()):
            findings.errors.append(documents[id].diagnostic("CRM260", ("rules",), {"name": name}, key=True))
    for fact in names.facts.values():
        for name in sorted(read_by({fact.of}, names) & giver.keys() if fact.aggregate in POPULATION else ()):
            parts = {"name": fact.name, "key": fact.aggregate, "other": name}
            findings.errors.append(documents[giver[name]].diagnostic("CRM273", ("gives", "name"), parts))
    before = {id: sorted(giver[name] for name in found & giver.keys()) for id, found in reads.items()}
    try:
        return tuple(by_id[id] for id in TopologicalSorter(before).static_order())
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        parts = {"name": circle[0], "circle": " → ".join(circle)}
        findings.errors.append(documents[circle[0]].diagnostic("CRM276", ("title",), parts))
        return ()


def read_by(names: Iterable[str], vocabulary: Vocabulary) -> frozenset[str]:
    """The names and all that these facts are computed from."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        if name in vocabulary.facts:
            waiting |= vocabulary.facts[name].reads - found
    return frozenset(found)
