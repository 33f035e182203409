"""Commands about releases: draft, check, test, approve, publish, roll back, and what there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import show_listing, write_json
from crmflow.cli.rules_diff import diff
from crmflow.cli.shell import Shell
from crmflow.core.moment import MICROSECOND, end_of_day
from crmflow.core.release import state_of
from crmflow.core.text import Text
from crmflow.errors import SettingsError

if TYPE_CHECKING:
    from crmflow.core.release import Release
    from crmflow.engine import Engine

FOLDER = click.Path(file_okay=False, path_type=Path)
WAITS = {
    "draft": Text("waits as a draft", "为草稿，待发布"),
    "approved": Text("is approved and waits", "已审批，待发布"),
    "scheduled": Text("is published and has not begun", "已发布，待生效"),
}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
number_ = click.argument("number", metavar="N", type=int)
note_ = click.option("--note", default="", help="Why, for the history. 说明。")
actor_ = click.option(
    "--as",
    "actor",
    metavar="STAFF",
    default="cli",
    help="Who acts; nobody is authenticated. 操作人，不做认证。",
)


@click.group()
def release() -> None:
    """From draft to publish, and back. 规则版本：起草、检查、审批、发布、回退。"""


release.add_command(diff)


@release.command(cls=Command)
@note_
@actor_
@click.pass_obj
def draft(shell: Shell, note: str, actor: str) -> None:
    """Freeze the rule files on disk as a draft, which decides nothing yet. 将规则文件固定为草稿。"""
    with acting(shell, actor) as engine:
        drafted = engine.releases.draft(actor=actor, note=note)
    tell(shell, drafted, "is a draft", "为草稿")


@release.command("list", cls=Command)
@options.as_json
@click.pass_obj
def list_(shell: Shell, as_json: bool) -> None:
    """Every release: its state, who drafted and approved it, since when it is in force. 全部版本。"""
    from crmflow.engine.release_listings import release_listing

    with shell.engine() as engine:
        shown = release_listing(*engine.releases.all_now())
    show_listing(shell, shown, json=as_json)


@release.command(cls=Command)
@number_
@options.as_json
@click.pass_obj
def show(shell: Shell, number: int, as_json: bool) -> None:
    """What was done with release N, by whom, when and why. 某一版本的经过。"""
    from crmflow.engine.release_listings import step_listing

    with shell.engine() as engine:
        found = engine.releases.get(number)
    show_listing(shell, step_listing(found), json=as_json)


@release.command(cls=Command)
@options.as_json
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Which release decides, what keeps another from it, and which packs are newer. 当前生效情况。"""
    from crmflow.engine.release_listings import pack_listing

    shell: Shell = ctx.obj
    with shell.engine() as engine:
        health = engine.health()
        releases, now = engine.releases.all_now()
    problem = health.problem and health.problem.text(shell.language)
    if as_json:
        packs = [
            {"name": each.name, "in_force": each.in_force, "installed": each.installed}
            for each in health.packs
        ]
        said = {
            "release": health.release,
            "problem": problem,
            "waiting": list(health.waiting),
            "packs": packs,
        }
        write_json(shell, said)
    else:
        show_listing(shell, pack_listing(health))
        shell.say(f"release {health.release} decides", f"版本 {health.release} 生效中")
        for each in health.packs:
            if each.installed != each.in_force:
                here, there = each.installed or "–", each.in_force or "–"
                shell.say(
                    f"pack {each.name}: {here} installed, {there} in force",
                    f"行业包 {each.name}：已安装 {here}，生效 {there}",
                )
        for waiting in (each for each in releases if each.number in health.waiting):
            state = WAITS[state_of(waiting, releases, now)]
            shell.say(f"release {waiting.number} {state.en}", f"版本 {waiting.number} {state.zh}")
        if health.problem is not None:
            shell.say(f"{health.problem.code} {problem}", f"{health.problem.code} {problem}")
    if health.problem is not None:
        ctx.exit(FINDINGS)


@release.command(cls=Command)
@number_
@actor_
@click.option("--output-format", "format", default="full", show_default=True, help="As of check. 同 check。")
@click.pass_context
def check(ctx: click.Context, number: int, actor: str, format: str) -> None:
    """Find mistakes in release N. 检查某一版本。"""
    from crmflow.cli.findings import show_findings

    shell: Shell = ctx.obj
    with acting(shell, actor) as engine:
        findings = engine.releases.check(number, actor=actor)
    show_findings(shell, findings, format)
    if findings:
        ctx.exit(FINDINGS)


@release.command(cls=Command)
@number_
@actor_
@click.pass_context
def test(ctx: click.Context, number: int, actor: str) -> None:
    """Run the tests of release N. 运行某一版本的测试。"""
    shell: Shell = ctx.obj
    with acting(shell, actor) as engine:
        results = engine.releases.test(number, actor=actor)
    failed = [result for result in results if not result.passed]
    for result in failed:
        shell.out.print(
            f"✗ {result.file}: {result.name.in_language(shell.language)}", markup=False, soft_wrap=True
        )
    shell.say(
        f"{len(results)} tests, {len(failed)} failed", f"共 {len(results)} 个测试，{len(failed)} 个未通过"
    )
    if failed:
        ctx.exit(FINDINGS)


