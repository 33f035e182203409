"""How are all findings printed: frames for people, one line each, JSON, SARIF, or as GitHub reads them?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from rich.console import Console

from crmflow.cli.frames import frame, source_lines
from crmflow.cli.shell import Shell
from crmflow.core.diagnostic import Diagnostic
from crmflow.errors import SettingsError, catalogue
from crmflow.rules.feel import nearest

FORMATS = ("full", "concise", "json", "sarif", "github")


def show_findings(
    shell: Shell, findings: Sequence[Diagnostic], format: str, out: Console | None = None
) -> None:
    """All findings in one of FORMATS, on standard output unless told; the closing count is talk."""
    out = out or shell.out
    match format:
        case "full":
            for finding in findings:
                out.print(frame(finding, source_lines(finding), shell.language), soft_wrap=True)
        case "concise":
            out.file.writelines(concise(finding, shell.language) + "\n" for finding in findings)
        case "github":
            out.file.writelines(github(finding, shell.language) + "\n" for finding in findings)
        case "json":
            _write(out, [finding.record(shell.language) for finding in findings])
        case "sarif":
            from crmflow.cli.sarif import sarif

            _write(out, sarif(findings, shell.language))
    if format in ("full", "concise"):
        count(shell, findings)


def chosen(findings: Iterable[Diagnostic], select: Sequence[str], ignore: Sequence[str]) -> list[Diagnostic]:
    """The findings whose codes begin as one of `select` says (none: all), and not as one of `ignore`."""
    wanted, unwanted = tuple(select) or ("CRM",), tuple(ignore)
    return [each for each in findings if each.code.startswith(wanted) and not each.code.startswith(unwanted)]


def codes(text: str) -> tuple[str, ...]:
    """Codes and beginnings of codes between commas. Raises SettingsError CRM841 for one that is none."""
    found = tuple(word.strip().upper() for word in text.split(",") if word.strip())
    for word in found:
        if not any(code.startswith(word) for code in catalogue()):
            raise SettingsError("CRM841", name=word, nearest=nearest(word, catalogue()) or "CRM1")
    return found


def concise(finding: Diagnostic, language: str) -> str:
    """One line: where, which code, whether `--fix` mends it, and what."""
    mark = "[*] " if finding.safe else ""
    return f"{finding.place}: {finding.code} {mark}{finding.message(language)}"


def github(finding: Diagnostic, language: str) -> str:
    """A line that GitHub's log turns into an annotation of the file."""
    place: dict[str, object] = {"file": finding.file}
    if finding.sheet is None:
        place |= {
            "line": finding.start.line,
            "endLine": finding.end.line,
            "col": finding.start.column,
            "endColumn": finding.end.column,
        }
    title = finding.code if finding.sheet is None else f"{finding.code} {finding.sheet}"
    properties = ",".join(
        f"{name}={_escaped(value, ':,')}" for name, value in (place | {"title": title}).items()
    )
    message = f"{finding.message(language)}; {finding.remedy(language)}"
    return f"::{finding.severity} {properties}::{_escaped(message)}"


def count(shell: Shell, findings: Sequence[Diagnostic]) -> None:
    """The closing line: how many, how grave, in how many files, and what `--fix` would mend."""
    if not findings:
        shell.say("no findings", "未发现问题")
        return
    files = len({finding.file for finding in findings})
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    en = " and ".join(_counted(n, word) for n, word in ((errors, "error"), (warnings, "warning")) if n)
    zh = "、".join(f"{n} 处{word}" for n, word in ((errors, "错误"), (warnings, "警告")) if n)
    en, zh = f"{en} in {_counted(files, 'file')}", f"{files} 个文件中有 {zh}"
    safe = sum(finding.safe for finding in findings)
    guesses = sum(bool(finding.fix) for finding in findings) - safe
    if safe:
        en += f"; {safe} [*] can be mended with --fix"
        zh += f"；其中 {safe} 处标有 [*]，可用 --fix 修正"
    if guesses:
        en += f"; {guesses} by a guess, with --fix --unsafe-fixes"
        zh += f"；{guesses} 处只能推测，可用 --fix --unsafe-fixes 修正，请核对"
    shell.say(en, zh)


def _write(out: Console, record: object) -> None:
    out.file.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number > 1)}"


def _escaped(value: object, signs: str = "") -> str:
    text = str(value)
    for sign in "%\r\n" + signs:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text
