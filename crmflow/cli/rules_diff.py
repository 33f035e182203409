"""The command that says how rules differ: rules diff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

import click

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.errors import SettingsError
from crmflow.rules.source import RuleFile

FILE = "crmflow.toml"


@click.command("diff", cls=Command)
@click.argument("old", metavar="[A]", required=False)
@click.argument("new", metavar="[B]", required=False)
@click.option("--text", "as_text", is_flag=True, help="Line by line. 逐行对比。")
@options.as_json
@click.pass_context
def diff(ctx: click.Context, old: str | None, new: str | None, as_text: bool, as_json: bool) -> None:
    """Say in words how A and B differ; exit code 1 if they do. 用文字说明两个版本的差异。

    A and B are numbers of releases, files or folders; without B, A is compared with the files on disk, and
    without both, the release in force is; a file alone is compared with the one in force.
    A、B 可以是版本号、文件或目录；省略 B 时与磁盘比较，都省略时比较当前生效版本与磁盘。
    """
    from crmflow.rules.versions.diff import diff as differences
    from crmflow.rules.versions.words import WORDS, record, sentence

    shell: Shell = ctx.obj
    before, after = both(shell, old, new)
    if as_text:
        shell.out.file.writelines(line_by_line(before, after))
        return
    found = differences(before, after)
    if as_json:
        write_json(shell, [record(change, shell.language) for change in found])
    for change in () if as_json else found:
        said = sentence(change).in_language(shell.language)
        shell.out.print(said, markup=False, soft_wrap=True)
    if new is None:
        warn_of_units(shell, after)
    if not found:
        nothing = WORDS["says.nothing"]
        shell.say(nothing.en, nothing.zh)
    else:
        ctx.exit(FINDINGS)


def both(shell: Shell, old: str | None, new: str | None) -> tuple[list[RuleFile], list[RuleFile]]:
    """The rule files that are meant. Raises SettingsError CRM821 for what is neither number nor file."""
    if old is None:
        return in_force_and_on_disk(shell)
    before = list(meant(shell, old))
    if new is not None:
        after = list(meant(shell, new))
        if len(before) == len(after) == 1:  # two files, whatever they are called
            after = [replace(after[0], path=before[0].path)]
        return before, after
    present, disk = in_force_and_on_disk(shell)
    if not Path(old).is_file():
        return before, disk
    path = in_site(shell, Path(old))
    return [file for file in present if (file.layer, file.path) == ("site", path)], [
        replace(before[0], path=path)
    ]


def meant(shell: Shell, word: str) -> Iterator[RuleFile]:
    """The files of a release, of a site, of a folder, or one file."""
    path = Path(word)
    if re.fullmatch(r"\d{1,9}", word):
        with shell.engine() as engine:
            yield from engine.releases.files(int(word))
    elif path.is_file():
        yield RuleFile(path.name, path.read_bytes(), shown=word)
    elif (path / FILE).is_file():
        with Shell(path, shell.chosen).engine() as engine:
            yield from engine.releases.files_on_disk()
    elif path.is_dir():
        for file in sorted(path.rglob("*.yaml")):
            yield RuleFile(file.relative_to(path).as_posix(), file.read_bytes(), shown=str(file))
    else:
        raise SettingsError("CRM821", name=word)


def in_force_and_on_disk(shell: Shell) -> tuple[list[RuleFile], list[RuleFile]]:
    """The rule files that decide, and those that may."""
    with shell.engine() as engine:
        return engine.releases.files(), engine.releases.files_on_disk()


def warn_of_units(shell: Shell, files: list[RuleFile]) -> None:
    """Says what `publish` will refuse: units of params that the store does not have."""
    with shell.engine() as engine:
        unknown = engine.releases.unknown_units(files)
    if unknown is not None:
        error = SettingsError("CRM833", units=unknown)
        shell.say(str(error), f"{error.code} {error.text('zh')}")


def in_site(shell: Shell, file: Path) -> str:
    """The path of a file below the site's rules; of another file, its name."""
    folder = shell.site.rules.resolve()
    file = file.resolve()
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name


def line_by_line(before: list[RuleFile], after: list[RuleFile]) -> Iterator[str]:
    """A unified diff of every file that differs."""
    olds, news = ({(file.layer, file.path): file for file in files} for files in (before, after))
    for key in sorted(olds.keys() | news.keys()):
        was, now = (each[key].content.splitlines(True) if key in each else [] for each in (olds, news))
        name = f"{key[0]}/{key[1]}"
        for line in unified_diff(was, now, f"a/{name}", f"b/{name}"):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
