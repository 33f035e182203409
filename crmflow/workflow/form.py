"""Does what was filled in at a step fit its form?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from crmflow.core.chart import FormField, State
from crmflow.core.field import Field, Value
from crmflow.core.moment import in_zone


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as filled in: `values` has every field of the form, None where nothing was said.

    `mistakes` maps a code of the catalogue (missing, unknown, wrong type) to the fields concerned.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    mistakes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def fill(state: State, given: Mapping[str, object], names: Mapping[str, object], zone: ZoneInfo) -> Filled:
    """Check the values given for a state's form, by the names of its fields in any language.

    Conditions of `required` see `names` and the form.
    """
    spelled = {word: each.field.name for each in state.form for word in _spellings(each.field)}
    known = {spelled[word]: value for word, value in given.items() if word in spelled}
    values: dict[str, Value] = {}
    wrong, missing = [], []
    for each in state.form:
        try:
            values[each.field.name] = value_of(each.field, known.get(each.field.name), zone)
        except ValueError:
            values[each.field.name] = None
            wrong.append(each.field.name)
    for each in state.form:
        name = each.field.name
        if values[name] is None and name not in wrong and _required(each, names, values):
            missing.append(name)
    unknown = [word for word in given if word not in spelled]
    found = {"CRM512": unknown, "CRM513": wrong, "CRM511": missing}
    return Filled(values, {code: tuple(fields) for code, fields in found.items() if fields})


def value_of(field: Field, value: object, zone: ZoneInfo) -> Value:
    """The value as the field holds it; a text is read as a cell of a file is, in `zone`, a blank one is None.

    Raises ValueError where it does not fit.
    """
    match field.kind, value:
        case _, None:
            return None
        case _, str():
            return field.parse(value, zone)
        case "boolean", bool():
            return value
        case "number", int() | float() | Decimal() if not isinstance(value, bool):
            return field.number(value)
        case "date", date() if not isinstance(value, datetime):
            return value
        case "instant", datetime():
            return in_zone(value, zone)
    raise ValueError(f"{field.name}: {value!r} does not fit {field.kind}")


def _required(form_field: FormField, names: Mapping[str, object], form: Mapping[str, object]) -> bool:
    if isinstance(form_field.required, bool):
        return form_field.required
    return form_field.required.evaluate({**names, **form}) is True


def _spellings(field: Field) -> tuple[str, ...]:
    return (field.name, field.label.en, field.label.zh, *field.aliases)
