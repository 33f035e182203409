"""The command that puts rules into force: publish."""

from __future__ import annotations

import click

from crmflow.cli.command import Command
from crmflow.cli.release import acting, actor_, note_, tell
from crmflow.cli.shell import Shell


@click.command(cls=Command)
@note_
@actor_
@click.pass_obj
def publish(shell: Shell, note: str, actor: str) -> None:
    """Draft, check, test and publish the rule files in one. 检查、测试、固定并启用规则。"""
    with acting(shell, actor) as engine:
        release = engine.publish(actor=actor, note=note)
    tell(shell, release, "is in force", "已生效")
