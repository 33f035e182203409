"""What do those who write rules ask: is it right, does it do what its tests say, is it in force?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.listing import Listing
from crmflow.engine.carrying import CarriedOver, carry_over
from crmflow.engine.charts import Form, chart_listing, draw, move_listing
from crmflow.engine.files import rule_files
from crmflow.engine.listings import plugin_listing
from crmflow.engine.opened import Opened
from crmflow.engine.rehearsing import covered, run_tests, suggested
from crmflow.engine.release import compiled
from crmflow.engine.releasing import Health, Releasing
from crmflow.engine.rulesheets import SheetImport, export_rules, import_rules
from crmflow.exchange.rulesheet.merge import Side
from crmflow.rules.cases import CaseResult
from crmflow.rules.check import check
from crmflow.rules.coverage import Covered
from crmflow.rules.coverage.suggest import Suggestions
from crmflow.store import Connection
from crmflow.store.releases import Release


class Authoring(Opened):
    """What is about the rule files on disk, and about the releases made of them."""

    def check(self) -> tuple[Diagnostic, ...]:
        """What is wrong or doubtful in the rule files as they lie on disk now."""
        return check(rule_files(self.site, self.packs))

    def test(self, names: Sequence[str] = (), *, fail_fast: bool = False) -> list[CaseResult]:
        """Runs the tests that stand in the rule files on disk: of all, or of the ids, files and folders in
        `names`; with `fail_fast` up to the first that fails.

        Raises RuleFileError CRM090: they cannot be used, CRM137: a name means nothing.
        """
        return run_tests(compiled(rule_files(self.site, self.packs)), names, fail_fast=fail_fast)

    def coverage(self, names: Sequence[str] = ()) -> tuple[Covered, ...]:
        """What the same tests reach of their own files: rules, branches, moves. Raises like `test`."""
        return covered(compiled(rule_files(self.site, self.packs)), names)

    def suggest(self, names: Sequence[str] = ()) -> list[Suggestions]:
        """Skeletons of tests for what the tests of rulebooks do not reach; writes nothing. Raises like
        `test`."""
        return suggested(compiled(rule_files(self.site, self.packs)), names)

    def publish(
        self, *, actor: str = "host", note: str = "", connection: Connection | None = None
    ) -> Release:
        """Freezes the rule files on disk as a release and puts it into force.

        The first is in force from the beginning of time. Raises RuleFileError CRM090: they cannot be used;
        StoreError CRM435: somebody else must approve the draft, CRM438: a test fails.
        """
        return self.releases.publish_files(actor=actor, note=note, connection=connection)

    @property
    def releases(self) -> Releasing:
        """The releases of this site, from draft to publish and back."""
        return self._calls.releasing

    def health(self) -> Health:
        """Which release is used, why it is not the one in force, and which packs are newer than it."""
        return self.releases.health()

    def export_rules(
        self, ids: Sequence[str] = (), *, to: Path, language: str | None = None
    ) -> tuple[Path, ...]:
        """Writes rule tables as a workbook, as CSV, or into a folder; as `rulesheets.export_rules`."""
        files = rule_files(self.site, self.packs)
        return export_rules(files, ids, to, language or self.site.language)

    def import_rules(
        self, files: Sequence[Path], *, prefer: Side | None = None, write: bool = True
    ) -> SheetImport:
        """Takes edited sheets back into the rule files; as `rulesheets.import_rules`."""
        rules = list(rule_files(self.site, self.packs))
        return import_rules(self.site, rules, files, prefer=prefer, write=write)

    def carry_over(self, model: Path, decision: str, *, output: str | None = None, id: str) -> CarriedOver:
        """Writes a DMN decision table as the rulebook `id`; as `carrying.carry_over`."""
        return carry_over(self.site, rule_files(self.site, self.packs), model, decision, output, id)

    def charts(self) -> Listing:
        """The charts in the rule files on disk. Raises RuleFileError CRM090."""
        return chart_listing(compiled(rule_files(self.site, self.packs)))

    def moves(self, chart: str) -> Listing:
        """The moves of a chart on disk. Raises RuleFileError CRM090, CRM137 no such chart."""
        return move_listing(compiled(rule_files(self.site, self.packs)).chart(chart))

    def draw(self, chart: str, form: Form = "svg", *, language: str | None = None) -> str:
        """A chart on disk as a drawing (SVG), or as text for Mermaid. Raises like `moves`."""
        drawn = compiled(rule_files(self.site, self.packs)).chart(chart)
        return draw(drawn, form, language or self.site.language)

    def plugins(self) -> Listing:
        """The installed packs, and which of them this site uses."""
        return plugin_listing(self.packs.versions)
