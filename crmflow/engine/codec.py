"""How are declared fields stored? As the vocabulary says: numbers as integers scaled by their field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from crmflow.core.field import Field, Stored, Value
from crmflow.rules.vocabulary import Vocabulary

SCALED = frozenset({"number", "date", "instant"})


class VocabularyCodec:
    """Encodes and decodes the fields of customers, holdings, touchpoints and signals.

    A field that the vocabulary no longer declares stays as it is stored.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._fields: dict[str, Mapping[str, Field]] = {"customer": vocabulary.customer}
        for kinds in (vocabulary.holdings, vocabulary.touchpoints, vocabulary.signals):
            self._fields.update({kind.name: kind.fields for kind in kinds.values()})
        self._converted = {
            kind: [(name, field.decode) for name, field in fields.items() if field.kind in SCALED]
            for kind, fields in self._fields.items()
        }

    def encode(self, kind: str, fields: Mapping[str, Value]) -> Mapping[str, Stored]:
        declared = self._fields[kind]
        return {name: declared[name].encode(value) for name, value in fields.items()}

    def decode(self, kind: str, stored: Mapping[str, Stored]) -> Mapping[str, Value]:
        values = cast(dict[str, Value], dict(stored))
        for name, decode in self._converted.get(kind, ()):
            if name in stored:
                values[name] = decode(stored[name])
        return values
