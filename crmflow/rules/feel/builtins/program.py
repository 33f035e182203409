"""How are the parts of a pattern put together to a program for the matcher?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from crmflow.rules.feel.builtins.matcher import Instruction

SIZE_LIMIT: Final = 5_000  # instructions; repetitions are written out


class TooLarge(ValueError):
    """A program beyond the limit."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a pattern: `write` gives its instructions when placed at an address."""

    write: Callable[[int], list[Instruction]]


def one(instruction: Instruction) -> Part:
    return Part(lambda at: [instruction])


def sequence(parts: list[Part]) -> Part:
    def write(at: int) -> list[Instruction]:
        program: list[Instruction] = []
        for part in parts:
            program += part.write(at + len(program))
            if len(program) > SIZE_LIMIT:
                raise TooLarge
        return program

    return Part(write)


def choice(parts: list[Part]) -> Part:
    """The first branch is tried first."""
    if len(parts) == 1:
        return parts[0]
    first, rest = parts[0], choice(parts[1:])

    def write(at: int) -> list[Instruction]:
        one = first.write(at + 1)
        other_at = at + len(one) + 2
        other = rest.write(other_at)
        return [("split", at + 1, other_at), *one, ("jump", other_at + len(other), 0), *other]

    return Part(write)


def repeat(part: Part, low: int, high: int | None, greedy: bool) -> Part:
    """The least number of times, then optional ones or a loop."""
    if max(low, high or 0) > SIZE_LIMIT:
        raise TooLarge
    optional = [_optional(part, greedy)] * (high - low) if high is not None else [_loop(part, greedy)]
    return sequence([part] * low + optional)


def _optional(part: Part, greedy: bool) -> Part:
    def write(at: int) -> list[Instruction]:
        inside = part.write(at + 1)
        return [_split(at + 1, at + 1 + len(inside), greedy), *inside]

    return Part(write)


def _loop(part: Part, greedy: bool) -> Part:
    def write(at: int) -> list[Instruction]:
        inside = part.write(at + 1)
        return [_split(at + 1, at + 2 + len(inside), greedy), *inside, ("jump", at, 0)]

    return Part(write)


def _split(first: int, other: int, greedy: bool) -> Instruction:
    return ("split", first, other) if greedy else ("split", other, first)
