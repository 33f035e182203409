"""Does a release change how complaints and other cases escalate, so that a second person must approve it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from crmflow.core.release import Release
from crmflow.core.text import Text, listed
from crmflow.engine.listings import WORDS
from crmflow.engine.release import Releases
from crmflow.errors import CrmflowError
from crmflow.rules.ruleset import Ruleset
from crmflow.settings import Approval
from crmflow.store.batch import Batch


def demanded(
    batch: Batch, compiled: Releases, release: Release, before: Sequence[Release], policy: Approval
) -> Text | None:
    """For what a release needs the approval of somebody else than its drafter; None: it needs none.

    What replaces nothing and what was in force before needs none: there must be a first, and the way back
    must be short. `before` are the releases that this one takes the place of, the first that can be used of
    them in fact; what cannot be compared is taken as changed.
    """
    if policy == "never" or not before or any(release.spans()):
        return None
    if policy == "always":
        return WORDS["release.any"]
    for base in before:
        with suppress(CrmflowError):
            old = compiled.rules(batch, base).set
            changes = list(_changes(old, compiled.rules(batch, release).set))
            return listed(changes) if changes else None
    return WORDS["release.unknown"]


def _changes(old: Ruleset, new: Ruleset) -> Iterator[Text]:
    """The charts whose moves, times or params differ, and the levels."""
    for id in sorted(old.charts.keys() | new.charts.keys()):
        before, after = old.charts.get(id), new.charts.get(id)
        if before is None or after is None or before.hash != after.hash:
            known = after or before
            assert known is not None
            yield Text(f"{known.title.en} ({id})", f"{known.title.zh}（{id}）")
    if list(old.vocabulary.levels) != list(new.vocabulary.levels):
        yield WORDS["release.levels"]
