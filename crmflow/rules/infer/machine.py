"""Which machine draws the conclusions: the one built in, or durable-rules?"""

from __future__ import annotations

from crmflow.rules.durable.run import infer as durable
from crmflow.rules.infer.conclusions import Conclusions
from crmflow.rules.infer.fixpoint import infer
from crmflow.rules.infer.program import Inference
from crmflow.rules.infer.world import World


def conclude(inference: Inference, world: World) -> Conclusions:
    """What follows, by the machine that the file names; both give the same. Raises RuleFileError CRM266."""
    return (durable if inference.machine == "durable" else infer)(inference, world)
