"""What does a signal do: what happened to nobody in particular, in a unit or the whole company? (C29)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from zoneinfo import ZoneInfo

from crmflow.core.case import Case
from crmflow.core.field import Value
from crmflow.core.touchpoint import Signal
from crmflow.engine.naming import did_you_mean, unit_called
from crmflow.engine.recording import stored_fields
from crmflow.engine.running import Work
from crmflow.errors import WorkflowError
from crmflow.rules.vocabulary import Kind, Vocabulary, bare


@dataclass(frozen=True, slots=True)
class Signalled:
    """What recording a signal did: whether it is new, and the cases about units that it opened."""

    new: bool
    cases: tuple[Case, ...]


def signal(
    work: Work,
    kind: str,
    fields: Mapping[str, Value],
    zone: ZoneInfo,
    *,
    unit: str | None,
    source: str,
    external_id: str | None,
) -> Signalled:
    """Records a signal at the moment of the work, and opens what it asks for; without an external id its
    content makes it known. Raises WorkflowError CRM563, CRM564, StoreError CRM442."""
    meant = signal_kind(work.rules.set.vocabulary, kind)
    code = None if unit is None else unit_called(work.posts, unit).code
    stored = stored_fields(meant, fields, zone)
    content = repr((meant.name, work.as_of, code, sorted(stored.items())))
    id = external_id or blake2b(content.encode(), digest_size=16).hexdigest()
    values = work.rules.codec.decode(meant.name, stored)
    recorded = Signal(0, meant.name, work.as_of, work.batch.now, source, id, code, values)
    new = work.batch.signals.add([recorded])
    return Signalled(bool(new), tuple(work.casework().incidents.open_signalled()))


def signal_kind(vocabulary: Vocabulary, spelling: str) -> Kind:
    """The kind of signal with this id, label or alias. Raises WorkflowError CRM564."""
    for kind in vocabulary.signals.values():
        if spelling in (kind.name, bare(kind.name), kind.label.en, kind.label.zh, *kind.aliases):
            return kind
    known = [bare(name) for name in vocabulary.signals]
    near = did_you_mean(spelling, known)
    raise WorkflowError("CRM564", name=spelling, known=", ".join(known) or "–", nearest=near)
