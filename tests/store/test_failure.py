"""Does every failure of a driver become the code that helps?"""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from crmflow.errors import StoreError
from crmflow.store.failure import coded

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'crmflow[postgres]'")


def sqlite_error(number: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(f"SQLite {number}")
    error.sqlite_errorcode = number
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (sqlite_error(sqlite3.SQLITE_FULL), "CRM409"),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), "CRM410"),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), "CRM409"),
        (sqlite_error(sqlite3.SQLITE_IOERR_READ), "CRM403"),
        (sqlite_error(sqlite3.SQLITE_READONLY), "CRM403"),
        (sqlite_error(sqlite3.SQLITE_NOTADB), "CRM414"),
        (sqlite_error(sqlite3.SQLITE_ERROR), "CRM416"),
        (psycopg.errors.DiskFull("said by PostgreSQL"), "CRM409"),
        (psycopg.errors.DeadlockDetected(), "CRM410"),
        (psycopg.errors.AdminShutdown(), "CRM403"),
        (psycopg.errors.InvalidPassword(), "CRM403"),
        (psycopg.errors.InsufficientPrivilege(), "CRM403"),
        (psycopg.errors.UndefinedTable(), "CRM416"),
        (psycopg.OperationalError("connection refused"), "CRM403"),
    ],
    ids=lambda value: str(value) or type(value).__name__,
)
def test_codes(error: Exception, code: str) -> None:
    with pytest.raises(StoreError) as refused, coded():
        raise OperationalError("SELECT 1", {}, error)
    assert refused.value.code == code
    assert refused.value.reason == str(error)
