"""Does a minute of drawn texts, other ones each time, find nothing that crashes, hangs or differs?"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 60


@pytest.mark.long
def test_a_minute_of_fuzzing_finds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed: pip install 'crmflow[dev]'")
    seed = random.randrange(1, 2**31)
    print(f"python -m tests.rules.feel.fuzz --seconds {SECONDS} --seed {seed} --folder DIR")
    options = ["--seconds", str(SECONDS), "--seed", str(seed), "--folder", str(tmp_path)]
    command = [sys.executable, "-m", "tests.rules.feel.fuzz", *options]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    found = [path.read_text("utf-8") for path in (tmp_path / "findings").glob("*.txt")]
    assert found == []
    assert done.returncode == 0, done.stderr[-3000:]
    assert list((tmp_path / "corpus").iterdir()) != []
