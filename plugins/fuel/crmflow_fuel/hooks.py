"""What does the fuel pack register? Its whole folder."""

from __future__ import annotations

from pathlib import Path

from crmflow import Pack, Text, hookimpl
from crmflow_fuel.demo import demo


@hookimpl
def crmflow_pack() -> Pack:
    """The pack for fuel stations: every rule file of this folder."""
    return Pack("fuel", Text("Fuel stations", "加油站"), Path(__file__).parent, demo)
