"""Which options do several commands share?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

as_staff = click.option(
    "--as",
    "viewer",
    metavar="STAFF",
    help="See what this staff member sees: their unit and those below. 以该员工的视角查看（本单位及下级）。",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON. 输出 JSON。")
as_csv = click.option("--csv", "as_csv", is_flag=True, help="Print CSV. 输出 CSV。")
personal = click.option(
    "--show-personal", "personal", is_flag=True, help="Do not mask personal data. 不隐藏个人信息。"
)
as_of = click.option("--as-of", metavar="DATE", help="As of a day or instant; else now. 截至时间，默认现在。")


at = click.option(
    "--at",
    metavar="TIME",
    help="When it happened; a date means its end, today's means now. "
    "发生时间；只写日期表示当日结束，当天表示现在。",
)
as_xlsx = click.option(
    "--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write a workbook. 写成工作簿。"
)
sheet_per = click.option(
    "--sheet-per",
    type=click.Choice(["unit", "staff", "none"]),
    help="A workbook's sheets: by unit, by person, or one. 按单位、按员工分表，或不分。",
)
form = click.option(
    "--form", is_flag=True, help="With --csv: the columns to fill in. 与 --csv 同用：附待填列。"
)


def explanation(command: Function) -> Function:
    """How an explanation is printed."""
    form = click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json", "html"]),
        default="text",
        help="Form of the output. 输出格式。",
    )
    page = click.option(
        "--html",
        "page",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write a page that opens in a browser. 写成可在浏览器中打开的页面。",
    )
    return form(as_json(page(personal(command))))


def listing(command: Function) -> Function:
    """How a listing is printed."""
    return as_json(as_csv(as_xlsx(sheet_per(personal(command)))))
