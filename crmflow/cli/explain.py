"""Commands that answer why: explain, whynot."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.render import show_explanation
from crmflow.cli.shell import Shell
from crmflow.core.explanation import Explanation
from crmflow.errors import SettingsError
from crmflow.exchange.explanation import render


@click.command(cls=Command)
@click.argument("subject", nargs=-1, required=True)
@options.explanation
@click.pass_obj
def explain(
    shell: Shell, subject: tuple[str, ...], form: str, as_json: bool, page: Path | None, personal: bool
) -> None:
    """What, why and since when? 解释结果。

    SUBJECT is C123, customer:SOURCE/ID, owner:C123, visit:7, case:9, decision:3; timer:9 are the timers of a
    case, due:9 (or: due 9) is when it is due and which time counts.
    对象：客户、责任人、拜访、工单、决定；timer:9 为该工单的定时，due:9（或 due 9）为到期时间与计时明细。
    """
    with shell.engine() as engine:
        found = engine.explain(":".join(subject).removeprefix("customer:"), show_personal=personal)
    show(shell, found, "json" if as_json else form, page)


@click.command(cls=Command)
@click.argument("customer")
@click.argument("rulebook", required=False)
@click.argument("rule", required=False)
@options.explanation
@click.pass_obj
def whynot(
    shell: Shell,
    customer: str,
    rulebook: str | None,
    rule: str | None,
    form: str,
    as_json: bool,
    page: Path | None,
    personal: bool,
) -> None:
    """Why did a rule not fire for CUSTOMER, and what would make it fire? 规则为何未触发。

    RULEBOOK is the id of a rulebook or chart (fuel/visits/overdue), RULE that of one of its rules.
    RULEBOOK 为规则或流程的编号，RULE 为其中一条规则。
    """
    with shell.engine() as engine:
        found = engine.why_not(customer, rulebook, rule, show_personal=personal)
    show(shell, found, "json" if as_json else form, page)


def show(shell: Shell, explanation: Explanation, form: str, page: Path | None) -> None:
    """As a tree, as JSON, or as a page on standard output or in a file. Raises SettingsError CRM817."""
    if page is None and form != "html":
        show_explanation(shell, explanation, json=form == "json")
        return
    html = render(explanation, shell.style(), datetime.now(UTC))
    if page is None:
        shell.out.file.write(html)
        return
    try:
        page.write_text(html, "utf-8")
    except OSError as error:
        raise SettingsError("CRM817", path=page) from error
    shell.say(f"page: {page}", f"页面：{page}")
