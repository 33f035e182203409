"""Commands about the site itself: init, migrate, plugins."""

from __future__ import annotations

from pathlib import Path

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.render import show_listing
from crmflow.cli.shell import Shell
from crmflow.errors import LANGUAGES


@click.command(cls=Command)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pack", "packs", multiple=True, required=True, help="An industry pack. 行业包，可多个。")
@click.option("--zone", default="Asia/Shanghai", show_default=True, help="Time zone of the site. 站点时区。")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the site. 站点语言。")
@click.pass_obj
def init(shell: Shell, folder: Path, packs: tuple[str, ...], zone: str, language: str | None) -> None:
    """Make a site in DIR: settings, database and first release. 在 DIR 新建站点并发布首个版本。"""
    from crmflow.engine import Engine
    from crmflow.engine.schemas import rules_of, write_editor_files
    from crmflow.plugins import Plugins
    from crmflow.settings import Site

    Plugins(packs)  # a pack that is not installed leaves nothing behind
    site = Site.init(folder, packs, zone=zone, language=language or shell.language)
    shell.chosen = shell.chosen or site.language
    with Engine.create(site) as engine:
        release = engine.publish(actor="cli", note="init")
        write_editor_files(folder, rules_of(site))
    shell.say(
        f"site {folder} with {', '.join(packs)}, release {release.number} is in force; next: cd {folder}, "
        "then crmflow import",
        f"站点 {folder} 已建立（{'、'.join(packs)}），版本 {release.number} 已生效；接下来：cd {folder}，"
        "再用 crmflow import 导入数据",
    )


@click.command(cls=Command)
@click.pass_obj
def migrate(shell: Shell) -> None:
    """Create the site's database, or upgrade it to this version. 创建数据库或升级到当前版本。"""
    from crmflow.engine import Engine

    revision = Engine.migrate(shell.site)
    shell.say(f"the database is at revision {revision}", f"数据库结构版本：{revision}")


@click.command(cls=Command)
@options.as_json
@click.pass_obj
def plugins(shell: Shell, as_json: bool) -> None:
    """Which packs are installed, and which does the site use? 已安装及在用的行业包。"""
    with shell.engine() as engine:
        show_listing(shell, engine.plugins(), json=as_json)
