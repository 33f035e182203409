"""The command that rehearses a change of rules over the stored past: simulate."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
from rich.markup import escape

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import show_listing, tree, write_json
from crmflow.cli.shell import Shell
from crmflow.core.simulation import Example, Simulation, Step
from crmflow.errors import SettingsError
from crmflow.exchange.atomic import replacing
from crmflow.exchange.simulation import NEW_SIDE, OLD_SIDE, headline, matrix_listing, record

if TYPE_CHECKING:
    from crmflow.engine import Engine

STATE = Path(".crmflow", "simulate")
MOST_ROWS, MOST_EXAMPLES = 20, 6
ONLY_IN_FILES = frozenset({"load-months"})
FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(cls=Command)
@click.argument("new", required=False)
@click.option(
    "--against",
    metavar="STORE",
    help="Replay the past of this store: a site's folder, or a URL. 要回放的库：站点目录或地址。",
)
@click.option(
    "--base", metavar="N", help="Compare with this release; else the one in force. 对照版本，默认现行版本。"
)
@click.option(
    "--from",
    "start",
    metavar="MONTH",
    help="First month or day; else a year before the end. 起始月份或日期，默认一年。",
)
@click.option(
    "--to",
    "end",
    metavar="MONTH",
    help="Last month or day; else that of the last run. 结束月份或日期，默认最近一次运行。",
)
@click.option(
    "--step", type=click.Choice(get_args(Step)), default="month", help="How often to look. 步长，默认按月。"
)
@click.option("--state", type=FOLDER, help="Where a broken-off what-if goes on from. 中间状态目录。")
@click.option("--html", type=FILE, help="Write a page with it all. 输出网页。")
@click.option("--xlsx", type=FILE, help="Write a workbook with it all. 输出 Excel。")
@click.option(
    "--fail-on-change",
    "limit",
    metavar="SHARE",
    help="Exit with 1 if more customers are affected, such as 5%. 受影响客户超过该比例时退出码为 1。",
)
@options.as_json
@options.personal
@click.pass_obj
def simulate(
    shell: Shell,
    new: str | None,
    against: str | None,
    base: str | None,
    start: str | None,
    end: str | None,
    step: Step,
    state: Path | None,
    html: Path | None,
    xlsx: Path | None,
    limit: str | None,
    as_json: bool,
    personal: bool,
) -> None:
    """What would a change of rules have done over the past? Writes nothing. 用历史试算规则改动，不写入结果。

    NEW is a folder of rule files, of a pack or of a site, or a release's number or hash; else the rule files
    on disk are compared with the release in force. 省略 NEW 时，用磁盘上的规则文件与现行版本比较。
    """
    most = None if limit is None else _share(limit)
    gc.disable()  # many objects and hardly a cycle
    state = state or shell.site.folder / STATE
    try:
        with _engine(shell, against) as engine, shell.progress("simulating", "正在试算") as progress:
            done = engine.simulate(
                new, base=base, start=start, end=end, step=step, state=state, progress=progress
            )
    except KeyboardInterrupt:
        shell.say("the same command goes on from here", "再次执行同一命令即可从此处继续")
        raise
    style = shell.style(personal)
    if html is not None:
        from crmflow.exchange.simulation_page import page

        with replacing(html) as beside:
            beside.write_text(page(done, style), "utf-8")
        shell.say(f"page: {html}", f"网页：{html}")
    if xlsx is not None:
        from crmflow.exchange.simulation_book import write_simulation

        write_simulation(done, style, xlsx)
        shell.say(f"workbook: {xlsx}", f"工作簿：{xlsx}")
    if as_json:
        write_json(shell, record(done, style))
    else:
        show_simulation(shell, done, personal=personal)
    if most is not None and done.share > most:
        shell.say(f"{done.share:.1%} of the customers are affected", f"受影响的客户占 {done.share:.1%}")
        raise click.exceptions.Exit(FINDINGS)


def show_simulation(shell: Shell, done: Simulation, *, personal: bool = False) -> None:
    """The headline, the notes, the matrices of what moved, the tables, and examples with their reasons."""
    language = shell.language
    shell.out.print(f"[bold]{escape(headline(done).in_language(language))}[/]", soft_wrap=True)
    for note in done.notes:
        shell.out.print("· " + note.in_language(language), markup=False, soft_wrap=True)
    for matrix in done.matrices:
        if matrix.moved:
            shell.out.print()
            show_listing(shell, matrix_listing(matrix), personal=personal)
    for listing in done.tables:
        if listing.name in ONLY_IN_FILES:
            continue
        shell.out.print()
        show_listing(shell, listing, personal=personal, most=MOST_ROWS)
    for example in done.examples[:MOST_EXAMPLES]:
        _show_example(shell, example)
    more = len(done.examples) - MOST_EXAMPLES
    if more > 0:
        shell.say(f"… and {more} more examples with --html", f"……另有 {more} 个示例，见 --html")


def _show_example(shell: Shell, example: Example) -> None:
    language = shell.language
    said = (text.in_language(language) for text in (example.what, example.old, example.new))
    what, old, new = (escape(each) for each in said)
    who = f"C{example.customer} ({escape(example.known_as)})"
    shell.out.print()
    shell.out.print(f"[bold]{who}[/] {what}: {old} → {new}", soft_wrap=True)
    for side, why in ((OLD_SIDE, example.why_old), (NEW_SIDE, example.why_new)):
        if why is not None:
            shell.out.print(f"[dim]{side.in_language(language)}[/]")
            shell.out.print(tree(why, shell.style()))


@contextmanager
def _engine(shell: Shell, against: str | None) -> Iterator[Engine]:
    """The site's engine, on its own database or another. Raises SettingsError CRM829."""
    from crmflow.engine import Engine
    from crmflow.settings import FILE as SETTINGS
    from crmflow.settings import Site

    site = copy(shell.site)
    if against is not None:
        if (Path(against) / SETTINGS).is_file():
            site.url = Site.read(Path(against)).url
        elif "://" in against:
            site.url = against
        else:
            raise SettingsError("CRM829", value=against)
    with Engine.open(site) as engine:
        yield engine


def _share(text: str) -> Decimal:
    """5% or 0.05. Raises SettingsError CRM828."""
    try:
        share = Decimal(text.removesuffix("%").removesuffix("％"))
    except InvalidOperation:
        raise SettingsError("CRM828", value=text) from None
    share = share / 100 if text[-1:] in "%％" else share
    if not 0 <= share <= 1:
        raise SettingsError("CRM828", value=text)
    return share
