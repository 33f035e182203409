"""Does `crmflow worker` find its sites, say what it does, and stop when it is told to?"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import inspect

from crmflow import Engine, Site
from crmflow.cli import main

NewSite = Callable[[str], Path]


@pytest.fixture
def new_site(tmp_path: Path) -> NewSite:
    def make(name: str) -> Path:
        site = Site.init(tmp_path / name, ["fuel"], zone="UTC", language="en")
        with Engine.create(site) as engine:
            engine.publish()
        return site.folder

    return make


def typed(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["worker", *map(str, words)], prog_name="crmflow")


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_folder_of_sites_is_worked_through(new_site: NewSite, tmp_path: Path) -> None:
    new_site("north")
    new_site("south")
    result = typed("--site", tmp_path, "--once", "--json")
    assert result.exit_code == 0, result.stderr
    told = lines(result)
    assert told[0]["tenants"] == ["north", "south"]
    assert [each["event"] for each in told] == ["began", "ended"]


def test_what_fails_is_told_and_the_others_are_worked_for(new_site: NewSite, tmp_path: Path) -> None:
    new_site("north")
    Site.init(tmp_path / "empty", ["fuel"], zone="UTC", language="en")
    result = typed("--site", tmp_path, "--once", "--json", "--lang", "zh")
    assert result.exit_code == 3
    [failed] = [each for each in lines(result) if each["event"] == "failed"]
    assert (failed["tenant"], failed["code"]) == ("empty", "CRM404")
    assert "重试" in result.stderr


def test_sites_of_one_name_are_told_apart(new_site: NewSite, tmp_path: Path) -> None:
    first, second = new_site("a/shop"), new_site("b/shop")
    result = typed("--site", first, "--site", second, "--site", first, "--once", "--json")
    assert lines(result)[0]["tenants"] == [str(first), str(second)]


def test_schemas_are_tenants(new_site: NewSite, postgres_url: str) -> None:
    folder = new_site("shop")
    toml = folder / "crmflow.toml"
    toml.write_text(toml.read_text("utf-8").replace("sqlite:///crm.db", postgres_url), "utf-8")
    for schema in ("north", "south"):
        Engine.migrate(folder, schema=schema)
        with Engine.open(folder, schema=schema) as engine:
            engine.publish()
    result = typed("--site", folder, "--schema", "north", "--schema", "south", "--once", "--json")
    assert result.exit_code == 0, result.stderr
    assert lines(result)[0]["tenants"] == ["shop/north", "shop/south"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--health", "localhost"], "CRM846"),
        (["--health", "127.0.0.1:http"], "CRM846"),
        (["--health", "127.0.0.1:99999"], "CRM845"),
        (["--health", "host.invalid:0"], "CRM845"),
    ],
)
def test_addresses_that_cannot_be(words: list[str], code: str, new_site: NewSite) -> None:
    result = typed("--site", new_site("north"), "--once", *words)
    assert result.exit_code == 2
    assert code in result.stderr


def test_a_schema_on_sqlite(new_site: NewSite) -> None:
    result = typed("--site", new_site("north"), "--schema", "a", "--once")
    assert result.exit_code == 3
    assert "CRM847" in result.stderr


def test_no_sites(tmp_path: Path) -> None:
    result = typed("--site", tmp_path, "--once")
    assert result.exit_code == 2
    assert "CRM844" in result.stderr


@pytest.fixture
def running(new_site: NewSite) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A worker that answers probes, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = ["--site", str(new_site("north")), "--health", f":{port}", "--interval", "3600"]
    command = [sys.executable, "-c", "from crmflow.cli import main; main()", "worker", *words]
    worker = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "CI": "1"})
    yield worker, port
    worker.kill()
    worker.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a program can answer")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(number: int, running: tuple[subprocess.Popen[str], int]) -> None:
    worker, port = running
    wait_for(port)
    worker.send_signal(number)
    assert worker.wait(30) == 0
    assert worker.stderr is not None
    assert "stopped: 0 cases" in worker.stderr.read()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a program can answer")
def test_a_signal_while_it_begins_ends_it_in_good_order(new_site: NewSite) -> None:
    """It comes while the engine is still being loaded."""
    program = (
        "import os, signal, sys\nfrom crmflow.cli import main\n"
        "class Early:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'crmflow.engine':\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.meta_path.insert(0, Early())\nmain()\n"
    )
    command = [sys.executable, "-c", program, "worker", "--site", str(new_site("north"))]
    worker = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, "CI": "1"}, check=False
    )
    assert (worker.returncode, "stopped: 0 cases" in worker.stderr) == (0, True), worker.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a program can answer")
def test_a_second_signal_undoes_the_batch(new_site: NewSite) -> None:
    """The batch stands still in the middle of writing, until it is interrupted."""
    folder = new_site("north")
    program = (
        "import time\nfrom crmflow.cli import main\nfrom crmflow.engine import Engine\n"
        "def due(engine, limit):\n"
        "    with engine.store.batch('worker') as batch:\n"
        "        batch.connection.exec_driver_sql('CREATE TABLE half (done INTEGER)')\n"
        "        print('writing', flush=True)\n"
        "        time.sleep(60)\n"
        "Engine.due = due\nmain()\n"
    )
    command = [sys.executable, "-c", program, "worker", "--site", str(folder)]
    worker = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "CI": "1"}
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "writing\n"
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    _, said = worker.communicate(timeout=30)
    assert (worker.returncode, "interrupted" in said) == (130, True), said
    with Engine.open(folder) as engine:
        assert "half" not in inspect(engine.store.engine).get_table_names()


def wait_for(port: int) -> None:
    """Until the worker answers that it is ready."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
                probe.sendall(b"GET /ready HTTP/1.0\r\n\r\n")
                if b" 200 " in probe.recv(64):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("the worker is not ready")
