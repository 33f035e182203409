"""Commands about one visit: record that it was made."""

from __future__ import annotations

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.cli.words import fields, number_of


@click.group()
def visit() -> None:
    """Record what came of a visit. 登记拜访结果。"""


@visit.command(cls=Command)
@click.argument("number", metavar="VISIT")
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--as", "actor", metavar="STAFF", default="cli", help="Who made it. 拜访人。")
@options.as_json
@click.pass_obj
def done(shell: Shell, number: str, words: tuple[str, ...], actor: str, as_json: bool) -> None:
    """VISIT was made; NAME=VALUE fill in its form. 登记已完成的拜访及表单内容。

    Example: crmflow visit done 17 cause="moved house" measure=none
    """
    with shell.engine() as engine:
        closed = engine.close_visit(number_of(number, "visit"), fields(words), actor=actor)
    if as_json:
        write_json(shell, {"id": closed.id, "state": closed.state, "customer": closed.customer_id})
        return
    shell.say(f"visit:{closed.id} is done", f"拜访 {closed.id} 已完成")
