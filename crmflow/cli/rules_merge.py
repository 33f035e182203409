"""The command that brings a pack's new version under a site's edits: rules merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.findings import FORMATS, show_findings
from crmflow.cli.shell import Shell
from crmflow.core.diagnostic import Diagnostic
from crmflow.errors import SettingsError

if TYPE_CHECKING:
    from crmflow.engine.overriding import Override
    from crmflow.rules.versions.merge import Conflict, Keep, Merged

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=Command)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=FILE)
@click.option("--base", type=FILE, help="The version that FILE was made from. 修改所依据的版本。")
@click.option("--keep", type=click.Choice(("ours", "theirs")), help="Whose side wins. 冲突时保留哪一方。")
@click.option("--write-conflicts", is_flag=True, help="Write conflicts as comments. 将冲突写成注释。")
@click.option("--diff", "only_shown", is_flag=True, help="Show it and write nothing. 只显示，不写入。")
@click.option("--output-format", "format", type=click.Choice(FORMATS), default="full", show_default=True)
@click.pass_context
def merge(
    ctx: click.Context,
    files: tuple[Path, ...],
    base: Path | None,
    keep: Keep | None,
    write_conflicts: bool,
    only_shown: bool,
    format: str,
) -> None:
    """Bring a pack's newer files under the site's own versions of them. 合并行业包的新版本与本站点的修改。

    Without FILE, all of the site's files that replace an older version. A file with conflicts is not written,
    unless --keep or --write-conflicts says how; then exit code 1.
    省略 FILE 时处理全部已过时的替换文件；有冲突的文件不写入，除非指定 --keep 或 --write-conflicts。
    """
    from crmflow.rules.versions.merge import merge as merged

    shell: Shell = ctx.obj
    found: list[Diagnostic] = []
    for override in chosen(shell, files, base):
        assert override.base is not None
        made = merged(override.base, override.ours, override.theirs, keep=keep, comment=write_conflicts)
        found += [finding(override, conflict) for conflict in made.conflicts]
        tell(shell, override, made)
        if only_shown:
            show(shell, override, made)
        elif not made.conflicts or write_conflicts:
            write(shell, override, made)
    if found:
        show_findings(shell, found, format)
        ctx.exit(FINDINGS)


def chosen(shell: Shell, files: Sequence[Path], base: Path | None) -> list[Override]:
    """The outdated overrides among the files, or all.

    Raises SettingsError CRM832: a file is none, CRM830: nobody knows what it was made from.
    """
    from crmflow.rules.source import RuleFile

    with shell.engine() as engine:
        overrides = engine.releases.outdated()
    folder = shell.site.rules.resolve()
    by_place = {(folder / each.ours.path).resolve(): each for each in overrides}
    if not overrides and not files:
        shell.say("no file of a pack has changed under yours", "行业包中没有需要合并的改动")
    for file in files:
        if file.resolve() not in by_place:
            raise SettingsError("CRM832", file=file)
    meant = [by_place[file.resolve()] for file in files] or overrides
    if base is not None:
        given = RuleFile(base.name, base.read_bytes(), shown=str(base))
        meant = [replace(each, base=given) for each in meant]
    for each in meant:
        if each.base is None:
            raise SettingsError("CRM830", file=each.ours.name, hash=each.hash)
    return meant


def tell(shell: Shell, override: Override, made: Merged) -> None:
    """What the pack has changed."""
    from crmflow.rules.versions.diff import diff
    from crmflow.rules.versions.words import sentence

    assert override.base is not None
    old, new = (
        replace(each, path=override.ours.path, layer="pack") for each in (override.base, override.theirs)
    )
    for change in diff([old], [new]):
        shell.out.print(sentence(change).in_language(shell.language), markup=False, soft_wrap=True)


def finding(override: Override, conflict: Conflict) -> Diagnostic:
    """A conflict as `check` would show it."""
    from crmflow.rules.versions.merge import shown_side
    from crmflow.rules.versions.words import part_named

    values = {name: shown_side(getattr(conflict, name)) for name in ("base", "ours", "theirs")}
    parts = {"part": part_named(conflict.trail), **values}
    end = replace(conflict.place, column=conflict.place.column + 1)
    return Diagnostic("CRM819", override.ours.name, conflict.place, end, parts)


def show(shell: Shell, override: Override, made: Merged) -> None:
    """What would be written, line by line."""
    name = override.ours.name
    was, now = (text.splitlines(keepends=True) for text in (override.ours.content, made.text))
    shell.out.file.writelines(unified_diff(was, now, name, name))


def write(shell: Shell, override: Override, made: Merged) -> None:
    """The merged text in the file's place, its byte order mark kept."""
    mark = b"\xef\xbb\xbf" if override.ours.raw.startswith(b"\xef\xbb\xbf") else b""
    (shell.site.rules / override.ours.path).write_bytes(mark + made.text.encode())
    shell.say(f"{override.ours.name} is merged", f"{override.ours.name} 已合并")