@release.command(cls=Command)
@number_
@click.argument("file", type=FILE)
@note_
@actor_
@click.pass_obj
def attach(shell: Shell, number: int, file: Path, note: str, actor: str) -> None:
    """Keep with release N the digest of FILE, in which a what-if of it was written. 附上试算结果。"""
    said = {"file": file.name, "digest": sha256(file.read_bytes()).hexdigest()}
    with acting(shell, actor) as engine:
        engine.releases.attach(number, said, actor=actor, note=note)
    shell.say(f"{file.name} is attached to release {number}", f"{file.name} 已附于版本 {number}")


@release.command(cls=Command)
@number_
@note_
@click.option(
    "--as",
    "actor",
    metavar="STAFF",
    required=True,
    help="Who approves; not the drafter. 审批人，不能是起草人。",
)
@click.pass_obj
def approve(shell: Shell, number: int, note: str, actor: str) -> None:
    """Say that release N is right; who drafted it cannot. 审批某一版本，起草人不能审批。"""
    with acting(shell, actor) as engine:
        approved = engine.releases.approve(number, actor=actor, note=note)
    tell(shell, approved, f"is approved by {actor}", f"已由 {actor} 审批")


@release.command(cls=Command)
@number_
@click.option("--from", "begins", metavar="DATE", help="In force from this day; else now. 生效日期。")
@click.option(
    "--to",
    "ends",
    metavar="DATE",
    help="The last day; then the one before counts. 最后一天，之后恢复前一版本。",
)
@note_
@actor_
@click.pass_obj
def publish(shell: Shell, number: int, begins: str | None, ends: str | None, note: str, actor: str) -> None:
    """Put release N into force. 发布某一版本。"""
    first = day(begins) if begins else None
    last = day(ends) if ends else None
    starts = None if first is None else start_of(shell, first)
    with acting(shell, actor) as engine:
        published = engine.releases.publish(
            number,
            actor=actor,
            note=note,
            begins=starts,
            ends=None if last is None else start_of(shell, last + timedelta(days=1)),
        )
    if starts is not None:
        tell(shell, published, f"is in force from {first}", f"自 {first} 起生效")
    else:
        tell(shell, published, "is in force", "已生效")


@release.command(cls=Command)
@click.argument("number", metavar="[N]", type=int, required=False)
@note_
@actor_
@click.pass_obj
def rollback(shell: Shell, number: int | None, note: str, actor: str) -> None:
    """Put the release before, or release N, into force again. 回退到前一版本或版本 N。"""
    with acting(shell, actor) as engine:
        back = engine.releases.rollback(number, actor=actor, note=note)
        on_disk = engine.releases.is_on_disk(back)
    tell(shell, back, "is in force again", "重新生效")
    if not on_disk:
        shell.say(
            "the files on disk are not changed: the next `publish` puts what they say into force again",
            "磁盘上的文件未变，下次 publish 会再次启用",
        )


@release.command(cls=Command)
@number_
@note_
@actor_
@click.pass_obj
def withdraw(shell: Shell, number: int, note: str, actor: str) -> None:
    """Take back a draft, or a release that has not begun. 撤回草稿或尚未生效的版本。"""
    with acting(shell, actor) as engine:
        gone = engine.releases.withdraw(number, actor=actor, note=note)
    tell(shell, gone, "is withdrawn", "已撤回")


@release.command(cls=Command)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.pass_obj
def export(shell: Shell, folder: Path) -> None:
    """Write every release with its history to DIR, for git. 将全部版本写入目录，便于 git 管理。"""
    with shell.engine() as engine:
        count = engine.releases.export(folder)
    shell.say(f"{count} releases written to {folder}", f"已写入 {folder}：{count} 个版本")


@release.command("import", cls=Command)
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@actor_
@click.pass_obj
def import_(shell: Shell, folder: Path, actor: str) -> None:
    """Take the releases of DIR over, with their history. 接收目录中的全部版本。"""
    with acting(shell, actor) as engine:
        count = engine.releases.take_in(folder, actor=actor)
    shell.say(f"{count} releases taken from {folder}", f"已接收 {folder}：{count} 个版本")


@contextmanager
def acting(shell: Shell, actor: str) -> Iterator[Engine]:
    """The engine, for somebody who is known. Raises StoreError CRM449."""
    with shell.engine() as engine:
        if actor != "cli":
            engine.releases.demand_staff(actor)
        yield engine


def tell(shell: Shell, release: Release, en: str, zh: str) -> None:
    """What became of a release."""
    hash = release.hash[:12]
    shell.say(f"release {release.number} ({hash}) {en}", f"版本 {release.number}（{hash}）{zh}")


def day(text: str) -> date:
    """Raises SettingsError CRM814."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError("CRM814", value=text) from None


def start_of(shell: Shell, day: date) -> datetime:
    """The first moment of a day in the site's zone."""
    return end_of_day(day - timedelta(days=1), shell.site.zone) + MICROSECOND
