"""Where do the tests find a PostgreSQL? In a private cluster in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO

import psycopg

OLDEST = 15
INSTALLED = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")
PATIENCE = 60.0  # seconds until a server that does not answer is given up

# Serves until standard input closes: when the tests end, and just so when their process dies. For each line
# before that the server is shut down at once and started again.
SERVE = """
serve() { "$1/postgres" -D "$2/data" -h 127.0.0.1 -p "$3" -k '' >>"$2/log" 2>&1 & }
serve "$@"
while read -r _; do kill -QUIT $!; wait $!; serve "$@"; done
kill -INT $!
wait $!
rm -rf "$2"
"""


class NoPostgres(Exception):
    """This machine has no PostgreSQL that the tests can start; the text says why."""


class Cluster:
    """A PostgreSQL server on a loopback port, open to everyone on this machine."""

    def __init__(self, port: int, log: Path, control: IO[bytes]) -> None:
        self.port = port
        self.log = log
        self.control = control
        self.names = (f"test_{number}" for number in count(1))

    def restart(self) -> None:
        """Breaks all connections and undoes what was not committed, as when the machine fails."""
        started = self.started()
        self.control.write(b"\n")
        self.control.flush()
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(psycopg.OperationalError):
                if self.started() != started:
                    return
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not come back:\n{self.log.read_text()}")
            time.sleep(0.02)

    def started(self) -> object:
        """When the server was started."""
        return self.asked("SELECT pg_postmaster_start_time()").fetchone()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://crmflow@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        self.asked(statement)

    def asked(self, statement: str) -> psycopg.Cursor[tuple[object, ...]]:
        address = f"host=127.0.0.1 port={self.port} user=crmflow dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            return connection.execute(statement.encode())

    def name(self, url: str) -> str:
        """The database of a URL."""
        return url.rpartition("/")[2].partition("?")[0]

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The URL of an empty database, or of a copy of another; dropped at the end (20 ms to make)."""
        name = next(self.names)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {self.name(template) if template else 'template0'}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A fresh cluster with the server's own defaults, fsync included; raises NoPostgres."""
    programs, user = find_programs(), unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="crmflow-postgres-"))
    if user:
        shutil.chown(folder, user)
    port, data = free_port(), str(folder / "data")
    make = [str(programs / "initdb"), "-D", data, "-U", "crmflow", "--auth=trust", "--encoding=UTF8"]
    make += ["--no-locale", "--no-sync"]
    subprocess.run(make, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    serve = ["sh", "-c", SERVE, "sh", str(programs), str(folder), str(port)]
    server = subprocess.Popen(serve, stdin=subprocess.PIPE, user=user, cwd=folder, start_new_session=True)
    assert server.stdin is not None
    running = Cluster(port, folder / "log", server.stdin)
    try:
        wait_for(running)
        yield running
    finally:
        server.communicate()


def wait_for(running: Cluster) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return running.execute("SELECT 1")
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not answer:\n{running.log.read_text()}") from error
            time.sleep(0.05)


def find_programs() -> Path:
    """The folder of the newest PostgreSQL: in Debian's, Red Hat's and Homebrew's places and on the PATH."""
    if sys.platform == "win32":
        raise NoPostgres("the tests start PostgreSQL on Linux and macOS only")
    folders = [folder for pattern in INSTALLED for folder in Path("/").glob(pattern)]
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).parent)
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        folders.append(Path(said.stdout.strip()))
    found = [(version(folder), folder) for folder in folders if (folder / "initdb").exists()]
    if not found or max(found)[0] < OLDEST:
        raise NoPostgres(f"no PostgreSQL {OLDEST} or newer is installed")
    return max(found)[1]


def version(folder: Path) -> int:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(re.findall(r"\d+", said.stdout)[0])


def unprivileged_user() -> str | None:
    """Who the server runs as: PostgreSQL refuses root, so that root's tests lend it another account."""
    if os.geteuid() != 0:
        return None
    import pwd

    accounts = {account.pw_name for account in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in accounts:
            return name
    raise NoPostgres("PostgreSQL does not run as root, and there is no account postgres or nobody")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
