"""Who is to own or take part in a customer? (F17, F20, F22)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crmflow.core.decision import Target
from crmflow.core.post import Posts
from crmflow.core.text import Text
from crmflow.errors import catalogue


@dataclass(frozen=True, slots=True)
class Choice:
    """The staff code chosen for a target; or None with the code of the reason."""

    target: Target
    staff: str | None
    reason: str | None = None

    @property
    def why_not(self) -> Text | None:
        """The reason in words; None where somebody was chosen."""
        if self.reason is None:
            return None
        target, entry = self.target, catalogue()[self.reason]
        parts = {"staff": target.staff, "role": target.role, "unit": target.unit, "level": target.level}
        return Text(entry.say("en", parts), entry.say("zh", parts))


def choose(target: Target, current: str | None, posts: Posts, loads: Mapping[str, int]) -> Choice:
    """A named person as they are; for a role, the current person where they still hold that post, else the
    least loaded of those present, ties by code.

    `loads` counts what each has already; the caller counts up what it gives out. Absence moves no customer:
    the deputy stands in and the owner stays.
    """
    if target.staff is not None:
        return _named(target, posts)
    unit = next(posts.upward(target.unit), None)
    if unit is None:
        return Choice(target, None, "CRM604")
    if target.level is not None:
        unit = posts.at_level(unit.code, target.level)
    if unit is None:
        return Choice(target, None, "CRM605")
    filling = posts.appointed(target.role or "", unit.code)
    if not filling:
        return Choice(target, None, "CRM603")
    if current in filling:
        return Choice(target, current)
    candidates = [code for code in filling if posts.present(code)] or filling
    return Choice(target, min(candidates, key=lambda code: (loads.get(code, 0), code)))


def appointed(target: Target, posts: Posts) -> tuple[str, ...]:
    """Everybody who holds the post that a target names, absent or not, by code."""
    unit = next(posts.upward(target.unit), None)
    if unit is not None and target.level is not None:
        unit = posts.at_level(unit.code, target.level)
    return () if unit is None else posts.appointed(target.role or "", unit.code)


def participants(
    targets: Iterable[Target], current: Iterable[str], posts: Posts, loads: Mapping[str, int]
) -> tuple[str, ...]:
    """One person for each target that can be filled, without repetition; those who take part already stay."""
    before = tuple(current)
    chosen: dict[str, None] = {}
    for target in targets:
        staying = (code for code in before if choose(target, code, posts, loads).staff == code)
        staff = next(staying, None) or choose(target, None, posts, loads).staff
        if staff is not None:
            chosen[staff] = None
    return tuple(chosen)


def _named(target: Target, posts: Posts) -> Choice:
    if target.staff not in posts.staff:
        return Choice(target, None, "CRM601")
    if not posts.live(target.staff):
        return Choice(target, None, "CRM602")
    return Choice(target, target.staff)
