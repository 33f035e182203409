"""Where does everything lie? All SQL is here: SQLite in-process, PostgreSQL for many workers."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from crmflow.store.connect import prepare_sqlite
from crmflow.store.store import Store

__all__ = ["Connection", "Database", "Store", "prepare_sqlite"]
