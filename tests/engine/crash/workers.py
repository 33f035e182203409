"""How do the tests give their workers orders?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from signal import SIGKILL
from types import TracebackType
from typing import Any, Self

from crmflow.cli.command import FAILURE

PROGRAM = "tests.engine.crash.child"
ROOT = Path(__file__).parents[3]


class Workers:
    """Workers of one site, each a process of its own, with one program that starts and kills them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kills = 0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", PROGRAM, str(self.folder)]
        log = (self.folder / "worker.log").open("ab")
        self._program = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        log.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.communicate()

    def work(self) -> int:
        """Until nothing is due; the exit code."""
        status = self._order()
        assert not status & 0x7F, f"died of signal {status & 0x7F}"
        return int(status >> 8)

    def refuse(self) -> None:
        """Works, and fails."""
        assert self.work() == FAILURE

    def die_at(self, touch: int) -> None:
        """Works until the n-th touch of the database, if it comes so far, and is killed there."""
        self._died(self._order(at=touch))

    def die_after(self, seconds: float) -> None:
        """Is killed after so many seconds."""
        self._died(self._order(after=seconds))

    def start(self, workers: int) -> None:
        """Begins workers that go on."""
        self._order(start=workers)

    def stop(self) -> list[int]:
        """Ends them in good order; their exit codes."""
        return [status >> 8 if not status & 0x7F else -(status & 0x7F) for status in self._order(stop=True)]

    def _died(self, status: int) -> None:
        assert status in (0, SIGKILL), f"ended with {status}\n{self.log()}"
        self.kills += status == SIGKILL

    def _order(self, **order: Any) -> Any:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        print(json.dumps(order), file=self._program.stdin, flush=True)
        answer = self._program.stdout.readline()
        assert answer, f"the program that keeps the workers has ended\n{self.log()}"
        return json.loads(answer)

    def log(self) -> str:
        """The end of what the workers said."""
        return (self.folder / "worker.log").read_text("utf-8")[-4000:]
