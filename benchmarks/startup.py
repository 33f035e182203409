"""How long does `crmflow --help` take, beside an interpreter that only imports click?

Best of several runs of each, taken in turn; the promise is a ratio of at most 2.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
PROMISE = 2.0
RESULT = Path(__file__).parent / "results/startup.json"

PROGRAMS = {
    "python -c 'import click'": [sys.executable, "-c", "import click"],
    "crmflow --help": [str(Path(sys.executable).parent / "crmflow"), "--help"],
}


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    best = dict.fromkeys(PROGRAMS, float("inf"))
    for _ in range(RUNS):
        for name, command in PROGRAMS.items():
            best[name] = min(best[name], seconds(command))
    click, crmflow = best.values()
    ratio = crmflow / click
    for name, took in best.items():
        print(f"{name:<26} {took * 1000:6.0f} ms")
    print(f"{'ratio':<26} {ratio:6.2f} (promised: at most {PROMISE})")
    RESULT.parent.mkdir(exist_ok=True)
    measured = {"seconds": best, "ratio": round(ratio, 2), "runs": RUNS, "python": platform.python_version()}
    RESULT.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")
    return 0 if ratio <= PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
