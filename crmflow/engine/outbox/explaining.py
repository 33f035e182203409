"""Where does a message stand, why, and what happened to it?"""

from __future__ import annotations

from crmflow.core.explanation import Explanation
from crmflow.core.message import Outgoing
from crmflow.core.text import Text, phrases
from crmflow.errors import catalogue
from crmflow.rules.vocabulary import Vocabulary
from crmflow.rules.wording import Wording
from crmflow.store.batch import Batch
from crmflow.workflow.words import elapsed

WORDS = phrases("crmflow.engine")
KINDS = tuple(f"message {became}" for became in ("sent", "held", "dead", "retried", "discarded"))
"""The kinds of entries that the journal has of a message."""


def reason(message: Outgoing, vocabulary: Vocabulary) -> Text | None:
    """Why it waits or was not sent; None where there is nothing to say."""
    if message.code is None:
        return None
    if message.code not in catalogue():
        return Text(message.code, message.code)  # of a newer version
    parts = dict(message.parts)
    if "purpose" in parts:
        parts["purpose"] = vocabulary.purpose(parts["purpose"]).label
    if "channel" in parts:
        parts["channel"] = vocabulary.channel(parts["channel"]).label
    if "within" in parts and message.message in vocabulary.messages:
        parts["within"] = elapsed(vocabulary.messages[message.message].within)
    code = catalogue()[message.code]
    return Text(f"{code.id} {code.say('en', parts)}", f"{code.id} {code.say('zh', parts)}")


def explain_message(batch: Batch, message: Outgoing, wording: Wording) -> Explanation:
    """The message, why it is where it is, what caused it, and what became of each try."""
    vocabulary = wording.vocabulary
    because = []
    if (why := reason(message, vocabulary)) is not None:
        because.append(Explanation(why, holds=False))
    if message.journal_id is not None:
        says = WORDS["explained.message-cause"].filled(id=message.journal_id, at=wording.moment(message.at))
        because.append(Explanation(says, since=message.at, source={"decision": message.journal_id}))
    for entry in batch.journal.scan(kinds=KINDS, customer=message.customer_id or None):
        if entry.subject == f"message:{message.id}":
            what, at = WORDS[f"entries.{entry.kind}"], wording.moment(entry.at)
            told = WORDS["explained.message-entry"].filled(what=what, at=at, actor=entry.actor)
            because.append(Explanation(told, since=entry.at, source={"decision": entry.id}))
    channel = Text("–", "–") if message.channel is None else vocabulary.channel(message.channel).label
    says = WORDS["explained.message"].filled(
        id=message.id,
        message=message.message,
        customer=message.customer_id,
        channel=channel,
        state=WORDS[f"states.{message.state}"],
    )
    source = {"key": message.key, "attempts": message.attempts, "case": message.case_id}
    return Explanation(says, since=message.due_at or message.sent_at, because=tuple(because), source=source)
