"""How much of the rule files do their tests reach, and what do they not?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from crmflow.rules.cases import Rehearse
from crmflow.rules.coverage.chart import chart_tally
from crmflow.rules.coverage.inference import inference_tally
from crmflow.rules.coverage.rulebook import rulebook_tally
from crmflow.rules.coverage.tally import Covered, Share, Tally
from crmflow.rules.ruleset import Ruleset

__all__ = ["Covered", "Share", "Tally", "coverage", "total"]


def coverage(ruleset: Ruleset, ids: Collection[str], *, rehearse: Rehearse) -> tuple[Covered, ...]:
    """What the tests of the rulebooks, inferences and charts with these ids reach of their own files.

    `rehearse` plays a case through a chart. A test that cannot run reaches nothing.
    """
    tallies = {tally.document.file.id: tally for tally in _tallies(ruleset, ids, rehearse)}
    return tuple(tallies[id].covered(id) for id in ruleset.documents if id in tallies)


def total(covered: Collection[Covered]) -> Share:
    """All files together."""
    return sum((each.total for each in covered), Share())


def _tallies(ruleset: Ruleset, ids: Collection[str], rehearse: Rehearse) -> Iterator[Tally]:
    cases, documents = ruleset.cases, ruleset.documents
    for rulebook in ruleset.rulebooks:
        if rulebook.id in ids:
            yield rulebook_tally(rulebook, documents[rulebook.id], cases[rulebook.id])
    for inference in ruleset.inferences:
        if inference.id in ids:
            yield inference_tally(documents[inference.id], cases[inference.id])
    for id, chart in ruleset.charts.items():
        if id in ids:
            yield chart_tally(chart, documents[id], cases[id], rehearse)
