"""The command that puts rules into force: publish."""

from __future__ import annotations

import click

from crmflow.cli.command import Command
from crmflow.cli.release import acting, actor_, note_, tell
from crmflow.cli.shell import Shell
from crmflow.core.release import in_force, rolled_back


@click.command(cls=Command)
@note_
@actor_
@click.pass_obj
def publish(shell: Shell, note: str, actor: str) -> None:
    """Draft, check, test and publish the rule files in one. 检查、测试、固定并启用规则。"""
    with acting(shell, actor) as engine:
        releases, now = engine.releases.all_now()
        release = engine.publish(actor=actor, note=note)
    before = next((each for each in releases if each.number == release.number), None)
    if before is not None and rolled_back(before, in_force(releases, now)):
        tell(
            shell,
            release,
            "is in force again; mind that it had been rolled back",
            "重新生效；注意：该版本此前已被回退",
        )
    else:
        tell(shell, release, "is in force", "已生效")
