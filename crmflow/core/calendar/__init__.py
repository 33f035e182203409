"""When is it working time? Shifts, days, holidays and the calendar that they make."""

from __future__ import annotations

from crmflow.core.calendar.calendar import ALWAYS, Calendar
from crmflow.core.calendar.day import Day, MonthDay, Season
from crmflow.core.calendar.layer import Layer, OwnDay
from crmflow.core.calendar.shift import DAY, Shift, Stretch

__all__ = ["ALWAYS", "DAY", "Calendar", "Day", "Layer", "MonthDay", "OwnDay", "Season", "Shift", "Stretch"]
