"""The command that decides stored decisions again: replay."""

from __future__ import annotations

import click
from rich.markup import escape

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.core.explanation import plain
from crmflow.core.replay import Replay
from crmflow.core.text import Text

SAME = Text("the same", "一致")
DIFFERENT = Text("different", "不一致")
WAS = Text("{name}: was {recorded}, is {replayed}", "{name}：原为 {recorded}，现为 {replayed}")
FIXED = Text("the language has changed since: {fix}", "规则语言此后有变更：{fix}")
MARKS = {"same": "[green]✓[/]", "different": "[red]✗[/]", "erased": "–", "unknown": "–"}


@click.command(cls=Command)
@click.argument("decision", required=False)
@click.option("--customer", metavar="CUSTOMER", help="All decisions about a customer. 该客户的全部决定。")
@click.option("--since", metavar="DATE", help="All decisions as of this day or later. 该日起的全部决定。")
@click.option("--all", "everything", is_flag=True, help="All decisions. 全部决定。")
@options.as_json
@click.pass_context
def replay(
    context: click.Context,
    decision: str | None,
    customer: str | None,
    since: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Decide again what was decided: does the same come out? 重演已作出的决定。

    DECISION is the number of an entry of the journal. It is decided from the release, the facts and the
    params of then; exit code 1 where something else comes out.
    DECISION 为日志编号；按当时的版本、事实和参数重演，不一致时退出码为 1。
    """
    shell: Shell = context.obj
    if (decision is None) == (customer is None and since is None and not everything):
        raise click.UsageError("name a decision, or say --customer, --since or --all")
    with shell.engine() as engine:
        if decision is not None:
            found = [engine.replay(decision)]
        else:
            found = engine.replay_all(customer, since=shell.moment(since))
    if as_json:
        records = [each.record(shell.language) for each in found]
        write_json(shell, records[0] if decision is not None else records)
    else:
        for each in found:
            show(shell, each)
    count = sum(each.verdict == "different" for each in found)
    if decision is None:
        shell.say(
            f"{len(found)} decisions replayed, {count} different",
            f"重演 {len(found)} 项决定，{count} 项不一致",
        )
    if count:
        context.exit(FINDINGS)


def show(shell: Shell, replay: Replay) -> None:
    """A line for the decision, one for each part that differs, and what may have made the difference."""

    def said(text: Text) -> str:
        return escape(text.in_language(shell.language))

    verdict = {"same": SAME, "different": DIFFERENT}.get(replay.verdict) or replay.reason or SAME
    at = f"{replay.at.astimezone(shell.site.zone):%Y-%m-%d %H:%M}"
    about = escape(f"decision:{replay.id}  {at}  {replay.kind}  {replay.subject}  {replay.rulebook or '–'}")
    shell.out.print(f"{MARKS[replay.verdict]} {about}  {said(verdict)}", soft_wrap=True)
    for each in replay.differences:
        told = {"name": each.name, "recorded": plain(each.recorded), "replayed": plain(each.replayed)}
        shell.out.print("    " + said(WAS.filled(**told)), soft_wrap=True)
    for fix in replay.fixes:
        shell.out.print("    " + said(FIXED.filled(fix=fix)), soft_wrap=True)
