"""Commands about the journal: seal it, verify it, export it."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.cli.words import number_of
from crmflow.core.seal import Audit, Seal
from crmflow.engine.exporting import JournalForm


@click.group()
def journal() -> None:
    """The append-only record of everything: seal, verify, export. 只增不改的日志：封存、核验、导出。"""


@journal.command(cls=Command)
@options.as_json
@click.pass_obj
def seal(shell: Shell, as_json: bool) -> None:
    """Seal what can no longer change. 封存不再变动的部分。

    The worker does it by itself. Note the digest elsewhere: `verify --expect` then shows whether somebody
    rewrote the whole journal. 后台进程会自动封存；请另行记下摘要，供 `verify --expect` 核对。
    """
    with shell.engine() as engine:
        made = engine.seal(actor="cli")
    if as_json:
        write_json(shell, [record(each) for each in made])
        return
    count = sum(each.count for each in made)
    shell.say(f"{count:,d} entries sealed", f"已封存 {count:,d} 条")
    if made:
        shell.say(f"seal {made[-1].number}: {made[-1].digest}", f"封条 {made[-1].number}：{made[-1].digest}")


@journal.command(cls=Command)
@click.option(
    "--expect", metavar="DIGEST", help="A seal noted earlier, or its beginning. 此前记下的封条摘要。"
)
@options.as_json
@click.pass_context
def verify(context: click.Context, expect: str | None, as_json: bool) -> None:
    """Is every entry still what was written? 核验每一条是否与写入时一致。

    Exit code 1 where one is not. 有不一致时退出码为 1。
    """
    shell: Shell = context.obj
    with shell.engine() as engine:
        found = engine.verify_journal(expect)
    if as_json:
        write_json(shell, audit_record(found, shell.language))
    else:
        tell(shell, found)
    if not found.holds:
        context.exit(FINDINGS)


def tell(shell: Shell, found: Audit) -> None:
    """What is wrong, then how much there is."""
    for flaw in found.flaws:
        shell.out.print(f"[red]✗[/] {flaw.code} {escape(flaw.text(shell.language))}", soft_wrap=True)
    hidden = found.count - len(found.flaws)
    if hidden:
        shell.say(f"… and {hidden:,d} more", f"……另有 {hidden:,d} 处")
    shell.say(
        f"{found.sealed:,d} entries under {found.seals:,d} seals, {found.unsealed:,d} not sealed yet, "
        f"{found.erased:,d} payloads erased",
        f"{found.seals:,d} 个封条下 {found.sealed:,d} 条，未封存 {found.unsealed:,d} 条，"
        f"已删除内容 {found.erased:,d} 条",
    )
    if found.holds:
        shell.say("all as written", "全部与写入时一致")
    else:
        shell.say(f"{found.count:,d} flaws", f"{found.count:,d} 处不一致")
    if found.last is not None:
        shell.say(
            f"seal {found.last.number}: {found.last.digest}", f"封条 {found.last.number}：{found.last.digest}"
        )


def audit_record(found: Audit, language: str) -> dict[str, object]:
    """An audit for `--json`."""
    return {
        "holds": found.holds,
        "sealed": found.sealed,
        "unsealed": found.unsealed,
        "erased": found.erased,
        "seals": found.seals,
        "last": None if found.last is None else record(found.last),
        "count": found.count,
        "flaws": [{"code": flaw.code, **flaw.parts, "message": flaw.text(language)} for flaw in found.flaws],
    }


def record(seal: Seal) -> dict[str, object]:
    """A seal for `--json`."""
    return {
        "number": seal.number,
        "until": seal.until.isoformat(),
        "count": seal.count,
        "before": seal.before,
        "digest": seal.digest,
    }


@journal.command(cls=Command)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "ocel"]),
    default="jsonl",
    help="An entry a line, or OCEL 2.0 for process mining. 每行一条，或 OCEL 2.0。",
)
@click.option("--since", metavar="DATE", help="What is true from this day on. 该日起发生的。")
@click.option("--customer", metavar="CUSTOMER", help="Of one customer. 某客户的。")
@click.option("--case", "number", metavar="CASE", help="Of one case. 某工单的。")
@options.personal
@click.pass_obj
def export(
    shell: Shell,
    file: Path,
    form: JournalForm,
    since: str | None,
    customer: str | None,
    number: str | None,
    personal: bool,
) -> None:
    """Write the journal to FILE. 将日志导出到文件。

    OCEL opens in pm4py: pm4py.read_ocel2_json(FILE). OCEL 可用 pm4py 打开。
    """
    case = None if number is None else number_of(number, "case")
    shell.writable(file)
    with shell.engine() as engine:
        count = engine.export_journal(
            file,
            form=form,
            customer=customer,
            case=case,
            since=shell.beginning(since),
            show_personal=personal,
        )
    shell.say(f"{file}: {count:,d} entries", f"{file}：{count:,d} 条")
