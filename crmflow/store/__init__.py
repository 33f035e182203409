"""Where does everything lie? All SQL is here: SQLite in-process, PostgreSQL for many workers."""

from __future__ import annotations

from crmflow.store.connect import prepare_sqlite
from crmflow.store.store import Store

__all__ = ["Store", "prepare_sqlite"]
