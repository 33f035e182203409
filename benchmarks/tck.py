"""How much of the DMN TCK, the standard's public test kit, passes, and why does the rest not?

CRMFLOW_TCK names the kit's TestCases folder (github.com/dmn-tck/tck), or a part of it.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from crmflow.rules.dmn.tck import Outcome, Score, run

RESULT = Path(__file__).parent / "results/tck.json"
# The clause of the standard that a folder's misses are about.
CLAUSES = {"0076-feel-external-java": "DMN 1.5, 10.3.2.13.3: functions in Java, refused by design"}


def table(outcomes: list[Outcome]) -> dict[str, dict[str, object]]:
    """Of each folder with misses: how many, of how many, the clause, and the cases."""
    cases = Counter(outcome.case.folder for outcome in outcomes)
    made: dict[str, dict[str, object]] = {}
    for folder, count in cases.items():
        missed = [each.case.id for each in outcomes if each.case.folder == folder and not each.strict]
        if missed:
            clause = CLAUSES.get(folder.rpartition("/")[2], "not known")
            made[folder] = {"missed": len(missed), "cases": count, "clause": clause, "ids": missed}
    return made


def main() -> int:
    kit = os.environ.get("CRMFLOW_TCK")
    if not kit:
        print("CRMFLOW_TCK does not name the kit's TestCases folder: nothing is measured")
        return 0
    start = time.perf_counter()
    outcomes = list(run(kit))
    took = time.perf_counter() - start
    score, misses = Score.of(outcomes), table(outcomes)
    for folder, miss in misses.items():
        print(f"{miss['missed']:>4} of {miss['cases']:>4}  {folder}: {miss['clause']}")
    print(f"strict         {score.strict:>5,} of {score.cases:,}")
    print(f"lenient        {score.lenient:>5,} of {score.cases:,}")
    print(f"value-expected {score.value_passed:>5,} of {score.value_cases:,}")
    print(f"{took:.1f} s, models read included")
    RESULT.parent.mkdir(exist_ok=True)
    measured = {
        **asdict(score),
        "misses": misses,
        "seconds": round(took, 2),
        "python": platform.python_version(),
    }
    RESULT.write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0 if "not known" not in {miss["clause"] for miss in misses.values()} else 1


if __name__ == "__main__":
    sys.exit(main())
