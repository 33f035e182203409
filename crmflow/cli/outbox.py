"""Commands about messages: send those that are due, look at those that did not leave, send them again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.explain import show as show_explanation
from crmflow.cli.listing import show
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.cli.words import number_of
from crmflow.core.message import Delivered, State
from crmflow.errors import SettingsError

actor = click.option("--as", "actor", metavar="STAFF", default="cli", help="Who acts. 操作人。")


@click.command(cls=Command)
@click.option("--limit", type=click.IntRange(1), default=500, help="At most so many a round. 每轮至多几条。")
@options.as_of
@options.as_json
@click.pass_obj
def deliver(shell: Shell, limit: int, as_of: str | None, as_json: bool) -> None:
    """Hand messages that are due to the relay of crmflow.toml, until none is left. 发送到期的消息。

    Consent, hours and frequency are checked once more; what is not surely allowed is held.
    发送前再次核对同意、时段和频次；不能确定可发的一律不发。
    """
    at, total = shell.moment(as_of), Delivered()
    with shell.engine() as engine:
        while done := engine.deliver(at, limit=limit, actor="cli"):
            total += done
    if as_json:
        write_json(shell, asdict(total))
        return
    shell.say(
        f"sent {total.sent}, to be tried again {total.retried}, dead {total.dead}, held {total.held}, "
        f"put off {total.postponed}",
        f"已发送 {total.sent}，待重试 {total.retried}，失败 {total.dead}，未发出 {total.held}，"
        f"推迟 {total.postponed}",
    )


@click.group()
def outbox() -> None:
    """Messages that wait, are held or dead. 待发、未发出和失败的消息。"""


@outbox.command("list", cls=Command)
@options.as_staff
@click.option(
    "--state", type=click.Choice(get_args(State)), help="Only these; else all not sent yet. 仅列出该状态。"
)
@options.listing
@click.pass_obj
def list_(shell: Shell, /, viewer: str | None, state: State | None, **how: Any) -> None:
    """Which messages have not left, and why? 哪些消息没有发出，为什么？"""
    with shell.engine() as engine:
        show(shell, engine.outbox(viewer, state=state), **how)


@outbox.command("show", cls=Command)
@click.argument("number", metavar="MESSAGE")
@options.explanation
@click.pass_obj
def show_(shell: Shell, number: str, form: str, as_json: bool, page: Path | None, personal: bool) -> None:
    """Where does MESSAGE stand, why, and what happened to it? 一条消息的状态、原因与经过。"""
    with shell.engine() as engine:
        found = engine.explain(f"message:{number_of(number, 'message')}", show_personal=personal)
    show_explanation(shell, found, "json" if as_json else form, page)


@outbox.command(cls=Command)
@click.argument("numbers", nargs=-1, metavar="[MESSAGE]...")
@click.option(
    "--all", "all_", is_flag=True, help="All held or dead, but for those too late. 全部，过时的除外。"
)
@actor
@options.as_json
@click.pass_obj
def retry(shell: Shell, numbers: tuple[str, ...], all_: bool, actor: str, as_json: bool) -> None:
    """Send messages again that are held or dead, if they may leave by now. 重发未发出或失败的消息。"""
    if bool(numbers) == all_:
        raise SettingsError("CRM854")
    ids = None if all_ else [number_of(number, "message") for number in numbers]
    with shell.engine() as engine:
        count = engine.retry_messages(ids, actor=actor)
    show_count(shell, count, as_json, "to be sent again", "待重发")


@outbox.command(cls=Command)
@click.argument("numbers", nargs=-1, required=True, metavar="MESSAGE...")
@actor
@options.as_json
@click.pass_obj
def discard(shell: Shell, numbers: tuple[str, ...], actor: str, as_json: bool) -> None:
    """Give up messages that have not left. 丢弃尚未发出的消息。"""
    with shell.engine() as engine:
        count = engine.discard_messages([number_of(number, "message") for number in numbers], actor=actor)
    show_count(shell, count, as_json, "discarded", "已丢弃")


def show_count(shell: Shell, count: int, as_json: bool, en: str, zh: str) -> None:
    """How many messages something was done with."""
    if as_json:
        write_json(shell, {"messages": count})
    else:
        shell.say(f"messages {en}: {count}", f"{zh}的消息：{count}")
