"""The command that shows every installed pack on a small world: demo."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

import click

from crmflow.cli.command import Command
from crmflow.cli.intake import bring_in, say_import
from crmflow.cli.render import show_run
from crmflow.cli.run import write_report
from crmflow.cli.shell import Shell
from crmflow.core.moment import end_of_day
from crmflow.core.pack import DemoTable, Pack
from crmflow.errors import LANGUAGES, SettingsError

if TYPE_CHECKING:
    from crmflow.engine import Engine
    from crmflow.settings import Site

# The same seed makes the same world.
SEED = 2026


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
    what_next(shell, shown)
    shell.say(f"{len(shown)} packs in {seconds:.0f} s", f"{len(shown)} 个行业包，用时 {seconds:.0f} 秒")


def installed_packs() -> list[Pack]:
    """Every installed pack, by name."""
    from crmflow.plugins import Plugins, installed

    return [Plugins([plugin.name]).packs[plugin.name] for plugin in installed()]


def show_pack(shell: Shell, pack: Pack, folder: Path, language: str | None) -> Shown:
    """One pack from an empty folder to its report."""
    from crmflow.engine import Engine

    assert pack.demo is not None
    world = pack.demo(Random(SEED))
    site = here(folder, pack, language or shell.language)
    shell = Shell(folder, shell.chosen)
    shell.out.print(f"\n[bold]── {pack.title.in_language(shell.language)}[/] · {folder}\n")
    shell.out.print(world.note.in_language(shell.language), markup=False, soft_wrap=True)
    Engine.migrate(site)
    with shell.engine(site) as engine:
        engine.publish(actor="cli", note="demo")
        for table in world.tables:
            import_table(shell, engine, table, folder)
        with shell.progress("running", "正在运行") as progress:
            report = engine.run(end_of_day(world.as_of, site.zone), actor="cli", progress=progress)
        show_run(shell, report, most=8)
        write_report(shell, report, folder / "report.html")
        return Shown(pack, folder, list(subjects(engine)))


def here(folder: Path, pack: Pack, language: str) -> Site:
    """The site in `folder`, made when it is not there."""
    from crmflow.settings import FILE, Site

    if (folder / FILE).exists():
        return Site.read(folder)
    return Site.init(folder, [pack.name], zone="Asia/Shanghai", language=language)


def import_table(shell: Shell, engine: Engine, table: DemoTable, folder: Path) -> None:
    """Write the table as a file that a person may look at, and import it as any other."""
    path = write_table(table, folder / "data")
    mapping = write_mapping(table, folder / "data")
    say_import(shell, bring_in(shell, engine, table.kind, path, mapping), path)


def write_table(table: DemoTable, folder: Path) -> Path:
    """The table's rows as CSV, or the file that the pack brings."""
    folder.mkdir(parents=True, exist_ok=True)
    if table.file is not None:
        return Path(shutil.copy(table.file, folder / table.file.name))
    rows = list(table.rows)
    path = folder / f"{table.name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_mapping(table: DemoTable, folder: Path) -> Path | None:
    """The table's mapping file, where its headers do not say everything."""
    if table.mapping is None:
        return None
    path = folder / f"{table.name}.mapping.yaml"
    path.write_text("\n".join(yaml({"format": 1, **table.mapping})) + "\n", "utf-8")
    return path


def yaml(data: Mapping[str, object], indent: str = "") -> Iterator[str]:
    """Names and words as YAML, the words quoted as in JSON."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield f"{indent}{json.dumps(name, ensure_ascii=False)}:"
            yield from yaml(value, indent + "  ")
        else:
            yield f"{indent}{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"


def subjects(engine: Engine) -> Iterator[str]:
    """One visit, its customer, and one case that are worth asking about."""
    visit = next(iter(engine.visits().rows), None)
    case = next(iter(engine.cases().rows), None)
    if visit:
        yield visit["customer"]
        yield f"visit:{visit['id']}"
    if case:
        yield f"case:{case['id']}"


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
