"""Runs `crmflow worker` in processes that die when they are told to; started as a program of its own.

Everything is loaded once and each worker is a fork, so that hundreds of deaths take minutes. A line of
standard input is an order, as JSON: `at` makes the worker kill itself at its n-th touch of the database,
`after` has it killed after so many seconds; with neither it works until nothing is due. The answer is its
wait status. The orders `start` and `stop` begin workers that go on, and end them in good order.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from functools import partial
from itertools import count
from pathlib import Path

from sqlalchemy import Engine as Database
from sqlalchemy import event
from sqlalchemy.pool import Pool

from crmflow.cli import main
from crmflow.engine import Engine
from tests.engine.crash.world import clock_of, opened

TOUCHES = [
    (Database, "before_cursor_execute"),
    (Database, "after_cursor_execute"),
    (Database, "commit"),
    (Pool, "checkin"),
]
"""Before and after each statement, before a commit, and after it."""


def serve(folder: Path) -> None:
    warm(folder)
    going: list[int] = []
    for line in sys.stdin:
        order = json.loads(line)
        answer: object = None
        match order:
            case {"start": workers}:
                going = [fork(folder, ["--interval", "0.2"], None) for _ in range(workers)]
            case {"stop": True}:
                for pid in going:
                    os.kill(pid, signal.SIGTERM)
                answer = [os.waitpid(pid, 0)[1] for pid in going]
            case {"after": seconds}:
                pid = fork(folder, ["--interval", "0.01"], None)
                time.sleep(seconds)
                os.kill(pid, signal.SIGKILL)
                answer = os.waitpid(pid, 0)[1]
            case {"at": touch}:
                answer = os.waitpid(fork(folder, ["--once"], touch), 0)[1]
            case _:
                answer = os.waitpid(fork(folder, ["--once"], None), 0)[1]
        print(json.dumps(answer), flush=True)


def warm(folder: Path) -> None:
    """Compiles the rules, which the forks inherit; no connection stays open."""
    with opened(folder) as engine:
        engine.cases()
    Engine.open = partial(Engine.open, clock=lambda: clock_of(folder))  # type: ignore[method-assign]


def fork(folder: Path, options: list[str], touch: int | None) -> int:
    """The process id of a worker."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        sys.stdin.close()
        os.dup2(2, 1)
        if touch is not None:
            die_at(touch)
        main(["worker", "--site", str(folder), "--limit", "5", "--json", *options])
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        os._exit(code)


def die_at(touch: int) -> None:
    touches = count(1)

    def touched(*_: object, **__: object) -> None:
        if next(touches) == touch:
            os.kill(os.getpid(), signal.SIGKILL)

    for target, name in TOUCHES:
        event.listen(target, name, touched)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
