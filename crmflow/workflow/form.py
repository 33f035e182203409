"""Does what was filled in at a step fit its form?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from crmflow.core.chart import FormField, State
from crmflow.core.field import Field, Value


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as filled in: `values` has every field of the form, None where nothing was said.

    `mistakes` maps a code of the catalogue (missing, unknown, wrong type) to the fields concerned.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    mistakes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def fill(state: State, given: Mapping[str, object], names: Mapping[str, object]) -> Filled:
    """Check the values given for a state's form; conditions of `required` see `names` and the form."""
    values: dict[str, Value] = {}
    wrong: list[str] = []
    for form_field in state.form:
        name = form_field.field.name
        try:
            values[name] = value_of(form_field.field, given.get(name))
        except ValueError:
            wrong.append(name)
            values[name] = None
    unknown = [name for name in given if name not in values]
    missing = [
        form_field.field.name
        for form_field in state.form
        if values[form_field.field.name] is None
        and form_field.field.name not in wrong
        and _required(form_field, {**names, **values})
    ]
    found = {"CRM512": unknown, "CRM513": wrong, "CRM511": missing}
    return Filled(values, {code: tuple(fields) for code, fields in found.items() if fields})


def value_of(field: Field, value: object) -> Value:
    """The value as the field holds it; a blank text is None. Raises ValueError where it does not fit."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    match field.kind, value:
        case "boolean", bool():
            return value
        case "number", bool():
            raise ValueError("a boolean is not a number")
        case "number", int() | float() | Decimal():
            return field.number(value)
        case "date", datetime():
            raise ValueError("an instant is not a date")
        case "date", date():
            return value
        case "date", str():
            return date.fromisoformat(value)
        case "instant", datetime() if value.tzinfo is not None:
            return value
        case "one of", str() if value in field.values:
            return value
        case "string" | "staff" | "unit", str():
            return value
    raise ValueError(f"{field.name}: {value!r} does not fit {field.kind}")


def _required(form_field: FormField, names: Mapping[str, object]) -> bool:
    if isinstance(form_field.required, bool):
        return form_field.required
    return form_field.required.evaluate(names) is True
