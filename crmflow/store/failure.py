"""Which StoreError does a driver's error become?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from crmflow.errors import StoreError

SQLITE: Mapping[int, str] = {
    sqlite3.SQLITE_FULL: "CRM409",
    sqlite3.SQLITE_BUSY: "CRM410",
    sqlite3.SQLITE_LOCKED: "CRM410",
    sqlite3.SQLITE_READONLY: "CRM403",
    sqlite3.SQLITE_CANTOPEN: "CRM403",
    sqlite3.SQLITE_IOERR: "CRM403",
    sqlite3.SQLITE_IOERR_WRITE: "CRM409",  # a quota or a limit of the file's size
    sqlite3.SQLITE_IOERR_FSYNC: "CRM409",
    sqlite3.SQLITE_IOERR_SHMSIZE: "CRM409",
    sqlite3.SQLITE_CORRUPT: "CRM414",
    sqlite3.SQLITE_NOTADB: "CRM414",
}
POSTGRESQL: Mapping[str, str] = {
    "53100": "CRM409",  # disk full
    "55P03": "CRM410",  # lock not available
    "40P01": "CRM410",  # deadlock
    "40001": "CRM410",  # serialization failure
    "08": "CRM403",  # connection
    "28": "CRM403",  # password, role
    "3D": "CRM403",  # no such database
    "57": "CRM403",  # shutdown
    "42501": "CRM403",  # no right to do this
}
OTHER = "CRM416"


@contextmanager
def coded() -> Iterator[None]:
    """Turns the driver's error into a StoreError that carries it as its cause."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(code_of(error), reason=" ".join(str(error.orig).split())) from error
    except UnicodeEncodeError as error:
        raise StoreError("CRM413", text=ascii(error.object[error.start : error.end])) from error


def code_of(error: DBAPIError) -> str:
    """The code for what the driver says."""
    if isinstance(error.orig, sqlite3.Error):
        number = getattr(error.orig, "sqlite_errorcode", 0)
        return SQLITE.get(number) or SQLITE.get(number & 0xFF, OTHER)
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the server was never reached, or went away
        return "CRM403" if isinstance(error, OperationalError) else OTHER
    return POSTGRESQL.get(state) or POSTGRESQL.get(state[:2], OTHER)
