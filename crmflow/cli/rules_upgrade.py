"""The command that rewrites rule files of an older format: rules upgrade."""

from __future__ import annotations

from difflib import unified_diff

import click

from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.shell import Shell


@click.command(cls=Command)
@click.option("--diff", "only_shown", is_flag=True, help="Show it and write nothing. 只显示，不写入。")
@click.pass_context
def upgrade(ctx: click.Context, only_shown: bool) -> None:
    """Rewrite the site's files of an older format; comments stay. 升级旧格式的规则文件，保留注释。

    With --diff exit code 1 says that there are such files. 加 --diff 时，退出码 1 表示存在旧格式文件。
    """
    from crmflow.rules.versions.upgrade import upgrade as upgraded

    shell: Shell = ctx.obj
    with shell.engine() as engine:
        changed = list(upgraded(engine.releases.files_on_disk()))
    for was, now in changed:
        if only_shown:
            old, new = (each.content.splitlines(keepends=True) for each in (was, now))
            shell.out.file.writelines(unified_diff(old, new, was.name, was.name))
        else:
            (shell.site.rules / was.path).write_bytes(now.raw)
            shell.say(f"{was.name} is of format 1 now", f"{was.name} 已升级为格式 1")
    if not changed:
        shell.say("every file is of format 1", "所有文件均为格式 1")
    elif only_shown:
        ctx.exit(FINDINGS)
