"""The command that records what happened to nobody in particular: an outage, a price, the weather."""

from __future__ import annotations

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.cli.words import fields


@click.command(cls=Command)
@click.argument("kind")
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--unit", help="Where: a unit's code or name; else the whole company. 单位编号或名称，默认为全公司。"
)
@options.at
@click.option("--id", "external_id", help="Its number where it comes from. 外部流水号。")
@click.option("--as", "actor", metavar="STAFF", default="cli", help="Who records it. 登记人。")
@options.as_json
@click.pass_obj
def signal(
    shell: Shell,
    kind: str,
    words: tuple[str, ...],
    unit: str | None,
    at: str | None,
    external_id: str | None,
    actor: str,
    as_json: bool,
) -> None:
    """Record a signal, which may open a case about the unit. 登记信号，可据此开立单位工单。

    Example: crmflow signal outage feeder=F7 --unit D1
    """
    with shell.engine() as engine:
        done = engine.signal(
            kind, unit, at=shell.past(at), fields=fields(words), external_id=external_id, actor=actor
        )
    if as_json:
        write_json(shell, {"new": done.new, "cases": [case.id for case in done.cases]})
        return
    opened = ", ".join(f"case:{case.id}" for case in done.cases)
    shell.say(
        f"signal {'recorded' if done.new else 'known already'}" + (f"; opened {opened}" if opened else ""),
        f"信号{'已登记' if done.new else '此前已登记'}" + (f"；已开立工单 {opened}" if opened else ""),
    )
