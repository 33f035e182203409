"""Which rule files do the tests of the loader share? The core's, and those of a small shop in files/shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from crmflow.core.decision import Target
from crmflow.core.diagnostic import Diagnostic
from crmflow.core.post import Posts
from crmflow.planning import owners
from crmflow.rules.cases import CaseResult, run_cases
from crmflow.rules.load import load
from crmflow.rules.ruleset import Loaded, Ruleset
from crmflow.rules.source import Document, Findings, Layer, RuleFile, read
from crmflow.workflow.rehearsal import rehearse

SHOP = Path(__file__).parent / "files" / "shop"


def core() -> list[RuleFile]:
    """The rule files of the package itself."""
    names = ("vocabulary.yaml", "charts/complaint.yaml")
    folder = files("crmflow.core")
    return [RuleFile(f"core/{name}", folder.joinpath(name).read_bytes(), "core", "core") for name in names]


def shop() -> list[RuleFile]:
    """The shop's rule files, as a pack."""
    paths = sorted(SHOP.rglob("*.yaml"))
    return [
        RuleFile(f"shop/{path.relative_to(SHOP).as_posix()}", path.read_bytes(), "pack", "shop")
        for path in paths
    ]


def text_of(path: str) -> str:
    """The text of one of the shop's files, by its path in the pack."""
    return (SHOP / path.removeprefix("shop/")).read_text("utf-8")


def edited(path: str, *edits: Sequence[str]) -> RuleFile:
    """One of the shop's files with some text replaced."""
    text = text_of(path)
    for old, new in edits:
        assert old in text, f"{old} is not in {path}"
        text = text.replace(old, new, 1)
    return RuleFile(path, text, "pack", "shop")


@cache
def loaded(*others: RuleFile, without: tuple[str, ...] = ()) -> Loaded:
    """Core and shop with other files, which take the place of files of the same path and layer."""
    gone = {(file.path, file.layer) for file in others} | {(path, "pack") for path in without}
    kept = [file for file in (*core(), *shop()) if (file.path, file.layer) not in gone]
    return load([*kept, *others])


def ruleset(*others: RuleFile, without: tuple[str, ...] = ()) -> Ruleset:
    """The same, where nothing may be wrong."""
    found = loaded(*others, without=without)
    assert found.ruleset is not None, "\n".join(map(shown, found.errors))
    return found.ruleset


def site(path: str, text: str | bytes, layer: Layer = "site") -> RuleFile:
    """A file of the site."""
    return RuleFile(path, text, layer)


def document(text: str) -> Document:
    """A file by itself, in which nothing may be wrong."""
    findings = Findings()
    found = read(RuleFile("x.yaml", text), findings)
    assert found is not None
    assert not findings.errors, "\n".join(map(shown, findings.errors))
    return found


def results(rules: Ruleset) -> list[CaseResult]:
    """The results of all tests in the files, with the product's own planning and workflow."""
    return list(run_cases(rules.cases, rules.documents, choose=choose, rehearse=rehearse))


def choose(target: Target, current: str | None, posts: Posts, loads: Mapping[str, int]) -> str | None:
    return owners.choose(target, current, posts, loads).staff


def shown(found: Diagnostic) -> str:
    """A finding on one line: place, code, cell, word, suggestion."""
    span = f"{found.start.line}:{found.start.column}-{found.end.line}:{found.end.column}"
    cell = f" ({found.cell})" if found.cell else ""
    name = f" {found.name}" if found.name is not None else ""
    suggestion = f" -> {found.suggestion}" if found.suggestion is not None else ""
    return f"{span} {found.code}{cell}{name}{suggestion}"


def mended(text: str, found: Iterable[Diagnostic]) -> str:
    """The text after all fixes, the last first."""
    lines = text.splitlines(keepends=True)
    edits = sorted(
        {edit for each in found for edit in each.fix}, key=lambda edit: (edit.start.line, edit.start.column)
    )
    for edit in reversed(edits):
        assert edit.start.line == edit.end.line
        line = lines[edit.start.line - 1]
        lines[edit.start.line - 1] = line[: edit.start.column - 1] + edit.text + line[edit.end.column - 1 :]
    return "".join(lines)


def with_text(file: RuleFile, text: str | bytes) -> RuleFile:
    return replace(file, text=text)
