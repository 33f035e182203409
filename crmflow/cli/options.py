"""Which options do several commands share?"""

from __future__ import annotations

from collections.abc import Callable
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


def listing(command: Function) -> Function:
    """How a listing is printed."""
    return as_json(as_csv(personal(command)))
