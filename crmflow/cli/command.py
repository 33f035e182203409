"""How does a command speak its reader's language, and how does an error become words and an exit code?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from crmflow.cli.shell import Shell
from crmflow.errors import LANGUAGES, CrmflowError, SettingsError

FINDINGS, USAGE, FAILURE, INTERRUPTED = 1, 2, 3, 130


class Command(click.Command):
    """A command with --lang and --traceback, whose function gets a Shell as `click.pass_obj` gives it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += [
            click.Option(
                ["--lang"],
                type=click.Choice(LANGUAGES),
                help="Language; else the site's. 语言，默认取站点设置。",
            ),
            click.Option(
                ["--traceback"], is_flag=True, help="Show where an error comes from. 显示错误来源。"
            ),
        ]

    def invoke(self, ctx: click.Context) -> Any:
        traceback = ctx.params.pop("traceback")
        folder = Path(ctx.find_root().params.get("site") or ".")
        ctx.obj = shell = Shell(folder, ctx.params.pop("lang"))
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            shell.say("interrupted", "已中断")
            ctx.exit(INTERRUPTED)
        except Exception as error:
            if traceback:
                raise
            ctx.exit(report(shell, error))


def report(shell: Shell, error: Exception) -> int:
    """Shows what went wrong, and gives the exit code. Rule files that are wrong are findings."""
    if findings := getattr(error, "diagnostics", ()):
        from crmflow.cli.findings import show_findings

        show_findings(shell, findings, "full")
        return FINDINGS
    show(shell, coded(error))
    return USAGE if isinstance(error, SettingsError) else FAILURE


def coded(error: Exception) -> CrmflowError:
    """The error as one of the catalogue's: CRM818 for the system's, CRM811 for what nobody foresaw."""
    if isinstance(error, CrmflowError):
        return error
    if isinstance(error, OSError):
        file = f" {error.filename}" if error.filename else ""
        return SettingsError("CRM818", reason=error.strerror, file=file)
    return SettingsError("CRM811", kind=type(error).__name__, reason=error)


def show(shell: Shell, error: CrmflowError) -> None:
    """The error in one line: its code, what and where, and what to do."""
    shell.err.print(f"[bold red]{error.code}[/] {escape(error.text(shell.language))}", soft_wrap=True)
