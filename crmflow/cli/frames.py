"""How is a finding shown at its place in the file: as a code frame, as JSON, or as GitHub reads it?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.markup import escape

from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.core.diagnostic import Diagnostic

FORMATS = ("full", "json", "github")


def show_findings(shell: Shell, findings: Sequence[Diagnostic], format: str) -> None:
    """All findings in one of FORMATS, on standard output; the closing count is talk."""
    match format:
        case "json":
            write_json(shell, [finding.record(shell.language) for finding in findings])
        case "github":
            for finding in findings:
                shell.out.file.write(github(finding, shell.language) + "\n")
        case _:
            for finding in findings:
                shell.out.print(frame(finding, source_line(finding), shell.language), soft_wrap=True)
            count(shell, findings)


def frame(finding: Diagnostic, line: str | None, language: str) -> str:
    """What, where, the line with what is wrong underlined, and what to do; as rich markup."""
    mark = "[cyan]\\[*][/] " if finding.fix else ""
    place = f"{finding.file}:{finding.start.line}:{finding.start.column}"
    cell = f"  ({finding.cell})" if finding.cell else ""
    number = str(finding.start.line)
    gap = " " * len(number)
    parts = [
        f"[bold red]{finding.code}[/] {mark}[bold]{escape(finding.message(language))}[/]",
        f"{gap}[blue]-->[/] {escape(place + cell)}",
    ]
    if line is not None:
        parts += [
            f"{gap} [blue]|[/]",
            f"[blue]{number} |[/] {escape(line)}",
            f"{gap} [blue]|[/] [bold red]{underline(finding, line)}[/]",
        ]
    if finding.suggestion:
        word = "您是否想写" if language == "zh" else "did you mean"
        parts.append(f"{gap} [blue]=[/] [cyan]{word}[/] {escape(finding.suggestion)}")
    word = "处理" if language == "zh" else "help"
    parts.append(f"{gap} [blue]=[/] [cyan]{word}[/]: {escape(finding.remedy(language))}")
    return "\n".join(parts) + "\n"


def underline(finding: Diagnostic, line: str) -> str:
    """Carets under the finding, counted in cells of the screen: a Chinese character is two wide."""
    start = finding.start.column - 1
    end = finding.end.column - 1 if finding.end.line == finding.start.line else len(line)
    return " " * cell_len(line[:start]) + "^" * max(1, cell_len(line[start:end]))


def source_line(finding: Diagnostic) -> str | None:
    """The line of the file; None where it cannot be read."""
    try:
        text = Path(finding.file).read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return None
    lines = text.splitlines()
    number = finding.start.line - 1
    return lines[number].replace("\t", " ") if number < len(lines) else None


def github(finding: Diagnostic, language: str) -> str:
    """A line that GitHub's log turns into an annotation of the file."""
    place = {
        "file": finding.file,
        "line": finding.start.line,
        "endLine": finding.end.line,
        "col": finding.start.column,
        "endColumn": finding.end.column,
        "title": finding.code,
    }
    properties = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in place.items())
    message = f"{finding.message(language)}; {finding.remedy(language)}"
    return f"::error {properties}::{_escaped(message)}"


def count(shell: Shell, findings: Sequence[Diagnostic]) -> None:
    """The closing line: how many, in how many files, how many of them are ready to be fixed."""
    if not findings:
        shell.say("no findings", "未发现问题")
        return
    files = len({finding.file for finding in findings})
    fixable = sum(bool(finding.fix) for finding in findings)
    en = f"{len(findings)} finding{'s' * (len(findings) > 1)} in {files} file{'s' * (files > 1)}"
    zh = f"{files} 个文件中有 {len(findings)} 处问题"
    if fixable:
        en += f", {fixable} with a fix [*]"
        zh += f"，其中 {fixable} 处附有改法 [*]"
    shell.say(en, zh)


def _escaped(value: object, signs: str = "") -> str:
    text = str(value)
    for sign in "%\r\n" + signs:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text
