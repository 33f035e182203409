"""How does a file with `decides: infer` become an inference, with every mistake at its place?"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.errors import RuleFileError
from crmflow.rules.feel import tree
from crmflow.rules.infer.body import variables_of
from crmflow.rules.infer.declared import Declared
from crmflow.rules.infer.kind import Kind
from crmflow.rules.infer.program import Inference, InferenceRule
from crmflow.rules.infer.rule_file import RuleReader, fields_read
from crmflow.rules.infer.shape import InferenceShape
from crmflow.rules.infer.strata import strata
from crmflow.rules.rulebook_file import content_hash
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import Vocabulary


def read_inference(
    document: Document, shape: InferenceShape, names: Vocabulary, findings: Findings
) -> Inference | None:
    """The inference of a file; None when it has an error."""
    before = len(findings.errors)
    declared = Declared(document, shape, names, findings)
    if len(findings.errors) > before:  # without names all else is noise
        return None
    found = [RuleReader(declared, ("rules", n), each).read() for n, each in enumerate(shape.rules)]
    rules = [rule for rule in found if rule is not None]
    if len(rules) < len(found) or len(findings.errors) > before:
        return None
    _refuse_together(declared, rules)
    ordered = _strata(declared, rules)
    if len(findings.errors) > before:
        return None
    for n, rule in enumerate(rules):
        _note_unjoined(declared, n, rule)
    kinds = {type.name for rule in rules for type in rule.variables.values() if isinstance(type, Kind)}
    return Inference(
        id=document.file.id,
        hash=content_hash(document.data),
        pack=document.pack,
        title=shape.title.text,
        source=shape.source or "",
        gives=declared.gives,
        relations=declared.relations,
        strata=ordered,
        declares=declared.params,
        reads=frozenset(name for rule in rules for name in fields_read(rule)),
        kinds=frozenset(kinds),
        machine=shape.engine,
    )


def _refuse_together(declared: Declared, rules: Sequence[InferenceRule]) -> None:
    """What only all rules together show: ids, what is never concluded, two rules that add up."""
    seen: set[str] = set()
    for n, rule in enumerate(rules):
        if rule.id in seen:
            declared.complain("CRM148", ("rules", n, "id"), {"name": rule.id})
        seen.add(rule.id)
    for name in declared.relations.keys() - {rule.head.relation for rule in rules}:
        is_result = name == declared.gives.name
        path: Path = ("gives", "name") if is_result else ("relations", name)
        parts = {"name": declared.shape.gives.name if is_result else name}
        declared.complain("CRM181", path, parts, key=not is_result)
    adding = [n for n, rule in enumerate(rules) if rule.aggregate is not None]
    for n in adding[1:]:
        parts = {"name": rules[n].id, "other": rules[adding[0]].id}
        declared.complain("CRM275", ("rules", n, "then"), parts)


def _strata(declared: Declared, rules: Sequence[InferenceRule]) -> tuple[tuple[InferenceRule, ...], ...]:
    try:
        return strata(rules)
    except RuleFileError as error:
        n = next(n for n, rule in enumerate(rules) if rule.id == error.parts["rule"])
        said = {
            key: str(each).replace(declared.gives.name, declared.shape.gives.name)
            for key, each in error.parts.items()
        }
        declared.complain("CRM263", ("rules", n, "when"), said)
        return ()


def _note_unjoined(declared: Declared, n: int, rule: InferenceRule) -> None:
    """Things that nothing joins are combined each with each."""
    groups = [
        {each.name for each in atom.arguments if isinstance(each, tree.Variable)} for atom in rule.body.atoms
    ]
    groups += [
        {name for side in pair for name in variables_of(side, rule.variables)}
        for pair in rule.body.equalities
    ]
    first, *others = rule.declared or [""]
    joined = {first}
    for _ in rule.variables:
        joined |= {name for group in groups if group & joined for name in group}
    for name in others:
        if name not in joined:
            path: Path = ("rules", n, "for", name)
            note = declared.document.diagnostic("CRM272", path, {"name": name}, key=True)
            declared.findings.notes.append(note)
