"""How are releases, the steps of one, and the packs of the one in force listed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from crmflow.core.listing import Listing
from crmflow.core.release import BEGINNING, END, Release, state_of
from crmflow.engine.listings import WORDS, listing
from crmflow.engine.releasing import Health

ABBREVIATED = 12
"""Signs of a hash that are shown."""


def release_listing(releases: Sequence[Release], now: datetime) -> Listing:
    """Every release: its state, who drafted and approved it, and since when it is in force."""
    return listing(
        "releases",
        "release state actor at approved_by begins ends note hash",
        (_row(release, releases, now) for release in releases),
    )


def _row(release: Release, releases: Sequence[Release], now: datetime) -> Mapping[str, object]:
    span = next(release.spans(), None)
    approvals = dict.fromkeys(step.actor for step in release.approvals())
    return {
        "release": release.number,
        "state": WORDS[f"release.states.{state_of(release, releases, now)}"],
        "actor": release.actor,
        "at": release.recorded_at,
        "approved_by": ", ".join(approvals),
        "begins": None if span is None or span.begins == BEGINNING else span.begins,
        "ends": None if span is None or span.ends == END else span.ends,
        "note": release.note,
        "hash": release.hash[:ABBREVIATED],
    }


def step_listing(release: Release) -> Listing:
    """What was done with a release, by whom, when and why."""
    rows = (
        {
            "action": WORDS[f"release.actions.{step.action}"],
            "actor": step.actor,
            "at": step.at,
            "begins": step.begins,
            "ends": step.ends,
            "result": ", ".join(f"{name}: {value}" for name, value in step.result.items()),
            "note": step.note,
        }
        for step in release.steps
    )
    return listing("release", "action actor at begins ends result note", rows)


def pack_listing(health: Health) -> Listing:
    """Which version of each pack decides, and which one is installed."""
    rows = (
        {"pack": each.name, "frozen": each.in_force, "installed": each.installed} for each in health.packs
    )
    return listing("pack-versions", "pack frozen installed", rows)
