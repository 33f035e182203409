"""Which JSON Schema (draft 7) says what may stand in a rule file, as its shapes do?"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from crmflow.rules.calendar.shape import AROUND_THE_CLOCK, ClosedShape, WeekShape
from crmflow.rules.chart.shape import GoalShape
from crmflow.rules.shape import (
    ChooseShape,
    FieldShape,
    FormShape,
    OwnerShape,
    ParticipantShape,
    RulebookShape,
    SendShape,
    SetParamShape,
    Shape,
    Title,
    VisitShape,
    Whole,
    WordList,
    Words,
)
from crmflow.rules.vocabulary_shape import ListShape, VocabularyShape

Schema = dict[str, Any]
Names = Mapping[str, Sequence[str]]
"""Names that an editor offers, by "Model.field"; others may be written all the same."""

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
WORD: Final[Schema] = {"type": ["string", "number", "boolean"]}
WORDS: Final[Schema] = {"type": "array", "items": WORD}
PLAIN: Final[Mapping[object, Schema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    Decimal: {"type": "number"},
    NoneType: {"type": "null"},
    Any: {},
    Whole: {"type": "integer"},
    Words: WORD,
    WordList: {"anyOf": [WORD, WORDS]},
    WeekShape: {
        "anyOf": [
            {"const": AROUND_THE_CLOCK},
            {"type": "object", "additionalProperties": {"anyOf": [WORD, WORDS]}},
        ]
    },
    ClosedShape: {"anyOf": [WORDS, {"type": "object"}]},
}
SHORT: Final[Mapping[type[Shape], tuple[Schema, ...]]] = {
    Title: (WORD,),
    ListShape: (WORD,),
    FieldShape: ({"type": "string"}, WORDS),
    FormShape: ({"type": "string"}, WORDS),
    GoalShape: ({"type": "string"},),
}
"""What may be written instead of the mapping, as the validators of these shapes read it."""
OUTCOMES: Final[Mapping[str, type[Shape] | None]] = {
    "segment": None,
    "owner": OwnerShape,
    "participant": ParticipantShape,
    "visit": VisitShape,
    "send": SendShape,
}
"""The shape of `then` by what a rulebook decides; None: a plain word."""
PERSONS: Final = ("OwnerShape.owner", "ParticipantShape.participant", "VisitShape.by")


def schema_of(model: type[Shape], names: Names | None = None) -> Schema:
    """The schema of files with this shape: keys are closed, names of the site are offered."""
    shapes = _Shapes(names or {})
    root = shapes.mapping(model)
    if model is VocabularyShape:
        levels = root["properties"]["levels"]
        levels["anyOf"] = [WORDS, {key: levels.pop(key) for key in ("type", "additionalProperties")}]
    if model is RulebookShape:
        root["allOf"] = [shapes.outcome(decides, shape) for decides, shape in OUTCOMES.items()]
    return shapes.document(root)


def params_schema(names: Mapping[str, Sequence[str]] | None = None) -> Schema:
    """The schema of params.yaml; `names` are the params by the id of their rulebook or chart."""
    shapes = _Shapes({})
    param = shapes.value(SetParamShape)
    settings: Schema = {"type": ["object", "null"], "additionalProperties": param}
    known = {
        id: {**settings, "properties": dict.fromkeys(params, param)} for id, params in (names or {}).items()
    }
    root = {
        "title": said("ParamsFile", "self"),
        "type": "object",
        "properties": {"format": {"const": 1, "description": said("ParamsFile", "format")}, **known},
        "additionalProperties": settings,
    }
    return shapes.document(root)


class _Shapes:
    """The schemas of the shapes met so far, which become the definitions of one document."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.definitions: dict[str, Schema] = {}

    def document(self, root: Schema) -> Schema:
        return {"$schema": DRAFT, **root, "definitions": dict(sorted(self.definitions.items()))}

    def mapping(self, model: type[Shape]) -> Schema:
        """A mapping with the fields of a model as keys, and no others."""
        hints = get_type_hints(model, include_extras=True)
        fields = {field.alias or name: (name, field) for name, field in model.model_fields.items()}
        schema: Schema = {
            "title": said(model.__name__, "self"),
            "type": "object",
            "properties": {
                key: self.field(model, key, hints[name], field.default)
                for key, (name, field) in fields.items()
            },
            "additionalProperties": False,
        }
        if required := [key for key, (_, field) in fields.items() if field.is_required()]:
            schema["required"] = required
        return schema

    def field(self, model: type[Shape], key: str, hint: object, default: object) -> Schema:
        place = f"{model.__name__}.{key}"
        schema = dict({"const": 1} if key == "format" and hint == Whole else self.value(hint))
        if place in PERSONS:
            schema = {"anyOf": [WORD, self.value(ChooseShape)]}
        if place in self.names:
            schema = _offering(schema, self.names[place])
        if "$ref" in schema:
            schema = {"allOf": [schema]}  # beside a reference nothing else counts
        if isinstance(default, str | bool):
            schema["default"] = default
        return {"description": described(model, key), **schema}

    def value(self, hint: Any) -> Schema:
        """What may stand where a value of this type is wanted."""
        if isinstance(hint, type) and issubclass(hint, Shape):
            return self.shape(hint)
        if hint in PLAIN:
            return PLAIN[hint]
        inner = get_args(hint)
        match get_origin(hint):
            case origin if origin in (Union, UnionType):
                return {"anyOf": [self.value(each) for each in inner]}
            case origin if origin is Literal:
                return {"enum": list(inner)}
            case origin if origin is list:
                return {"type": "array", "items": self.value(inner[0])}
            case origin if origin is dict:
                return {"type": "object", "additionalProperties": self.value(inner[1])}
        raise TypeError(f"no schema for {hint}")

    def shape(self, model: type[Shape]) -> Schema:
        """A reference to the definition of a shape, with its short forms."""
        name = model.__name__.removesuffix("Shape")
        if name not in self.definitions:
            self.definitions[name] = {}  # a shape may hold itself
            self.definitions[name] = self.mapping(model)
            if model in SHORT:
                self.definitions[name] = {"anyOf": [*SHORT[model], self.definitions[name]]}
        return {"$ref": f"#/definitions/{name}"}

    def outcome(self, decides: str, model: type[Shape] | None) -> Schema:
        """What `then` and `default` are in a rulebook that decides this."""
        then = WORD if model is None else self.shape(model)
        rules = {"anyOf": [{"type": "null"}, {"items": {"properties": {"then": then}}}]}
        return {
            "if": {"properties": {"decides": {"const": decides}}, "required": ["decides"]},
            "then": {"properties": {"rules": rules, "default": then}},
        }


def _offering(schema: Schema, names: Sequence[str]) -> Schema:
    """The same values, with names that an editor completes."""
    if schema.get("type") == "array":
        return {**schema, "items": _offering(schema["items"], names)}
    return {"anyOf": [{"enum": list(names)}, *schema.get("anyOf", [schema])]}


def described(model: type[Shape], key: str) -> str:
    """What a key means; one that is inherited is described where it comes from."""
    owner = next(each for each in model.__mro__ if key in descriptions().get(each.__name__, {}))
    return said(owner.__name__, key)


def said(owner: str, key: str) -> str:
    """What a key of a shape means, in both languages."""
    text = descriptions()[owner][key]
    return f"{text['en']} {text['zh']}"


@cache
def descriptions() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """What every key of every shape means: schema.toml, by model and key; `self` is the shape itself."""
    return tomllib.loads(files(__package__).joinpath("schema.toml").read_text("utf-8"))
