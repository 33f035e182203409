"""What does the retail pack register? Its whole folder."""

from __future__ import annotations

from pathlib import Path

from crmflow import Pack, Text, hookimpl
from crmflow_retail.demo import demo


@hookimpl
def crmflow_pack() -> Pack:
    """The pack for supermarkets: every rule file of this folder."""
    return Pack("retail", Text("Supermarkets", "超市"), Path(__file__).parent, demo)
