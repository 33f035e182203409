"""At which level does a case begin, which unit works on it there, and what is the next level up?"""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.core.chart import Chart
from crmflow.core.post import Posts, Unit
from crmflow.errors import WorkflowError


def first_level(chart: Chart, unit: str | None, data: Mapping[str, object], posts: Posts) -> str | None:
    """The level that the case was given, else that of its unit, else the chart's first.

    Raises WorkflowError CRM504 for a given level that the chart does not have.
    """
    given = data.get("level")
    if given is not None:
        if given not in chart.levels:
            raise WorkflowError("CRM504", chart=chart.id, level=given, levels=", ".join(chart.levels))
        return str(given)
    own = next(posts.upward(unit), None)
    if own is not None:
        return own.level
    return chart.levels[0] if chart.levels else None


def unit_at(chart: Chart, unit: str | None, level: str | None, posts: Posts) -> Unit | None:
    """The unit that works at `level` on a case of `unit`: the one on the way up, or where the tree leaves the
    level out, the next above it."""
    if level not in chart.levels:
        return next(posts.upward(unit), None)
    for each in chart.levels[chart.levels.index(level) :]:
        if (found := posts.at_level(unit, each)) is not None:
            return found
    return None


def level_above(chart: Chart, unit: str | None, level: str | None, posts: Posts) -> str | None:
    """The next level up at which there is a unit; None at the top."""
    if level not in chart.levels:
        return None
    for above in chart.levels[chart.levels.index(level) + 1 :]:
        if posts.at_level(unit, above) is not None:
            return above
    return None
