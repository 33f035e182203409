"""Which chart did a case begin with? It keeps it, and its params, until a migration moves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from crmflow.core.case import Case
from crmflow.core.chart import Chart
from crmflow.core.release import Release
from crmflow.engine.release import Releases, Rules
from crmflow.errors import CrmflowError, WorkflowError
from crmflow.store.batch import Batch

VERSIONED = ("case.opened", "case.migrated")
"""The entries of a case that cite the release whose chart it got."""


class ChartVersions:
    """The chart of a case, by id and hash: of the present release, else of the one that the case was opened
    or migrated under, else of any other that was ever in force. No release is compiled without need.
    """

    def __init__(self, batch: Batch, rules: Rules) -> None:
        self.batch, self._in_force = batch, rules.set.charts
        self._known: dict[tuple[str, str], Chart] = {}
        self._learn(rules)

    def of(self, case: Case) -> Chart:
        """Raises WorkflowError CRM520: no release that this process can use has it."""
        key = case.chart, case.chart_hash
        releases = iter(()) if key in self._known else self._likely(case)
        while key not in self._known:
            release = next(releases, None)
            if release is None:
                raise WorkflowError("CRM520", case=case.id, chart=case.chart)
            with suppress(CrmflowError):  # one that cannot be used here has no chart for us
                self._learn(Releases().rules(self.batch, release))
        return self._known[key]

    def for_child(self, id: str, parent: Case) -> Chart:
        """The chart in force with this id; where it is gone, that of the release that the parent began under.

        Raises WorkflowError CRM520: no release that this process can use has it.
        """
        if id in self._in_force:
            return self._in_force[id]
        for release in self._likely(parent):
            with suppress(CrmflowError):
                charts = Releases().rules(self.batch, release).set.charts
                if id in charts:
                    self._known[id, charts[id].hash] = charts[id]
                    return charts[id]
        raise WorkflowError("CRM520", case=parent.id, chart=id)

    def _learn(self, rules: Rules) -> None:
        self._known |= {(chart.id, chart.hash): chart for chart in rules.set.charts.values()}

    def _likely(self, case: Case) -> Iterator[Release]:
        """The releases that may have a case's chart, the likeliest first."""
        published = [release for release in self.batch.releases.all() if any(release.spans())]
        history = self.batch.journal.of(case=case.id)
        cited = {entry.release for entry in history if entry.kind in VERSIONED}
        yield from (release for release in published if release.hash in cited)
        yield from (release for release in reversed(published) if release.hash not in cited)
