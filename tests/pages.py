"""What does a page of the documentation hold, and how does a reader follow it? Every block is run in order.

A block's first words say what it is: `console` is typed, `python` is executed, `pycon` is a dialogue with
Python, `feel` holds one true expression a line, `cells` a value, whether it passes, and the cell, `refused` a
code and the expression that strict mode refuses with it; a block with a file name (`yaml rules/params.yaml`)
is saved under it, `gb18030` behind the name being its encoding. `text`, `sh` and `mermaid` blocks are only
read.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from crmflow.cli import main
from crmflow.rules import feel
from crmflow.rules.feel.tree import Node
from tests.house import ROOT

PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
ONLY_READ = frozenset({"text", "sh", "mermaid"})
_ID = re.compile(r"(?:(?<=case:)|(?<=visit:)|(?<=decision:)|(?<=Visit )|(?<=拜访 ))(\d+)")
ANSWERS = {"passes": True, "fails": False, "unknown": None}
_CELL = re.compile(rf"\s+({'|'.join(ANSWERS)})\s+")
_FENCE = re.compile(r"^```(?P<info>.*?)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the file that it is, and the line at which it begins."""

    language: str
    text: str
    line: int
    name: str | None = None
    encoding: str = "utf-8"


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        language, *file = found["info"].split() or [""]
        yield Block(language, found["text"], text.count("\n", 0, found.start()) + 1, *file)


@dataclass
class Reader:
    """Somebody who types what a page says, beginning in an empty folder, which is the working directory.

    `real` is what stands here for an address of the page.
    """

    real: Mapping[str, str] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    code: int = 0

    def follow(self, block: Block) -> None:
        """Does what a block says. Raises AssertionError where the page shows something else."""
        for shown, address in self.real.items():
            block = replace(block, text=block.text.replace(shown, address))
        if block.name is not None:
            path = Path(block.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, block.encoding, newline="\n")
            if block.language == "python":
                compile(block.text, block.name, "exec")
            return
        match block.language:
            case "console":
                self.type(block.text)
            case "python":
                exec(compile(block.text, f"line {block.line}", "exec"), self.names)  # noqa: S102
            case "pycon":
                self.talk(block)
            case "feel" | "cells" | "refused":
                _LINES[block.language](block.text)
            case other:
                assert other in ONLY_READ, f"a block of {other or 'no language'} is neither run nor only read"

    def type(self, text: str) -> None:
        """Commands behind `$ `, each with what it prints; a command shown without output must succeed."""
        for command, _, shown in (part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.M)[1:]):
            meant = _ID.sub(lambda id: self.ids.get(id[0], id[0]), command)
            printed = self.command(shlex.split(meant, comments=True))
            if shown.strip():
                self.compare(command, shown, printed)
            else:
                assert self.code == 0, f"$ {command}\n{printed}"

    def compare(self, command: str, shown: str, printed: str) -> None:
        """Blanks and lines do not count, `…` stands for anything, an id of the page for the one printed."""
        pattern = ""
        for number, piece in enumerate(_ID.split(plain(shown))):
            if number % 2:
                pattern += self.ids.get(piece, rf"(?P<id{piece}>\d+)")
            else:
                pattern += re.escape(piece).replace("…\\\n", "…").replace("…", r"(?:.|\n)*?")
        found = re.fullmatch(pattern, plain(printed))
        assert found, f"$ {command}\n{printed}"
        self.ids |= {name.removeprefix("id"): id for name, id in found.groupdict().items()}

    def command(self, words: list[str]) -> str:
        """What a command prints: its data, then its talk."""
        match words:
            case ["cd", folder]:
                os.chdir(folder)
                printed = ""
            case ["echo", "$?"]:
                return f"{self.code}\n"
            case ["cat", file]:
                printed = Path(file).read_text("utf-8-sig")
            case ["pip", "install", "-e", folder]:
                return install(Path(folder))
            case ["pytest", file]:
                path = os.pathsep.join(sys.path)
                command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir=.", file]
                environment = {**os.environ, "PYTHONPATH": path}
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
                self.code = done.returncode
                return done.stdout + done.stderr
            case ["crmflow", *options]:
                result = CliRunner().invoke(main, options, prog_name="crmflow")
                self.code = result.exit_code
                return result.stdout + result.stderr
            case _:
                raise AssertionError(f"a reader of these pages does not type {words}")
        self.code = 0
        return printed

    def talk(self, block: Block) -> None:
        test = doctest.DocTestParser().get_doctest(block.text, self.names, "page", None, block.line)
        said: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(test, out=said.append, clear_globs=False)
        self.names.update(test.globs)
        assert not said, "".join(said)


def lines(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every line but those that begin with `given`, with the values that the last one of these names."""
    given: Any = {}
    for line in text.splitlines():
        if line.startswith("given "):
            given = feel.evaluate(line.removeprefix("given "))
        elif line:
            yield line, given


def calculate(text: str) -> None:
    """Every line is an expression that is true."""
    for line, given in lines(text):
        assert feel.evaluate(line, given) is True, line


def pass_cells(text: str) -> None:
    """Every line is a value, `passes`, `fails` or `unknown`, and a cell."""
    for line, given in lines(text):
        value, answer, cell = _CELL.split(line, maxsplit=1)
        assert feel.unary(cell, feel.evaluate(value), given) is ANSWERS[answer], line


def refuse_lines(text: str) -> None:
    """Every line is a code and an expression that strict mode refuses with it."""
    for line, given in lines(text):
        code, expression = line.split(maxsplit=1)
        assert refusal(expression, given) == code, line


def refusal(expression: str, given: Mapping[str, Any]) -> str | None:
    """The code with which strict mode refuses an expression."""
    try:
        feel.evaluate(expression, given, mode="strict")
    except feel.FeelError as error:
        return error.code
    return None


def trees(block: Block) -> Iterator[Node]:
    """The trees of the expressions and cells of a block."""
    for line, given in lines(block.text) if block.language in ("feel", "cells") else ():
        if block.language == "feel":
            yield feel.parse(line, list(given), "standard").tree
        else:
            yield feel.parse_unary(_CELL.split(line, maxsplit=1)[2], feel.any_, list(given), "standard").tree


def plain(text: str) -> str:
    """The text without what only pleases the eye."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if set(line) - set("─ "))


def install(folder: Path) -> str:
    """What pip does for an editable install, as far as plugins go: entry points that Python finds."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n", "utf-8")
    points = [
        f"[{group}]\n" + "\n".join(f"{name} = {value}" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(points), "utf-8")
    sys.path.insert(0, str(folder.resolve()))
    return ""


_LINES = {"feel": calculate, "cells": pass_cells, "refused": refuse_lines}
