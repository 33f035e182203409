"""What do those who write rules ask: is it right, does it do what its tests say, is it in force?"""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.core.decision import Target
from crmflow.core.diagnostic import Diagnostic
from crmflow.core.listing import Listing
from crmflow.core.post import Posts
from crmflow.engine.files import freeze, rule_files
from crmflow.engine.listings import plugin_listing
from crmflow.engine.opened import Opened
from crmflow.engine.release import compiled
from crmflow.planning.owners import choose
from crmflow.rules.cases import CaseResult, run_cases
from crmflow.rules.check import check
from crmflow.store import Connection
from crmflow.store.releases import Release
from crmflow.workflow.rehearsal import rehearse


class Authoring(Opened):
    """What is about the rule files on disk, and about the releases made of them."""

    def check(self) -> tuple[Diagnostic, ...]:
        """What is wrong or doubtful in the rule files as they lie on disk now."""
        return check(rule_files(self.site, self.packs))

    def test(self) -> list[CaseResult]:
        """Runs the tests that stand in the rule files on disk. Raises RuleFileError CRM090."""
        rules = compiled(rule_files(self.site, self.packs))
        return list(run_cases(rules.cases, rules.documents, choose=_choose, rehearse=rehearse))

    def publish(
        self, *, actor: str = "host", note: str = "", connection: Connection | None = None
    ) -> Release:
        """Freezes the rule files on disk as a release and puts it into force.

        The first is in force from the beginning of time. Raises RuleFileError CRM090: they cannot be used.
        """
        files = list(rule_files(self.site, self.packs))
        compiled(files)
        with self.store.batch(actor, connection=connection) as batch:
            return batch.releases.add(freeze(files), packs=self.packs.versions, note=note)

    def plugins(self) -> Listing:
        """The installed packs, and which of them this site uses."""
        return plugin_listing(self.packs.versions)


def _choose(target: Target, current: str | None, posts: Posts, loads: Mapping[str, int]) -> str | None:
    return choose(target, current, posts, loads).staff
