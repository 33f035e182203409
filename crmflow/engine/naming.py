"""Which customer, holding, chart or kind of touchpoint does a host mean by a name?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crmflow.core.chart import Chart
from crmflow.core.intake import CustomerRef
from crmflow.core.post import Posts, Staff, Unit
from crmflow.core.text import Text
from crmflow.engine.release import Rules
from crmflow.engine.survey import Known
from crmflow.errors import SettingsError, StoreError, WorkflowError
from crmflow.rules.feel import nearest
from crmflow.rules.vocabulary import Kind, Vocabulary, bare
from crmflow.store.batch import Batch

# An id has 63 bits.
_ID = re.compile(r"(?:C|customer:)(\d{1,18})")
_SUBJECT = re.compile(r"(visit|case|decision|timer|due|message)(?::case)?:(\d{1,18})")
_OWNER = re.compile(r"owner:(.+)")
NUMBERED = {kind: kind for kind in ("visit", "case", "decision", "message")}
NUMBERED |= {"timer": "case", "due": "case"}
"""What is known by a number: of what the number is."""


def find_customer(batch: Batch, vocabulary: Vocabulary, name: str) -> int:
    """The customer called "C17" or "customer:17" (the id), "SOURCE/ID", or by a key that only one has.

    Raises StoreError CRM443.
    """
    if found := _ID.fullmatch(name):
        customer = batch.customers.get(int(found[1]))
        if customer is not None:
            return customer.id
    source, slash, external_id = name.partition("/")
    if slash and (id := batch.customers.find(source, external_id)) is not None:
        return id
    [only] = batch.intake.customers([("", CustomerRef(None, name))])
    if only is not None:
        return only
    keyed = {id for kind in vocabulary.keys if (id := batch.keys.find(kind, name)) is not None}
    if len(keyed) == 1:
        return keyed.pop()
    raise StoreError("CRM443", customer=name)


def touchpoint_kind(vocabulary: Vocabulary, spelling: str) -> Kind:
    """The kind of touchpoint with this id, label or alias. Raises StoreError CRM441."""
    for kind in vocabulary.touchpoints.values():
        if spelling in (kind.name, bare(kind.name), kind.label.en, kind.label.zh, *kind.aliases):
            return kind
    known = [bare(name) for name in vocabulary.touchpoints]
    raise StoreError("CRM441", name=spelling, known=", ".join(known), nearest=did_you_mean(spelling, known))


def find_holding(known: Known, number: str | None) -> int | None:
    """The holding of a customer with this number (plate, policy …). Raises StoreError CRM418."""
    if number is None:
        return None
    for holding in known.holdings:
        if number in (holding.external_id, str(holding.id)):
            return holding.id
    raise StoreError("CRM418", holding=number, customer=known.customer.external_id)


def chart_called(rules: Rules, name: str) -> Chart:
    """The chart with this id, or for this kind of case. Raises RuleFileError CRM137."""
    charts = [chart for chart in rules.set.charts.values() if name in (chart.case, bare(chart.case))]
    return charts[0] if len(charts) == 1 else rules.set.chart(name)


def unit_called(posts: Posts, name: str) -> Unit:
    """The unit with this code, or the only one of this name. Raises WorkflowError CRM563."""
    if name in posts.units:
        return posts.units[name]
    called = [unit for unit in posts.units.values() if unit.name == name]
    if len(called) == 1:
        return called[0]
    known = [*posts.units, *(unit.name for unit in posts.units.values())]
    raise WorkflowError("CRM563", unit=name, nearest=did_you_mean(name, known))


def did_you_mean(word: str, known: Iterable[str]) -> Text:
    """The nearest of what there is, as the end of a message; nothing where nothing is like the word."""
    near = nearest(word, known)
    return Text("", "") if near is None else Text(f"; did you mean {near}?", f"；是否想写“{near}”？")


def staff_called(posts: Posts, code: str) -> Staff:
    """The staff member with this code. Raises StoreError CRM444."""
    if code not in posts.staff:
        raise StoreError("CRM444", staff=code, nearest=did_you_mean(code, posts.staff))
    return posts.staff[code]


def parse_subject(what: str) -> tuple[str, str]:
    """The kind and id of "visit:7", "case:9", "decision:3", "timer:9" and "due:9" (of that case) or
    "message:5"; "owner:" and a customer; anything else names a customer. Raises SettingsError CRM816."""
    if found := _SUBJECT.fullmatch(what):
        return found[1], found[2]
    if found := _OWNER.fullmatch(what):
        return "owner", found[1]
    kind, colon, _ = what.partition(":")
    if colon and kind in NUMBERED:
        raise SettingsError("CRM816", value=what, kind=NUMBERED[kind])
    return "customer", what
