"""How is one finding shown at its place, with the line underlined and the line as the fix would write it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from rich.cells import cell_len
from rich.markup import escape

from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.core.text import Text
from crmflow.rules.lines import applied

WIDEST = 120  # cells of the screen that a line of a file may take
LINES = 4  # of a finding that goes over several lines
# What an eye would pass over: a tab, and signs without a width.
VISIBLE = {9: "    ", 0xA0: "␣", 0x200B: "<200B>", 0x2060: "<2060>", 0xFEFF: "<FEFF>"}
VISIBLE |= {number: "�" for number in (*range(9), *range(10, 32), *range(127, 160)) if number not in VISIBLE}
WORDS = {
    "expected": Text("expected", "应为"),
    "found": Text("found", "实际"),
    "nearest": Text("did you mean", "您是否想写"),
    "witness": Text("for example", "例如"),
    "note": Text("note", "说明"),
    "help": Text("help", "处理"),
}
_LINE_END = re.compile(r"\r\n|\n|\r")


def frame(finding: Diagnostic, lines: Mapping[int, str], language: str) -> str:
    """What, where, the lines with what is wrong underlined, and what to do; as rich markup."""
    mark = "[cyan]\\[*][/] " if finding.safe else ""
    cell = f"  ({finding.cell})" if finding.cell else ""
    color = "red" if finding.severity == "error" else "yellow"
    gap = " " * len(str(finding.end.line))
    parts = [
        f"[bold {color}]{finding.code}[/] {mark}[bold]{escape(finding.message(language))}[/]",
        f"{gap}[blue]-->[/] {escape(finding.place + cell)}",
    ]
    shown = list(_underlined(finding, lines, gap, color))
    parts += [f"{gap} [blue]|[/]", *shown] if shown else []
    parts += [
        f"{gap} [blue]=[/] [cyan]{WORDS[word].in_language(language)}[/]{colon} {escape(said)}"
        for word, colon, said in _remarks(finding, language)
    ]
    mended = None if finding.sheet else _mended(finding, lines)
    if mended is not None:
        parts.append(f"[green]{finding.start.line:>{len(gap)}} + {escape(mended)}[/]")
    return "\n".join(parts) + "\n"


def underline(finding: Diagnostic, line: str) -> str:
    """Carets under the finding, counted in cells of the screen: a Chinese character is two wide."""
    start = finding.start.column - 1
    end = finding.end.column - 1 if finding.end.line == finding.start.line else len(line)
    return " " * _width(line[:start]) + "^" * max(1, _width(line[start:end]))


def source_lines(finding: Diagnostic) -> dict[int, str]:
    """The lines of the file that a finding covers, by number; none where they cannot be read."""
    if finding.sheet is not None:
        return {1: finding.sheet.text} if finding.sheet.text else {}
    lines = _lines(finding.file)
    return {
        number: lines[number - 1]
        for number in range(finding.start.line, finding.end.line + 1)
        if number <= len(lines)
    }


def _lines(file: str) -> list[str]:
    try:
        return _LINE_END.split(Path(file).read_bytes().decode("utf-8-sig", "replace"))
    except (OSError, ValueError):
        return []


def _underlined(finding: Diagnostic, lines: Mapping[int, str], gap: str, color: str) -> Iterator[str]:
    """Each line of the finding with its carets; of many, the first ones and the last."""
    numbers = [number for number in range(finding.start.line, finding.end.line + 1) if number in lines]
    if len(numbers) > 1 and finding.end.column == 1:
        numbers.pop()  # the finding ends with the line before
    left_out = numbers[LINES - 1 : -1] if len(numbers) > LINES else []
    for number in numbers:
        if number in left_out:
            if number == left_out[0]:
                yield f"{gap} [blue]…[/]"
            continue
        here = replace(
            finding,
            start=finding.start if number == finding.start.line else _first_sign(number, lines[number]),
            end=finding.end
            if number == finding.end.line
            else Position(number, len(lines[number].rstrip()) + 1),
        )
        line, carets = _window(lines[number], underline(here, lines[number]))
        label = " " * len(gap) if finding.sheet else f"{number:>{len(gap)}}"
        yield f"[blue]{label} |[/] {escape(line)}"
        yield f"{gap} [blue]|[/] [bold {color}]{carets}[/]"


def _first_sign(number: int, line: str) -> Position:
    return Position(number, len(line) - len(line.lstrip()) + 1)


def _window(line: str, carets: str) -> tuple[str, str]:
    """A long line cut around its carets, with … where something is left out."""
    line = line.translate(VISIBLE)
    if cell_len(line) <= WIDEST:
        return line, carets
    first = len(carets) - len(carets.lstrip())
    begin = max(0, min(first - WIDEST // 3, cell_len(line) - WIDEST))
    starts = accumulate(map(cell_len, line), initial=0)
    kept = [(at, sign) for at, sign in zip(starts, line, strict=False) if begin <= at < begin + WIDEST]
    head, tail = "…" if begin else "", "…" if begin + WIDEST < cell_len(line) else ""
    text = head + "".join(sign for _, sign in kept)
    return text + tail, carets[kept[0][0] - cell_len(head) :][: cell_len(text)]


def _remarks(finding: Diagnostic, language: str) -> Iterator[tuple[str, str, str]]:
    """What is expected and found, the nearest word, an example, notes, and what to do."""
    if {"expected", "found"} <= finding.parts.keys():
        yield "expected", ":", finding.part("expected", language)
        yield "found", ":", finding.part("found", language)
    if finding.suggestion:
        yield "nearest", "", finding.suggestion
    if finding.witness:
        values = (
            f"{_called(name, finding, language)} = {written(_called(value, finding, language))}"
            for name, value in finding.witness.items()
        )
        yield "witness", ":", ", ".join(values)
    for note in finding.notes:
        yield "note", ":", note.in_language(language)
    yield "help", ":", finding.remedy(language)


def _called(word: object, finding: Diagnostic, language: str) -> object:
    """A name or value of the witness as its reader calls it."""
    label = finding.labels.get(word) if isinstance(word, str) else None
    return word if label is None else label.in_language(language)


def written(value: object) -> str:
    """A value as a rule would write it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _mended(finding: Diagnostic, lines: Mapping[int, str]) -> str | None:
    """The line as the fix writes it; None where there is no fix, or it goes over several lines."""
    number = finding.start.line
    if number not in lines or not finding.fix:
        return None
    if any((edit.start.line, edit.end.line) != (number, number) or "\n" in edit.text for edit in finding.fix):
        return None
    line = lines[number]
    mended = applied("\n" * (number - 1) + line, finding.fix).lstrip("\n")
    first = next((at for at, signs in enumerate(zip(line, mended, strict=False)) if len(set(signs)) > 1), 0)
    return _window(mended, " " * _width(mended[:first]) + "^")[0]


def _width(text: str) -> int:
    return cell_len(text.translate(VISIBLE))
