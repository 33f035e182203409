"""Where does a compiled pattern match in a text? (backtracking that never visits a state twice)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crmflow.errors import FeelError
from crmflow.rules.feel.steps import Steps

Instruction = tuple[str, Any, Any]
Places = tuple[int, ...]  # start and end of the match, then of each group; -1 where a group took no part


@dataclass(frozen=True, slots=True)
class Matcher:
    """A program of instructions: sign, split, jump, save, start, end, back, match.

    A state that failed once fails again, so each (instruction, place) is tried once and the time is
    linear in the text; with back references the groups belong to the state, and only the steps bound it.
    """

    program: list[Instruction]
    groups: int
    refers_back: bool

    def matches(self, text: str, steps: Steps) -> bool:
        """Raises FeelError CRM021 when it takes more than what is left of the steps."""
        return self._search(text, 0, set(), steps) is not None

    def find_all(self, text: str, steps: Steps) -> Iterator[Places]:
        """Matches from left to right that do not overlap. Raises FeelError like `matches`."""
        at = 0
        while at <= len(text):
            places = self._search(text, at, set(), steps)
            if places is None:
                return
            yield places
            at = places[1] + (places[1] == places[0])

    def _search(self, text: str, start: int, visited: set[Any], steps: Steps) -> Places | None:
        for at in range(start, len(text) + 1):
            places = self._match(text, at, visited, steps)
            if places is not None:
                return places
        return None

    def _match(self, text: str, start: int, visited: set[Any], steps: Steps) -> Places | None:
        program, refers_back, size = self.program, self.refers_back, len(text)
        step_cost = 4 if refers_back else 1
        save_cost = 1 + self.groups // 16  # copies the places
        states: list[tuple[int, int, Places]] = [(0, start, (-1,) * (2 * self.groups + 2))]
        while states:
            pc, at, places = states.pop()
            while True:
                state = (pc, at, places) if refers_back else pc * (size + 1) + at
                if state in visited:
                    break
                visited.add(state)
                kind, first, other = program[pc]
                steps.left -= step_cost
                if steps.left < 0:
                    raise FeelError("CRM021", 0, 0)
                pc += 1
                if kind == "match":
                    return places
                if kind == "split":
                    states.append((other, at, places))
                    pc = first
                elif kind == "jump":
                    pc = first
                elif kind == "save":
                    places = (*places[:first], at, *places[first + 1 :])
                    steps.left -= save_cost
                else:
                    steps.left -= _cost(program[pc - 1], places)
                    at = _advanced(program[pc - 1], text, at, places)
                    if at < 0:
                        break
        return None


def _cost(instruction: Instruction, places: Places) -> int:
    """What it costs to try a class of many signs or a back reference to a long group."""
    kind, first, other = instruction
    if kind == "sign":
        return int(other)
    return (places[2 * first + 1] - places[2 * first]) // 64 if kind == "back" else 0


def _advanced(instruction: Instruction, text: str, at: int, places: Places) -> int:
    """Where the text goes on after a sign, an edge or a back reference; -1 when it does not fit."""
    kind, first, other = instruction
    if kind == "sign":
        return at + 1 if at < len(text) and first(text[at]) else -1
    if kind == "back":
        return _repeated(text, at, places[2 * first], places[2 * first + 1], bool(other))
    return at if _at_edge(kind, text, at, bool(first)) else -1


def _repeated(text: str, at: int, start: int, end: int, any_case: bool) -> int:
    """Where the text of a group ends when it stands here again; -1 when it does not."""
    wanted, found = text[start:end] if start >= 0 else "", text[at : at + max(end - start, 0)]
    same = found.casefold() == wanted.casefold() if any_case else found == wanted
    return at + len(wanted) if same else -1


def _at_edge(kind: str, text: str, at: int, by_line: bool) -> bool:
    """`^` or `$`: of the text, with flag m of a line; a newline at the very end begins no line."""
    if kind == "start":
        return at == 0 or (by_line and text[at - 1] == "\n" and at < len(text))
    return at == len(text) or (by_line and text[at] == "\n")
