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
    """A part of a single instruction."""
    return Part(lambda at: [instruction])


def sequence(parts: list[Part]) -> Part:
    """One part after the other."""

    def write(at: int) -> list[Instruction]:
        program: list[Instruction] = []
        for part in parts:
            program += part.write(at + len(program))
            if len(program) > SIZE_LIMIT:
                raise TooLarge
        return program

    return Part(write)


def choice(parts: list[Part]) -> Part:
    """One of the parts, the first being tried first."""

    def write(at: int) -> list[Instruction]:
        program: list[Instruction] = []
        jumps: list[int] = []
        for part in parts[:-1]:
            start = at + len(program) + 1
            body = part.write(start)
            jumps.append(len(program) + len(body) + 1)
            program += [("split", start, start + len(body) + 1), *body, ("jump", 0, 0)]
            if len(program) > SIZE_LIMIT:
                raise TooLarge
        program += parts[-1].write(at + len(program))
        for jump in jumps:
            program[jump] = ("jump", at + len(program), 0)
        return program

    return Part(write)


def repeat(part: Part, low: int, high: int | None, greedy: bool) -> Part:
    """The part `low` times, then optional ones up to `high`, or a loop."""
    if max(low, high or 0) > SIZE_LIMIT:
        raise TooLarge
    if not part.write(0):
        return part
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
