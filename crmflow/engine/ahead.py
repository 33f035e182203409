"""What will the windows of a customer's facts hold on later days, if nothing else happens?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crmflow.rules.fold import Folds, Row, local


class Ahead:
    """Folds the rows that are known now as of later days; each day is worked out once."""

    def __init__(
        self,
        folds: Folds,
        touchpoints: Sequence[Row],
        holdings: Sequence[Row],
        as_of: datetime,
        zone: ZoneInfo,
    ) -> None:
        self.folds, self.touchpoints, self.holdings = folds, touchpoints, holdings
        self.as_of, self.zone = as_of, zone
        self._days: dict[int, Mapping[str, object]] = {}

    def __call__(self, days: int) -> Mapping[str, object]:
        """The values so many days from now, by the name of the fact."""
        if days not in self._days:
            folded = self.folds.at(self.as_of + timedelta(days=days), self.zone)
            values = folded.fold(self.touchpoints, self.holdings).values
            self._days[days] = {name: local(value, self.zone) for name, value in values.items()}
        return self._days[days]
