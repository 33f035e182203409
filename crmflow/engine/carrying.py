"""How does a DMN decision table become a rulebook of a site, with the fields that it needs?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text
from crmflow.engine.files import pack_of, with_new, write_file
from crmflow.engine.release import compiled
from crmflow.errors import RuleFileError
from crmflow.rules import dmn
from crmflow.rules.dmn.carry import carry
from crmflow.rules.load import load
from crmflow.rules.patch.keys import added
from crmflow.rules.patch.marks import Marks, scalar, sequence, spliced
from crmflow.rules.shape import FORMAT
from crmflow.rules.source import Findings, RuleFile, read
from crmflow.settings import Site

Fields = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """The files that a DMN table makes, what keeps them from loading (then none was written), and what a
    person should look at."""

    files: tuple[RuleFile, ...]
    findings: tuple[Diagnostic, ...] = ()
    notes: tuple[Text, ...] = ()


def carry_over(
    site: Site, files: Iterable[RuleFile], model: Path, decision: str, output: str | None, id: str
) -> CarriedOver:
    """Writes the table of a decision as the rulebook `id`; inputs that the site does not know become fields
    of its vocabulary.

    Raises RuleFileError CRM090 the rules cannot be used, CRM092–097 what no rulebook can say, CRM099 the
    rulebook is there already, and as `dmn.load` does.
    """
    files = list(files)
    rules = compiled(files)
    carried = carry(dmn.load(model), decision, output)
    path, pack = f"{id}.yaml", pack_of(id, site.packs)
    if any(file.path == path for file in files):
        raise RuleFileError("CRM099", name=id, path=path)
    known = rules.vocabulary.scope(pack)
    missing = {name: type for name, type in carried.fields.items() if known.resolve(name) is None}
    made = [RuleFile(path, carried.text, "site", pack)]
    if missing:
        made.append(_vocabulary(files, pack, missing))
    errors = load(with_new(files, made)).errors
    if not errors:
        for file in made:
            write_file(site, file)
    notes = [*carried.notes, *(_declared(name) for name in missing)]
    return CarriedOver(tuple(made), errors, tuple(notes))


def _vocabulary(files: Iterable[RuleFile], pack: str, fields: Fields) -> RuleFile:
    """The site's vocabulary for the names of a pack, or a new one, with these fields of customers."""
    path = "vocabulary.yaml" if pack == "site" else f"{pack}/vocabulary.yaml"
    blank = RuleFile(path, f"format: {FORMAT}\n", "site", pack)
    file = next((each for each in files if (each.layer, each.path) == ("site", path)), blank)
    for name, type in fields.items():
        document = read(file, Findings())
        assert document is not None  # it has just been compiled
        marks = Marks(document)
        splice = added(marks, ("customer", name), _type(type))
        assert splice is not None
        file = replace(file, text=spliced(marks.text, [splice]))
    return file


def _type(type: str | tuple[str, ...]) -> str:
    return f"{{type: {scalar(type) if isinstance(type, str) else sequence(type)}}}"


def _declared(name: str) -> Text:
    return Text(f"declared as a field of customers: {name}", f"已声明为客户字段：{name}")
