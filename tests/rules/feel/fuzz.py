"""Does any text crash the language, hang it, or get out of it? `python -m tests.rules.feel.fuzz --help`"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import resource
import signal
import sys
import tokenize
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

import atheris

with atheris.instrument_imports(include=["crmflow.rules.feel"]):
    from crmflow.rules import feel
    from crmflow.rules.feel import steps, values
    from crmflow.rules.feel.xsd import to_xsd

from tests.rules.feel.sentences import Sentences

SECONDS: Final = 2.0  # of the processor for one call: instrumented code is several times slower
MEMORY: Final = 4 << 30  # bytes of the process
FEWER: Final = 200  # the limits of work and size are so many times lower, so that more texts are tried
CLOCKS: Final = ("now", "today")
OWN: Final = re.compile(
    r"[A-Z_]+|[a-z]\d+|__class__|renew|is_finite|year|month|day|isoweekday"
)  # words of generated code


class Hang(BaseException):
    """One call took longer than SECONDS."""


class OddString(str):
    """A subclass of an accepted type."""


class OddMapping(Mapping[str, object]):
    """A mapping that is no dict."""

    fields: Final[dict[str, object]] = {"a": 1, "left": None, "__class__": "text"}

    def __getitem__(self, name: str) -> object:
        return self.fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
CONTEXT: Final[dict[str, object]] = {
    "a": 1,
    "客户年龄": Decimal("34.50"),
    "own cycle": None,
    "xs": [1, {"a": 2, "b": None}, None, "x", [2, [3]]],
    "p": {
        "left": True,
        "plate": {"number": "沪A·12345"},
        "f": feel.Function(("x",), (feel.any_,), lambda x: x),
    },
    "d": date(2024, 2, 29),
    "at": datetime(2026, 3, 29, 2, 30, 0, 123456, SHANGHAI),
    "t": time(23, 59, 59, 999999, timezone(timedelta(hours=-14))),
    "span": timedelta(days=-1, microseconds=1),
    "months": feel.MonthsDuration(-13),
    "b": True,
    "u": None,
    "f": feel.Function(("x", "y"), (feel.number, feel.any_), lambda x, y: values.Items([x, y])),
    "deep": {"a": {"a": {"a": [{"a": 1}]}}},
    "30天": 30,
    "🙂": "🙂🙂",
    "big": list(range(60)),
    "s": "a" * 200 + "客",
    "odd": OddMapping(),
    "amount": 1e308,
    'a"b': OddString("quoted"),
    "x\n'y": {1, 2},
    "__class__": {"__mro__": "text"},
    "owner": float("nan"),
    "huge": Decimal("1E+99999999"),
    "\ud800": (date.min, datetime.max.replace(tzinfo=UTC)),
}


TYPED: Final = {
    "a": feel.number,
    "客户年龄": feel.number,
    "own cycle": feel.number,
    "d": feel.date,
    "at": feel.date_time,
    "span": feel.days_duration,
    "months": feel.months_duration,
    "b": feel.boolean,
    "u": feel.boolean,
    "🙂": feel.string,
    "s": feel.Enumeration(("a" * 200 + "客", "a", "b"), ordered=True),
    "big": feel.ListType(feel.number),
}
SCOPE: Final = feel.Scope({name: feel.Name(name, TYPED.get(name, feel.any_)) for name in CONTEXT})
# The same names with no values, and with those of others.
OTHERS: Final = (dict.fromkeys(CONTEXT), dict(zip(CONTEXT, [*CONTEXT.values()][1:], strict=False)))


class Finder:
    """Tries texts, keeps what should not have happened as files, one of a kind, and goes on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, data: bytes) -> None:
        drawn = atheris.FuzzedDataProvider(data)
        match drawn.ConsumeIntInRange(0, 9):
            case 9:
                self.attempt(whole, drawn.ConsumeUnicode(len(data)))
            case 7 | 8:
                self.attempt(cell, Sentences(drawn).cell())
            case _:
                self.attempt(whole, Sentences(drawn).text())

    def attempt(self, check: Callable[[str], None], text: str) -> None:
        try:
            check(text)
        except (Exception, Hang) as error:
            self.keep(text, error)

    def keep(self, text: str, error: BaseException) -> None:
        frames = [
            f"{Path(each.filename).name}:{each.name}" for each in traceback.extract_tb(error.__traceback__)
        ]
        inner = [frame for frame in frames if not frame.startswith("fuzz.py")][-2:]
        if isinstance(error, Hang | MemoryError | RecursionError):
            inner = sorted({*frames})[:6]  # where exactly it was stopped is chance
        said = error if isinstance(error, AssertionError) else ""
        kind = f"{type(error).__name__} {said} {inner}"
        path = self.folder / f"{hashlib.sha256(kind.encode()).hexdigest()[:12]}.txt"
        if not path.exists():
            lines = "".join(traceback.format_exception(error, limit=-25))
            path.write_text(f"{kind}\n{text!r}\n\n{lines}", "utf-8", "backslashreplace")
            print(f"FOUND {kind}\n      {text[:300]!r}", flush=True)


