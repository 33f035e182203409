"""What comes of each hostile text, in a process of its own that may take only so much time and memory?

`python -m tests.rules.hostile TABLE.toml FEWER` prints a line of JSON for each; the limits of work and size
are FEWER times lower.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from crmflow.errors import CrmflowError
from crmflow.rules import dmn, feel
from crmflow.rules.feel import steps, values
from crmflow.rules.load import RuleFile, load

Case = dict[str, Any]

SECONDS: Final = 20  # of the processor, on however slow a machine
MEMORY: Final = 1 << 30  # bytes

CIRCLE: Final[list[object]] = []
CIRCLE.append(CIRCLE)
LOOP: Final[dict[str, object]] = {}
LOOP["a"] = LOOP
CONTEXTS: Final[dict[str, dict[str, object]]] = {
    "nothing": {},
    "one": {"one": 1},
    "long": {"long": list(range(1000))},
    "huge": {"huge": Decimal("1E+99999999")},
    "circles": {"circle": CIRCLE, "loop": LOOP},
}


def table(path: Path) -> dict[str, Case]:
    return tomllib.loads(path.read_text("utf-8"))


def text_of(case: Case) -> str:
    return "".join(piece if isinstance(piece, str) else repeated(*piece) for piece in case["text"])


def repeated(piece: str, times: int, between: str = "") -> str:
    return between.join(piece.replace("{n}", str(n)).replace("{n+1}", str(n + 1)) for n in range(times))


def outcome(case: Case) -> str:
    """The code of the error, or the value as Python writes it."""
    try:
        value = tried(text_of(case), case.get("way", "evaluate"), CONTEXTS[case.get("context", "nothing")])
    except CrmflowError as error:
        return error.code
    return str(value) if isinstance(value, Decimal) else repr(value)


def tried(text: str, way: str, context: dict[str, object]) -> object:
    match way:
        case "trace":
            return feel.parse(text, list(context), "standard").trace(context).value
        case "compiled":
            return feel.compile(text, list(context), "standard")(context)
        case "unary":
            return feel.unary(text, 5, context)
        case "file":
            loaded = load([RuleFile("visits/overdue.yaml", text)])
            return sorted({error.code for error in loaded.errors})
        case "model":
            return dmn.load(written(text)).evaluate("x")
    return feel.evaluate(text, context, "strict" if way == "strict" else "standard")


def written(text: str) -> Path:
    path = Path(tempfile.mkdtemp(prefix="crmflow-hostile-")) / "model.dmn"
    path.write_text(text, "utf-8")
    return path


def in_child(case: Case) -> str:
    """The outcome in a process of its own, or how that died."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        try:
            said = outcome(case)
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"[:200]
        os.write(writing, said[:1000].encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return said if status == 0 else f"killed by signal {os.WTERMSIG(status)}"


def outcomes(path: Path, fewer: int) -> Iterator[tuple[str, str]]:
    vars(steps)["STEP_LIMIT"] //= fewer
    vars(values)["SIZE_LIMIT"] //= fewer
    for name, case in table(path).items():
        yield name, in_child(case)


if __name__ == "__main__":
    for each in outcomes(Path(sys.argv[1]), int(sys.argv[2])):
        print(json.dumps(each), flush=True)
