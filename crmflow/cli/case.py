"""Commands about one case: open it, send it an event."""

from __future__ import annotations

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.cli.words import fields, number_of
from crmflow.core.case import Case

actor = click.option("--as", "actor", metavar="STAFF", default="cli", help="Who acts. 操作人。")


@click.group()
def case() -> None:
    """Open a case, or move it on. 开立工单，或推进工单。"""


@case.command("open", cls=Command)
@click.argument("chart")
@click.argument("customer")
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--holding", help="About which holding: its number. 涉及的持有物编号。")
@actor
@options.as_json
@click.pass_obj
def open_(
    shell: Shell,
    chart: str,
    customer: str,
    words: tuple[str, ...],
    holding: str | None,
    actor: str,
    as_json: bool,
) -> None:
    """Open a case of CHART for CUSTOMER. 为客户开立工单。"""
    with shell.engine() as engine:
        opened = engine.open_case(chart, customer, holding=holding, data=fields(words), actor=actor)
    show(shell, opened, as_json)


@case.command(cls=Command)
@click.argument("number", metavar="CASE")
@click.argument("event")
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@actor
@options.as_json
@click.pass_obj
def send(shell: Shell, number: str, event: str, words: tuple[str, ...], actor: str, as_json: bool) -> None:
    """Send EVENT to CASE: `done` with the step's form, or another that its chart knows. 推进工单。

    Example: crmflow case send 9 done reached=yes satisfied=yes channel=phone
    """
    with shell.engine() as engine:
        moved = engine.send(number_of(number, "case"), event, fields(words), actor=actor)
    show(shell, moved, as_json)


def show(shell: Shell, case: Case, as_json: bool) -> None:
    """Where the case stands now."""
    if as_json:
        write_json(shell, record(case))
        return
    closed = case.closed_at is not None
    holder = case.holder or "-"
    shell.say(
        f"case:{case.id} {case.chart}: {case.state}" + (", closed" if closed else f", with {holder}"),
        f"case:{case.id} {case.chart}：{case.state}" + ("，已结束" if closed else f"，处理人 {holder}"),
    )


def record(case: Case) -> dict[str, object]:
    """A case for `--json`."""
    return {
        "id": case.id,
        "chart": case.chart,
        "customer": case.customer_id,
        "state": case.state,
        "level": case.level,
        "holder": case.holder,
        "unit": case.unit,
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "blocked": list(case.blocked),
    }
