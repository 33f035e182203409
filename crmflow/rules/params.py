"""Which numbers and choices of a rulebook or chart may a site set, and to what are they set?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from crmflow.core.text import Text
from crmflow.rules import feel, spoken
from crmflow.rules.feel import ContextType, Enumeration, ListType, MonthsDuration, Name, Type, nearest
from crmflow.rules.fit import shaped
from crmflow.rules.shape import ParamShape, SetParamShape, as_text
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.window import Window


@dataclass(frozen=True, slots=True)
class Param:
    """A named value that rules read like a fact: `value` for all, `by_unit` where a unit (code or name) has
    its own. One by level (`station: PT4H`) is a mapping of texts. `place` is where the value is written."""

    name: str
    label: Text
    type: Type
    value: object
    unit: str | None = None
    one_of: tuple[object, ...] = ()
    spellings: tuple[str, ...] = ()
    by_unit: Mapping[str, object] = field(default_factory=dict)
    place: tuple[Document, Path] | None = field(default=None, compare=False, repr=False)

    def value_in(self, units: Sequence[str]) -> object:
        """The value for a unit, given as its way up: the nearest unit that has its own value wins."""
        return next((self.by_unit[unit] for unit in units if unit in self.by_unit), self.value)

    @property
    def as_name(self) -> Name:
        nullable = self.value is None or any(value is None for value in self.by_unit.values())
        return Name(self.name, self.type, self.spellings, nullable)


def values_of(params: Iterable[Param], units: Sequence[str] = ()) -> dict[str, object]:
    """The value of each param, by its name."""
    return {param.name: param.value_in(units) for param in params}


def read_params(document: Document, shapes: Mapping[str, ParamShape], findings: Findings) -> dict[str, Param]:
    """The params that a rulebook or chart declares; the type is that of the value."""
    return {name: _param(document, ("params", name), name, shape, findings) for name, shape in shapes.items()}


def apply(
    params: Mapping[str, Param], document: Document, path: Path, findings: Findings
) -> dict[str, Param]:
    """The params with the values that a params file sets for this rulebook or chart at `path`."""
    changed, spelled = dict(params), dict[str, str]()
    settings = document.value(path)
    if settings is not None and not isinstance(settings, dict):
        parts = {"name": as_text(settings), "key": path[-1]}
        findings.errors.append(document.diagnostic("CRM062", path, parts))
    for spelling in settings if isinstance(settings, dict) else ():
        at = (*path, spelling)
        name = named(params, spelling)
        if name is None:
            spellings = [each for param in params.values() for each in (param.name, *param.spellings)]
            suggestion = nearest(spelling, spellings)
            parts = {"name": spelling, "known": ", ".join(params)}
            findings.errors.append(document.diagnostic("CRM136", at, parts, key=True, suggestion=suggestion))
        elif (other := spelled.setdefault(name, spelling)) != spelling:
            parts = {"name": spelling, "other": other}
            findings.errors.append(document.diagnostic("CRM124", at, parts, key=True))
        elif (shape := shaped(SetParamShape, document, at, findings)) is not None:
            changed[name] = _set(changed[name], document, at, shape, findings)
    return changed


def named(params: Mapping[str, Param], spelling: str) -> str | None:
    """The param that a spelling means."""
    if spelling in params:
        return spelling
    return next((name for name, param in params.items() if spelling in param.spellings), None)


def typed(raw: object, type: Type) -> object:
    """A value from a file as a value of `type`. Raises ValueError when it is none."""
    if raw is None or type == feel.any_:
        return raw
    if isinstance(type, Enumeration):
        if str(as_text(raw)) in type.values:
            return str(as_text(raw))
    elif (
        (type == feel.string and isinstance(raw, str))
        or (type == feel.boolean and isinstance(raw, bool))
        or (type == feel.number and isinstance(raw, Decimal))
    ):
        return raw
    elif type == feel.date and isinstance(raw, str):
        return date.fromisoformat(raw)
    elif type in (feel.days_duration, feel.months_duration) and isinstance(raw, str):
        value = duration(raw)
        if isinstance(value, MonthsDuration) == (type == feel.months_duration):
            return value
    raise ValueError(f"{raw} is not {type}")


def shown(type: Type) -> str | Type:
    """A type as a finding names it."""
    if isinstance(type, Enumeration):
        return " / ".join(type.values)
    if isinstance(type, ContextType):
        return "key: value"
    return "[…]" if isinstance(type, ListType) else type


def duration(text: str) -> timedelta | MonthsDuration:
    """ISO 8601: P30D and PT4H are elapsed time, P1Y and P6M months. Raises ValueError."""
    window = Window.parse(text)
    if not window.months:
        return timedelta(days=window.days) + window.time
    if window.days or window.time:
        raise ValueError(f"months and days in one: {text}")
    return MonthsDuration(window.months)


def _param(document: Document, path: Path, name: str, shape: ParamShape, findings: Findings) -> Param:
    one_of = tuple(shape.one_of or ())
    type = Enumeration(tuple(str(as_text(value)) for value in one_of)) if one_of else _type_of(shape.value)
    param = Param(name, shape.label(name), type, None, shape.unit, one_of, shape.spellings())
    at = (*path, "value")
    if isinstance(shape.value, list):
        findings.errors.append(document.diagnostic("CRM029", at, {"name": name}))
        return replace(param, type=feel.any_, place=(document, at))
    return replace(param, value=_value(param, document, at, shape.value, findings), place=(document, at))


def _type_of(value: object) -> Type:
    """The type that a written value has."""
    if isinstance(value, bool):
        return feel.boolean
    if isinstance(value, Decimal):
        return feel.number
    if not isinstance(value, str):
        return feel.any_
    for type in (feel.days_duration, feel.months_duration, feel.date):
        try:
            typed(value, type)
        except ValueError:
            continue
        return type
    return feel.string


def _set(param: Param, document: Document, path: Path, shape: SetParamShape, findings: Findings) -> Param:
    set, before = param, len(findings.errors)
    if "value" in shape.model_fields_set:
        at = (*path, "value")
        value = _value(param, document, at, shape.value, findings)
        if isinstance(param.value, Mapping) and isinstance(value, Mapping):
            kept = {level: each for level, each in param.value.items() if level not in value}
            value = {**kept, **value}  # by level: one that is not named keeps its own; the last said counts
        set = replace(param, value=value, place=(document, at))
    by_unit = {
        unit: _value(param, document, (*path, "units", unit), value, findings)
        for unit, value in shape.units.items()
    }
    set = replace(set, by_unit={**param.by_unit, **by_unit})
    if document.file.layer == "site" and len(findings.errors) == before:
        _note_idle(param, set, document, path, shape, findings)
    return set


def _note_idle(
    param: Param, set: Param, document: Document, path: Path, shape: SetParamShape, findings: Findings
) -> None:
    """That a site sets what holds anyway. A pack may say a value of the core again for its readers, a site
    beside what its units have, and a unit where another unit, perhaps one above, has its own."""
    idle: list[Path] = []
    if "value" in shape.model_fields_set and set.value == param.value and not set.by_unit:
        idle.append((*path, "value"))
    if all(value == set.value for value in set.by_unit.values()):
        idle += [(*path, "units", unit) for unit in shape.units]
    for at in idle:
        parts = {"name": param.name, "value": as_text(document.value(at))}
        findings.notes.append(document.diagnostic("CRM248", at, parts))


def _value(param: Param, document: Document, path: Path, raw: object, findings: Findings) -> object:
    try:
        return typed(raw, param.type)
    except ValueError:
        said, notes = str(as_text(raw)), list[Text]()
        suggestion = spoken.number(said) or spoken.amount(said) if param.type == feel.number else None
        if suggestion is not None and suggestion == said:  # a number, were it not for the quotes
            notes.append(Text("a number stands without quotes: take them off", "数值不加引号：请去掉引号"))
        if isinstance(param.type, Enumeration):
            suggestion = nearest(str(as_text(raw)), param.type.values)
        parts = {"name": document.written(path), "param": param.name, "expected": shown(param.type)}
        findings.errors.append(document.diagnostic("CRM141", path, parts, suggestion=suggestion, notes=notes))
        return param.value
