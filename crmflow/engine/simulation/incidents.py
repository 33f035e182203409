"""Which incidents run in a simulated world, and which cases happened there meanwhile?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from crmflow.core.case import Case
from crmflow.core.incident import NOBODY
from crmflow.engine.simulation.world import World
from crmflow.store.incidents import Incidents


@dataclass(frozen=True, slots=True)
class CaughtIncidents(Incidents):
    """The incidents of a world, instead of those of the store."""

    world: World

    def running(self, units: Iterable[str]) -> Iterator[Case]:
        places = frozenset(units)
        return (case for case in self._open() if case.customer_id == NOBODY and case.unit in places)

    def about(self, unit: str, key: str) -> Case:
        return next(case for case in self.world.cases.values() if case.key == key)

    def happened(
        self, units: Iterable[str], charts: Iterable[str], since: datetime, until: datetime | None = None
    ) -> Iterator[Case]:
        places, which = frozenset(units), frozenset(charts)
        for case in self._open():
            meant = case.parent_id is None and case.unit in places and case.chart in which
            if meant and since <= case.opened_at and (until is None or case.opened_at <= until):
                yield case

    def opened(self, keys: Iterable[tuple[int, str]]) -> set[str]:
        return {key for _, key in keys} & {case.key for case in self.world.cases.values()}

    def _open(self) -> Iterator[Case]:
        for case in sorted(self.world.cases.values(), key=attrgetter("opened_at", "id")):
            if case.closed_at is None:
                yield case
