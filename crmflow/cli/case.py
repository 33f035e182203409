"""Commands about one case: open it, send it an event."""

from __future__ import annotations

import click
from rich.markup import escape

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.cli.words import fields, number_of
from crmflow.core.case import Case
from crmflow.core.migration import Migration

NOBODY = "cli"
"""Who acts where nobody is named."""
actor = click.option("--as", "actor", metavar="STAFF", default=NOBODY, help="Who acts. 操作人。")


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
    """Open a case of CHART for CUSTOMER; of a chart about units, for a unit. 为客户（或单位）开立工单。"""
    with shell.engine() as engine:
        opened = engine.open_case(chart, customer, holding=holding, data=fields(words), actor=actor)
    show(shell, opened, as_json)


@case.command(cls=Command)
@click.argument("number", metavar="CASE")
@click.argument("event")
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--step", help="The step that you saw; refused if it has been done since. 所见步骤，已办则拒绝。"
)
@options.at
@actor
@options.as_json
@click.pass_obj
def send(
    shell: Shell,
    number: str,
    event: str,
    words: tuple[str, ...],
    step: str | None,
    at: str | None,
    actor: str,
    as_json: bool,
) -> None:
    """Send EVENT to CASE: `done` with the step's form, or another that its chart knows. 推进工单。

    Example: crmflow case send 9 done reached=yes satisfied=yes channel=phone
    """
    with shell.engine() as engine:
        if actor != NOBODY:
            engine.staff(actor)
        moved = engine.send(
            number_of(number, "case"), event, fields(words), at=shell.past(at), step=step, actor=actor
        )
    show(shell, moved, as_json)


@case.command(cls=Command)
@click.argument("chart")
@click.option("--dry-run", is_flag=True, help="Only say what would happen. 只试不改。")
@actor
@options.as_json
@click.pass_context
def migrate(context: click.Context, chart: str, dry_run: bool, actor: str, as_json: bool) -> None:
    """Move the running cases of CHART to its version in force. 将在办工单迁移到现行流程版本。

    The chart's `migrates` says how; cases that cannot come stay as they are, and the exit code is 1.
    流程的 `migrates` 规定迁移方式；不能迁移的工单保持不变，退出码为 1。
    """
    shell: Shell = context.obj
    with shell.engine() as engine:
        done = engine.migrate_cases(chart, dry_run=dry_run, actor=actor)
    if as_json:
        write_json(shell, migration_record(done, shell.language))
    else:
        show_migration(shell, done)
    if done.refused:
        context.exit(FINDINGS)


def show_migration(shell: Shell, done: Migration) -> None:
    """How many cases came over, and why the others did not."""
    for each in done.refused:
        reason = f"{each.reason.code} {each.reason.text(shell.language)}"
        shell.out.print(f"[red]✗[/] case:{each.case}  {escape(reason)}", soft_wrap=True)
    moved, refused = f"{len(done.moved):,d}", f"{len(done.refused):,d}"
    would = ("would be moved", "将迁移") if done.dry else ("moved", "已迁移")
    shell.say(
        f"{done.chart}: {moved} cases {would[0]}, {done.had_it:,d} had it already, {refused} refused",
        f"{done.chart}：{would[1]} {moved} 件，{done.had_it:,d} 件已是现行版本，{refused} 件不能迁移",
    )


def migration_record(done: Migration, language: str) -> dict[str, object]:
    """A migration for `--json`."""
    return {
        "chart": done.chart,
        "dry_run": done.dry,
        "moved": list(done.moved),
        "had_it": done.had_it,
        "refused": [
            {
                "case": each.case,
                "state": each.state,
                "code": each.reason.code,
                "reason": each.reason.text(language),
            }
            for each in done.refused
        ],
    }


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