def whole(text: str) -> None:
    """An expression, in both modes, by every way to its value."""
    found = [value for mode in ("standard", "strict") for value in in_mode(text, mode)]
    if len(found) == 2:
        agree(found[0], found[1], "mode")


def in_mode(text: str, mode: str) -> Iterator[object]:
    """The value, when the text can be read in this mode: the same by walk, trace and compiled function."""
    expression = answer(partial(feel.parse, text, SCOPE, mode))
    if isinstance(expression, feel.FeelError):
        return
    assert isinstance(expression, feel.Expression)
    value = answer(partial(expression.evaluate, CONTEXT))
    answer(partial(to_xsd, value))
    answer(partial(expression.reasons, CONTEXT))
    if any(word in text for word in CLOCKS):
        return
    traced = answer(partial(expression.trace, CONTEXT))
    agree(value, traced.value if isinstance(traced, feel.Trace) else traced, "trace")
    compiled = feel.compile(text, SCOPE, mode)
    agree(value, answer(partial(compiled, CONTEXT)), "compiled")
    for other in OTHERS:
        agree(answer(partial(expression.evaluate, other)), answer(partial(compiled, other)), "compiled")
    assert strangers(compiled.source) == set(), "generated code holds a word of the text"
    yield value


def cell(text: str) -> None:
    """A cell, asked about values of several types."""
    for value in (5, None, "x", date(2026, 1, 1), [1, 2], {"a": 1}):
        answer(partial(feel.unary, text, value, CONTEXT))


def answer(call: Callable[[], object]) -> object:
    """The value of one call within its bounds, or its FeelError, which has a place and a message."""
    try:
        with watched():
            return call()
    except feel.FeelError as error:
        found = error
    assert 0 <= found.start <= found.end, "the span is wrong"
    assert found.text("en"), "no English message"
    assert found.text("zh"), "no Chinese message"
    return found


@contextmanager
def watched() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def out_of_time(*_: object) -> NoReturn:
    raise Hang


def agree(one: object, other: object, way: str) -> None:
    """Equal values; a limit that only one way reaches is no difference."""
    if isinstance(one, feel.FeelError) or isinstance(other, feel.FeelError):
        return
    assert plain(one) == plain(other), f"differs by {way}"


def plain(value: object) -> object:
    """A value as something that compares: its types count, functions do not."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return "function" if hasattr(value, "call") else f"{type(value).__name__} {value!r}"


def strangers(source: str) -> set[str]:
    """What generated code may not hold: strings, and names that are neither slots nor its own words."""
    found: set[Any] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        known = OWN.fullmatch(token.string) is not None or iskeyword(token.string)
        if token.type == tokenize.STRING or (token.type == tokenize.NAME and not known):
            found.add(token.string)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=1, help="the same seed draws the same texts")
    arguments.add_argument("--folder", type=Path, required=True, help="for the corpus and what is found")
    options = arguments.parse_args()
    corpus = options.folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    vars(steps)["STEP_LIMIT"] //= FEWER
    vars(values)["SIZE_LIMIT"] //= FEWER
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGVTALRM, out_of_time)
    limits = [f"-max_total_time={options.seconds}", f"-seed={options.seed}", "-max_len=600", "-timeout=120"]
    ways = [
        "-rss_limit_mb=0",
        "-len_control=0",
        f"-artifact_prefix={options.folder}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *limits, *ways, str(corpus)], Finder(options.folder / "findings"))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
