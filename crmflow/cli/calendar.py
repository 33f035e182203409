"""Commands about calendars: which there are, and what the days of a month are."""

from __future__ import annotations

from datetime import date, datetime

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.render import show_listing
from crmflow.cli.shell import Shell
from crmflow.errors import SettingsError


@click.group()
def calendar() -> None:
    """When is it working time? 工作时间与节假日。"""


@calendar.command("list", cls=Command)
@options.as_json
@click.pass_obj
def list_(shell: Shell, as_json: bool) -> None:
    """Which calendars are there, and whose is each? 日历清单及适用对象。"""
    from crmflow.engine.calendars import calendars_of
    from crmflow.engine.schemas import rules_of

    show_listing(shell, calendars_of(rules_of(shell.site).calendars), json=as_json)


@calendar.command(cls=Command)
@click.argument("name", metavar="[ID]", default="default")
@click.option("--month", metavar="YYYY-MM", help="Which month; else this one. 月份，默认本月。")
@options.as_json
@click.pass_obj
def show(shell: Shell, name: str, month: str | None, as_json: bool) -> None:
    """What are the days of a month in calendar ID (default: default)? 某月逐日的班次、节假日与调休。

    Reads the files on disk, published or not. 读取磁盘上的文件，不论是否已发布。
    """
    from crmflow.engine import calendars
    from crmflow.engine.schemas import rules_of

    first = first_of(month) if month else datetime.now(shell.site.zone).date().replace(day=1)
    found = calendars.named(rules_of(shell.site).calendars, name)
    show_listing(shell, calendars.month(found, first), json=as_json)


def first_of(month: str) -> date:
    """The first day of a month, such as 2026-10. Raises SettingsError CRM827."""
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        raise SettingsError("CRM827", value=month) from None
