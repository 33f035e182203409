"""Which rules of an inference conclude something in its tests?"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.rules.coverage.tally import Point, Tally
from crmflow.rules.infer.case import InferenceCase
from crmflow.rules.scenario import Case
from crmflow.rules.source import Document


def inference_tally(document: Document, cases: Sequence[Case]) -> Tally:
    """The rules of an inference, and those that the worlds of its tests meet."""
    tally = Tally(document)
    for n, rule in enumerate(document.data["rules"]):
        id = str(rule["id"])
        missed = document.diagnostic("CRM211", ("rules", n, "id"), {"name": id})
        tally.points[id] = Point("rules", missed)
    for case in cases:
        if isinstance(case, InferenceCase):
            tally.reach(case.met())
    return tally
