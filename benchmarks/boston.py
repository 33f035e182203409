"""How often is a due time what the city of Boston says, to the minute, and where does the rest differ?

Each case of 2015 has the moment it was opened and its target date. The calendar and the targets are the files
in tests/core/boston, which say what the city's offices say: working days from 08:30 to 17:00, Massachusetts
holidays, so many working days for each type. Prints a table, writes results/boston.json. Finds the cases by
CRMFLOW_DATA.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from crmflow import due, load_calendar
from crmflow.rules.targets import targets_at

HERE = Path(__file__).parent
OFFICE = HERE.parent / "tests/core/boston"
CASES = "sla_boston311_2015_four_types.csv.gz"
RESULT = HERE / "results/boston.json"
MINUTE, CLERICAL = timedelta(minutes=1), timedelta(minutes=10)
ACCOUNT = {
    "right": "to the minute",
    "earlier": "up to ten minutes before ours, as if the opening had been entered later than the target",
    "later": "up to ten minutes after ours, as if the opening had been put back a little",
    "hours": "on the same day, at another hour",
    "moved": "on another day, at the same time of day, as if moved by hand",
    "anew": "on another day, at another time, as if set anew",
}


def kind(target: datetime, ours: datetime) -> str:
    apart = target - ours
    if abs(apart) <= MINUTE:
        return "right"
    if abs(apart) < CLERICAL:
        return "earlier" if target < ours else "later"
    if target.date() == ours.date():
        return "hours"
    same_time = abs(target - datetime.combine(target, ours.time())) <= MINUTE
    return "moved" if same_time else "anew"


def main() -> None:
    folder = os.environ.get("CRMFLOW_DATA")
    if not folder:
        sys.exit("CRMFLOW_DATA names no folder with the city's cases")
    office, targets = load_calendar(OFFICE / "calendar.yaml"), targets_at(OFFICE / "targets.yaml")
    found: dict[str, Counter[str]] = {type: Counter() for type in targets}
    with gzip.open(Path(folder) / CASES, "rt", encoding="utf-8") as file:
        for case in csv.DictReader(file):
            if case["TARGET_DT"]:
                ours = due(case["OPEN_DT"], targets[case["TYPE"]].term(case), office).replace(tzinfo=None)
                found[case["TYPE"]][kind(datetime.fromisoformat(case["TARGET_DT"]), ours)] += 1
    for type, counts in found.items():
        print(f"{type:30} {counts.total():6} cases  {counts['right'] / counts.total():7.2%} to the minute")
    print()
    for name, says in ACCOUNT.items():
        numbers = " ".join(f"{counts[name]:6}" for counts in found.values())
        print(f"{numbers}  {says}")
    result = {type: {name: counts[name] for name in ACCOUNT} for type, counts in found.items()}
    RESULT.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
