"""Which running cases come to the version of their chart that is in force, and which stay?"""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.case import Case
from crmflow.core.chart import Chart, Migrates
from crmflow.core.migration import Migration, Refusal
from crmflow.engine.naming import chart_called
from crmflow.engine.release import Releases
from crmflow.engine.running import Work
from crmflow.engine.turned import Turned
from crmflow.errors import CrmflowError, WorkflowError
from crmflow.store.transaction import chunks
from crmflow.workflow.migration import migrate

RELEASE = "release "
ANY = "any"


def migrate_cases(work: Work, chart: str, *, dry: bool) -> Migration:
    """Moves every open case of a chart, in the batch's one transaction; refused ones stay as they are."""
    return _Migrating(work, chart_called(work.rules, chart), dry).all()


class _Migrating:
    """The cases of one chart on their way to the version in force."""

    def __init__(self, work: Work, new: Chart, dry: bool) -> None:
        self.work, self.new, self.dry = work, new, dry
        self.casework = work.casework()
        self.refused: list[Refusal] = []
        self._declared: dict[str, Migrates | None] = {}

    def all(self) -> Migration:
        hashes = {case.id: case.chart_hash for case in self.work.batch.cases.scan(charts=[self.new.id])}
        others = [id for id, hash in hashes.items() if hash != self.new.hash]
        moved = [id for chunk in chunks(others) for id in self._together(chunk)]
        had_it = len(hashes) - len(others)
        return Migration(self.new.id, tuple(moved), had_it, tuple(self.refused), self.dry)

    def _together(self, ids: list[int]) -> Iterator[int]:
        """The ids of those that could come; others hold none of them meanwhile."""
        locked = self.work.batch.cases.locked(ids)
        cases = (case for case in locked if case.closed_at is None and not self._is_branch(case))
        turned = [each for case in cases if (each := self._tried(case)) is not None]
        if not self.dry:
            self.casework.save(turned)
        return (each.case.id for each in turned)

    def _is_branch(self, case: Case) -> bool:
        """Whether it goes with its parent, which says why neither of them comes."""
        state = self.casework.charts.of(case).states.get(case.state)
        return state is not None and state.branch_of is not None

    def _tried(self, case: Case) -> Turned | None:
        try:
            return self._one(case)
        except CrmflowError as error:
            reason = error if isinstance(error, WorkflowError) else WorkflowError(error.code, **error.parts)
            self.refused.append(Refusal(case.id, case.state, reason))
            return None

    def _one(self, case: Case) -> Turned:
        """Raises WorkflowError CRM520, CRM528, and as `migrate`."""
        declared = self._declared_for(case.chart_hash)
        if declared is None:
            raise WorkflowError("CRM528", version=case.chart_hash[:8])
        turned = Turned.of(case)
        turned.add(
            migrate(
                self.casework.charts.of(case),
                self.new,
                declared,
                case,
                at=self.work.as_of,
                actor=self.work.batch.actor,
                context=self.casework.known(case.customer_id, case.holding_id),
                posts=self.work.posts,
                calendars=self.work.rules.calendars,
            )
        )
        return turned

    def _declared_for(self, version: str) -> Migrates | None:
        """The first migration of the new chart that holds for a version."""
        if version not in self._declared:
            fits = (each for each in self.new.migrates if self._fits(each.source, version))
            self._declared[version] = next(fits, None)
        return self._declared[version]

    def _fits(self, source: str, version: str) -> bool:
        if not source.startswith(RELEASE):
            return source == ANY or version.startswith(source)
        batch = self.work.batch
        release = batch.releases.get(int(source.removeprefix(RELEASE)))
        had = Releases().rules(batch, release).set.charts.get(self.new.id)
        return had is not None and had.hash == version
