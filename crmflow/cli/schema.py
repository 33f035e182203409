"""Command that says what may stand in a file: schema."""

from __future__ import annotations

from pathlib import Path

import click

from crmflow.cli.command import Command
from crmflow.cli.shell import Shell

FORMATS = (
    "vocabulary",
    "rulebook",
    "inference",
    "chart",
    "params",
    "order",
    "calendar",
    "targets",
    "mapping",
    "site",
)


@click.command(cls=Command)
@click.argument("format_", metavar="[FORMAT]", type=click.Choice(FORMATS), required=False)
@click.option("--names", is_flag=True, help="Offer the names of the site. 补全站点的名称。")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to FILE. 写入文件。")
@click.pass_obj
def schema(shell: Shell, format_: str | None, names: bool, output: Path | None) -> None:
    """Print the JSON Schema (draft 7) of a FORMAT: vocabulary, rulebook, inference, chart, params, order,
    calendar, targets, mapping or site. 输出文件格式的 JSON Schema。

    Without FORMAT, writes all of them, with the names of the site, and the settings by which VS Code uses
    them into the site's .vscode. 不写格式时，把全部格式（含站点名称）和 VS Code 设置写入站点的 .vscode。
    """
    from crmflow.engine.schemas import as_text, rules_of, schema, write_editor_files

    if format_ is None:
        written = write_editor_files(shell.site.folder, rules_of(shell.site))
        shell.say(
            f"{len(written)} files written for the editor in {shell.site.folder / '.vscode'}",
            f"已在 {shell.site.folder / '.vscode'} 写入 {len(written)} 个编辑器文件",
        )
        return
    text = as_text(schema(format_, rules_of(shell.site) if names else None))
    if output is None:
        shell.out.file.write(text)
    else:
        output.write_text(text, "utf-8")
        shell.say(f"{output} written", f"已写入 {output}")
