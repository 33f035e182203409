"""In which zone does a unit work?"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from crmflow.core.post import Posts


class Zones:
    """The zone of a unit: its own, else that of the nearest unit above that has one, else the site's."""

    def __init__(self, posts: Posts, default: ZoneInfo) -> None:
        self.posts = posts
        self.default = default
        self._known: dict[str | None, ZoneInfo] = {None: default}

    def of(self, unit: str | None) -> ZoneInfo:
        if unit not in self._known:
            named = next((above.zone for above in self.posts.upward(unit) if above.zone), None)
            self._known[unit] = ZoneInfo(named) if named else self.default
        return self._known[unit]
