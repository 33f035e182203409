"""The command that shows every installed pack on a small world: demo."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from crmflow.cli.command import Command
from crmflow.cli.intake import say_import
from crmflow.cli.render import show_run
from crmflow.cli.run import write_report
from crmflow.cli.shell import Shell
from crmflow.core.pack import Pack
from crmflow.errors import LANGUAGES, SettingsError

if TYPE_CHECKING:
    from crmflow.engine import Engine
    from crmflow.settings import Site


@dataclass(frozen=True, slots=True)
class Shown:
    """A pack that was shown: its site, and what is worth asking about there."""

    pack: Pack
    folder: Path
    subjects: Sequence[str]


@click.command(cls=Command)
@click.argument("folder", default="demo", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pack", "names", multiple=True, help="Only this pack. 只演示此行业包。")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the sites. 站点语言。")
@click.pass_obj
def demo(shell: Shell, folder: Path, names: tuple[str, ...], language: str | None) -> None:
    """Show every installed pack: make a site in DIR, import, publish, run. 演示所有已安装的行业包。

    What is real and what is invented is said for each. 逐一说明数据的真实与虚构。
    """
    started = perf_counter()
    packs = [pack for pack in installed_packs() if pack.demo and (not names or pack.name in names)]
    if not packs:
        raise SettingsError("CRM815")
    shown = [show_pack(shell, pack, folder / pack.name, language) for pack in packs]
    seconds = perf_counter() - started
    shell = Shell(shell.folder, language or shell.chosen)
    what_next(shell, shown)
    count = "1 pack" if len(shown) == 1 else f"{len(shown)} packs"
    shell.say(f"{count} in {seconds:.0f} s", f"{len(shown)} 个行业包，用时 {seconds:.0f} 秒")


def installed_packs() -> list[Pack]:
    """Every installed pack, by name."""
    from crmflow.plugins import Plugins, installed

    return [Plugins([plugin.name]).packs[plugin.name] for plugin in installed()]


def show_pack(shell: Shell, pack: Pack, folder: Path, language: str | None) -> Shown:
    """One pack from an empty folder to its report."""
    from crmflow.engine import Engine
    from crmflow.engine.demo import play, world_of

    world = world_of(pack)
    site = here(folder, pack, language or shell.language)
    shell = Shell(folder, language or shell.chosen)
    shell.out.print(f"\n[bold]── {pack.title.in_language(shell.language)}[/] · {folder}\n")
    shell.out.print(world.note.in_language(shell.language), markup=False, soft_wrap=True)
    Engine.migrate(site)
    with shell.engine(site) as engine:
        with shell.progress("importing and running", "正在导入和运行") as progress:
            report = play(
                engine,
                world,
                actor="cli",
                told=lambda _, path, done: say_import(shell, done, path),
                progress=progress,
            )
        show_run(shell, report, most=8)
        write_report(shell, report, folder / "report.html")
        return Shown(pack, folder, list(subjects(engine)))


def here(folder: Path, pack: Pack, language: str) -> Site:
    """The site in `folder`, made when it is not there."""
    from crmflow.settings import FILE, Site

    if (folder / FILE).exists():
        return Site.read(folder)
    return Site.init(folder, [pack.name], zone="Asia/Shanghai", language=language)


def subjects(engine: Engine) -> Iterator[str]:
    """One visit, its customer, and a case of each kind that are worth asking about."""
    visit = next(iter(engine.visits().rows), None)
    if visit:
        yield visit["customer"]
        yield f"visit:{visit['id']}"
    first_of_kind = {str(case["case"]): case["id"] for case in reversed(engine.cases().rows)}
    yield from (f"case:{id}" for id in sorted(first_of_kind.values()))


def what_next(shell: Shell, shown: Sequence[Shown]) -> None:
    """One screen of commands that work as they stand."""
    zh = shell.language == "zh"
    crmflow = "crmflow" if shutil.which("crmflow") else sys.argv[0]
    shell.out.print("\n[bold]── " + ("接下来可以输入" if zh else "What to type next") + "[/]")
    for one in shown:
        shell.out.print(f"\n[bold]{one.pack.title.in_language(shell.language)}[/]   {one.folder}/report.html")
        for subject in one.subjects:
            shell.out.print(f"  {crmflow} --site {one.folder} explain {subject}", soft_wrap=True)
        shell.out.print(f"  {crmflow} --site {one.folder} visits", soft_wrap=True)
