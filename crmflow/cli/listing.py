"""Commands that list: segments, visits, cases, owners, and the facts of one customer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crmflow import __version__
from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import show_listing
from crmflow.cli.shell import Shell
from crmflow.core.listing import Listing
from crmflow.exchange.book import write_book


@click.command(cls=Command)
@options.as_staff
@options.as_of
@options.listing
@click.pass_obj
def segments(shell: Shell, /, viewer: str | None, as_of: str | None, **how: Any) -> None:
    """Which customers are in which segment, and since when? 客户分群及起始时间。"""
    with shell.engine() as engine:
        show(shell, engine.segments(viewer, as_of=shell.moment(as_of)), **how)


@click.command(cls=Command)
@options.as_staff
@click.option("--all", "all_", is_flag=True, help="Closed ones too. 包括已结束的。")
@options.form
@options.listing
@click.pass_obj
def visits(shell: Shell, /, viewer: str | None, all_: bool, **how: Any) -> None:
    """Whom to visit, by when, and why? 拜访对象、期限与原因。"""
    with shell.engine() as engine:
        show(shell, engine.visits(viewer, all=all_), **how)


@click.command(cls=Command)
@options.as_staff
@click.option("--all", "all_", is_flag=True, help="Closed ones too. 包括已结束的。")
@click.option("--unassigned", is_flag=True, help="Only those that nobody holds. 仅列出无人办理的。")
@options.form
@options.listing
@click.pass_context
def cases(ctx: click.Context, /, viewer: str | None, all_: bool, unassigned: bool, **how: Any) -> None:
    """Which cases are open, at which step, with whom? 在办工单的步骤与处理人。

    With --unassigned, exits with 1 where a step waits and nobody is there to do it.
    加 --unassigned 时，若有步骤无人办理，退出码为 1。
    """
    shell: Shell = ctx.obj
    with shell.engine() as engine:
        found = engine.cases(viewer, all=all_, unassigned=unassigned)
    show(shell, found, **how)
    if unassigned and found.rows:
        ctx.exit(FINDINGS)


@click.command(cls=Command)
@options.as_staff
@click.option("--missing", is_flag=True, help="Only customers without a live owner. 仅列出无在岗客户经理者。")
@options.listing
@click.pass_context
def owners(ctx: click.Context, /, viewer: str | None, missing: bool, **how: Any) -> None:
    """Who looks after whom? With --missing, exits with 1 where somebody has nobody (F19). 客户经理一览。"""
    shell: Shell = ctx.obj
    with shell.engine() as engine:
        found = engine.owners(viewer, missing=missing)
    show(shell, found, **how)
    if missing and found.rows:
        ctx.exit(FINDINGS)


@click.command(cls=Command)
@click.argument("customer")
@options.listing
@click.pass_obj
def facts(shell: Shell, /, customer: str, **how: Any) -> None:
    """What is known of a customer? CUSTOMER is C123 or SOURCE/ID. 某客户的全部事实。"""
    with shell.engine() as engine:
        show(shell, engine.facts(customer, show_personal=how["personal"]), **how)


def show(
    shell: Shell,
    listing: Listing,
    as_json: bool,
    as_csv: bool,
    xlsx: Path | None,
    sheet_per: str | None,
    personal: bool,
    form: bool = False,
) -> None:
    """The listing as the options say."""
    if xlsx is None:
        show_listing(shell, listing, json=as_json, csv=as_csv, personal=personal, form=form)
        return
    per = sheet_per or ("unit" if listing.asks else "none")
    written = write_book(listing, shell.style(personal), xlsx, per=per, about=about(shell, listing))
    shell.say(
        f"{xlsx}: {len(listing.rows):,d} rows on {written:,d} sheets",
        f"{xlsx}：{len(listing.rows):,d} 行，{written:,d} 个工作表",
    )


def about(shell: Shell, listing: Listing) -> dict[str, str]:
    """What a workbook says of itself, on its hidden sheet."""
    return {
        "crmflow": __version__,
        "site": shell.site.folder.resolve().name,
        "listing": listing.name,
        "release": listing.release,
        "as of": listing.as_of.astimezone(shell.site.zone).isoformat() if listing.as_of else "",
        "language": shell.language,
        "zone": str(shell.site.zone),
    }
