"""Whose steps must somebody else take over, because they went away or left? (F19, I5)"""

from __future__ import annotations

from crmflow.engine.casework import Casework


class Relief:
    """Looks at the cases of those who have gone since it looked last: once for each who goes.

    Those who come back need no look: a case that lies with a deputy is due when the absence ends.
    """

    def __init__(self) -> None:
        self.seen: frozenset[str] = frozenset()

    def look(self, casework: Casework) -> frozenset[str]:
        """Who is gone; it is for the caller to keep that as `seen` when the transaction is through."""
        gone = casework.posts.gone
        newly = gone - self.seen
        if newly:
            casework.facts_changed(casework.batch.cases.held_by(newly))
        return gone
