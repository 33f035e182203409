"""The command that puts rules into force: publish."""

from __future__ import annotations

import click

from crmflow.cli.command import Command
from crmflow.cli.shell import Shell


@click.command(cls=Command)
@click.option("--note", default="", help="What changed, for the history. 变更说明。")
@click.option("--as", "actor", metavar="STAFF", default="cli", help="Who publishes. 发布人。")
@click.pass_obj
def publish(shell: Shell, note: str, actor: str) -> None:
    """Check the rule files, freeze them and put them into force. 检查、固定并启用规则。"""
    with shell.engine() as engine:
        release = engine.publish(actor=actor, note=note)
    shell.say(
        f"release {release.number} ({release.hash[:12]}) is in force",
        f"版本 {release.number}（{release.hash[:12]}）已生效",
    )
