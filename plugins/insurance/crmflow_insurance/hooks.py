"""What does the insurance pack register? Its files one by one, as a plugin that is not one folder would."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crmflow import Pack, Text, hookimpl
from crmflow_insurance.demo import demo

HERE = Path(__file__).parent


@hookimpl
def crmflow_pack() -> Pack:
    """The pack for life insurers, without a folder: the hooks below name its files."""
    return Pack("insurance", Text("Life insurers", "寿险公司"), demo=demo)


@hookimpl
def crmflow_vocabulary() -> Sequence[Path]:
    """Policies, agents and what is known of a customer."""
    return [HERE / "vocabulary.yaml"]


@hookimpl
def crmflow_segmentation() -> Sequence[Path]:
    """Orphan customers, VIP grades and the families of VIPs."""
    return [*sorted((HERE / "segments").glob("*.yaml")), *sorted((HERE / "inferences").glob("*.yaml"))]


@hookimpl
def crmflow_assignment() -> Sequence[Path]:
    """Who serves a customer, and whom to visit when."""
    return [*sorted((HERE / "owners").glob("*.yaml")), *sorted((HERE / "visits").glob("*.yaml"))]


@hookimpl
def crmflow_escalation() -> Sequence[Path]:
    """The time limit of complaints, and the times of the core's complaint chain."""
    return [*sorted((HERE / "charts").glob("*.yaml")), HERE / "params.yaml"]
