"""How do instants and JSON lie in a column of each database?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from json import JSONDecoder
from typing import Any

from sqlalchemy import JSON, TIMESTAMP, BigInteger, Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from crmflow.core.moment import from_micros, to_micros

PARSER = JSONDecoder()


class Instant(TypeDecorator[datetime]):
    """An aware datetime, exact: SQLite INTEGER (microseconds UTC), PostgreSQL timestamptz."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        stored = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger()
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        if value is None or dialect.name == "postgresql":
            return value
        return to_micros(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _in_utc if dialect.name == "postgresql" else _instant


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _in_utc(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """SQLite JSON text, PostgreSQL JSONB. None is SQL's NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        stored = JSONB(none_as_null=True) if dialect.name == "postgresql" else self.impl_instance
        return dialect.type_descriptor(stored)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return super().result_processor(dialect, coltype) if dialect.name == "postgresql" else _parsed


def _parsed(text: str | None) -> Any:
    return None if text is None else PARSER.raw_decode(text)[0]
