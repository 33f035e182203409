"""The command that records who is away, and who stands in."""

from __future__ import annotations

import click

from crmflow.cli.command import Command
from crmflow.cli.shell import Shell


@click.command(cls=Command)
@click.argument("staff")
@click.option(
    "--from",
    "start",
    metavar="TIME",
    required=True,
    help="From when on; of a date, its beginning. 开始时间。",
)
@click.option(
    "--to",
    "end",
    metavar="TIME",
    required=True,
    help="Until when; of a date, its end. 结束时间（日期含当日）。",
)
@click.option("--deputy", metavar="STAFF", help="Who stands in. 代理人。")
@click.option("--as", "actor", metavar="STAFF", default="cli", help="Who records it. 登记人。")
@click.pass_obj
def absence(shell: Shell, staff: str, start: str, end: str, deputy: str | None, actor: str) -> None:
    """Record that STAFF is away; their open steps pass to the deputy and come back. 登记缺勤与代理。

    Example: crmflow absence W2 --from 2026-05-01 --to 2026-05-08 --deputy W4
    """
    begins, ends = shell.beginning(start), shell.moment(end)
    assert begins is not None
    assert ends is not None
    with shell.engine() as engine:
        engine.absent(staff, begins, ends, deputy=deputy, actor=actor)
    stands_in = f", {deputy} stands in" if deputy else ""
    shell.say(
        f"{staff} is away from {start} to {end}{stands_in}",
        f"{staff} 自 {start} 至 {end} 缺勤" + (f"，由 {deputy} 代理" if deputy else ""),
    )
