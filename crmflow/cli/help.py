"""The command that explains a code of an error or finding, or another command: help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from string import Formatter
from textwrap import indent

import click
from rich.markup import escape

from crmflow.cli.command import Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.core.text import Text
from crmflow.errors import Code, SettingsError, catalogue
from crmflow.rules.feel import nearest

HEADINGS = {
    "en": ("Why", "What to do", "Example", "Better"),
    "zh": ("原因", "处理", "示例", "改为"),
}
FIXES = {
    "safe": Text("`--fix` mends it.", "可用 `--fix` 修正。"),
    "near": Text("`--fix` mends it where one letter is off.", "只差一个字母时可用 `--fix` 修正。"),
}


@click.command("help", cls=Command)
@click.argument("topic", required=False)
@click.option("--all", "every", is_flag=True, help="Every code. 全部代码。")
@click.option("--output-format", "format", type=click.Choice(("text", "json")), default="text")
@click.pass_context
def help_(ctx: click.Context, topic: str | None, every: bool, format: str) -> None:
    """Explain a code, such as CRM101, or a command. 解释代码（如 CRM101）或命令。"""
    root = ctx.find_root()
    group = root.command
    assert isinstance(group, click.Group)
    if every:
        explain_all(ctx.obj, format)
    elif topic is None:
        click.echo(root.get_help())
    elif command := group.get_command(root, topic):
        click.echo(command.get_help(click.Context(command, info_name=topic, parent=root)))
    else:
        explain_code(ctx.obj, _code(topic, group.list_commands(root)), format)


def explain_all(shell: Shell, format: str) -> None:
    """Every code: a line each, or all that is known of each as JSON."""
    if format == "json":
        write_json(shell, [record(code) for code in catalogue().values()])
        return
    for code in catalogue().values():
        title = escape(code.title[shell.language])
        shell.out.print(f"[bold red]{code.id}[/] {code.name}: {title}", soft_wrap=True)


def explain_code(shell: Shell, code: Code, format: str) -> None:
    """What the code says, why it matters, what to do, an example, and how it reads when it is right."""
    if format == "json":
        write_json(shell, record(code))
        return
    language = shell.language
    why, remedy, example, better = HEADINGS[language]
    say = partial(shell.out.print, soft_wrap=True)
    say(f"[bold red]{code.id}[/] {code.name}: [bold]{escape(code.title[language])}[/]\n")
    say(escape(code.say(language, elided(code.message[language]))) + "\n")
    say(f"[bold]{why}[/]  {escape(code.why[language])}\n")
    fix = f" {FIXES[code.fix].in_language(language)}" if code.fix else ""
    say(f"[bold]{remedy}[/]  {escape(code.advise(language, elided(code.remedy[language])) + fix)}\n")
    say(f"[bold]{example}[/]\n{indent(escape(code.example), '  ')}")
    if code.good is not None:
        say(f"\n[bold]{better}[/]\n{indent(escape(code.good), '  ')}")


def elided(template: str) -> dict[str, object]:
    """… for each part of a message: what stands there is known only where it is found."""
    return {name: "…" for _, name, _, _ in Formatter().parse(template) if name is not None}


def record(code: Code) -> dict[str, object]:
    """All that is known of a code, in both languages."""
    return asdict(code)


def _code(topic: str, commands: Sequence[str]) -> Code:
    """The code with this number or name. Raises SettingsError CRM812 with the nearest code or command."""
    for code in catalogue().values():
        if topic.upper() == code.id or topic.lower() == code.name:
            return code
    near = nearest(topic.upper(), catalogue()) or nearest(topic, commands) or "CRM101"
    raise SettingsError("CRM812", name=topic, nearest=near)
