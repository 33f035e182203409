"""What must a case remember of its way, beyond the state that it is in?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from crmflow.core.moment import from_micros, to_micros


class Stay(NamedTuple):
    """A stay in an outer state: since when (None: it has been left), and the inner state it was in last."""

    since: datetime | None
    last: str


class Done(NamedTuple):
    """Who did a step last, and when."""

    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trail:
    """`stays` by outer state; `did` by step; `done` the states whose work can be undone, oldest first;
    `ahead` the states of an undoing that still come, and last the one that it leads to ("": the case ends);
    `path` the states that the case came through at this very moment without anybody's doing; `depth` how many
    cases opened one another above it.
    """

    stays: Mapping[str, Stay] = field(default_factory=dict)
    did: Mapping[str, Done] = field(default_factory=dict)
    done: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    depth: int = 0

    def __bool__(self) -> bool:
        """Whether there is anything to remember."""
        return bool(self.stays or self.did or self.done or self.ahead or self.path or self.depth)

    def plain(self) -> dict[str, Any]:
        """As JSON, moments in microseconds; what is empty is left out."""
        stays = {
            outer: [None if since is None else to_micros(since), last]
            for outer, (since, last) in self.stays.items()
        }
        did = {state: [actor, to_micros(at)] for state, (actor, at) in self.did.items()}
        said = {
            "stays": stays,
            "did": did,
            "done": list(self.done),
            "ahead": list(self.ahead),
            "path": list(self.path),
            "depth": self.depth,
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """What `plain` wrote."""
        if not plain:
            return cls()
        stays = {
            outer: Stay(None if since is None else from_micros(since), last)
            for outer, (since, last) in plain.get("stays", {}).items()
        }
        did = {state: Done(actor, from_micros(at)) for state, (actor, at) in plain.get("did", {}).items()}
        lists = {name: tuple(plain.get(name, ())) for name in ("done", "ahead", "path")}
        return cls(stays=stays, did=did, depth=plain.get("depth", 0), **lists)
