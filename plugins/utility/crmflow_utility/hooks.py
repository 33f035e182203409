"""What does the utility pack register? Its whole folder."""

from __future__ import annotations

from pathlib import Path

from crmflow import Pack, Text, hookimpl
from crmflow_utility.demo import demo


@hookimpl
def crmflow_pack() -> Pack:
    """The pack for power utilities: every rule file of this folder."""
    return Pack("utility", Text("Power utilities", "供电企业"), Path(__file__).parent, demo)
