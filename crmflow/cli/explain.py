"""Commands that answer why: explain, whynot."""

from __future__ import annotations

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.render import show_explanation
from crmflow.cli.shell import Shell


@click.command(cls=Command)
@click.argument("subject")
@options.as_json
@options.personal
@click.pass_obj
def explain(shell: Shell, subject: str, as_json: bool, personal: bool) -> None:
    """What, why and since when? SUBJECT is C123, customer:SOURCE/ID, visit:7 or case:9. 解释结果。"""
    with shell.engine() as engine:
        show_explanation(shell, engine.explain(subject, show_personal=personal), json=as_json)


@click.command(cls=Command)
@click.argument("customer")
@click.argument("rulebook", required=False)
@options.as_json
@options.personal
@click.pass_obj
def whynot(shell: Shell, customer: str, rulebook: str | None, as_json: bool, personal: bool) -> None:
    """Why did a rule not fire for CUSTOMER? RULEBOOK is an id: fuel/visits/overdue. 规则为何未触发。"""
    with shell.engine() as engine:
        found = engine.why_not(customer, rulebook, show_personal=personal)
        show_explanation(shell, found, json=as_json)
