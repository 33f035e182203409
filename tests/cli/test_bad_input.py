"""What does a person read who typed something wrong? A code, the place, the remedy; and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import pytest
from click.testing import CliRunner, Result

from crmflow.cli import main
from tests.engine.conftest import contents, execute
from tests.installed import install

TABLE = tomllib.loads(Path(__file__).with_name("bad_input.toml").read_text("utf-8"))
FILES: list[dict[str, Any]] = TABLE["file"]
SETTINGS: list[dict[str, Any]] = TABLE["setting"]
# Words of YAML, pydantic, SQLAlchemy and Python that no reader of ours should meet.
FOREIGN = ("Traceback", "ruamel", "mapping values", "token", "pydantic", "sqlalchemy", "sqlite3.", "psycopg")
PROGRAM = [sys.executable, "-c", "from crmflow.cli import main; main()"]
Type = Callable[..., Result]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fuel site with a customer, made by typing."""
    folder = tmp_path_factory.mktemp("bad") / "site"
    assert typed("init", str(folder), "--pack", "fuel", "--language", "en").exit_code == 0
    fills = folder / "fills.csv"
    fills.write_text(
        "加油卡号,时间,加油量\n" + "".join(f"9001,2026-06-{day:02},40\n" for day in range(1, 29))
    )
    done = typed("--site", str(folder), "import", "touchpoints", str(fills), "--kind", "加油")
    assert done.exit_code == 0, done.stderr
    assert typed("--site", str(folder), "run", "--as-of", "2026-06-30").exit_code == 0
    return folder


@pytest.fixture
def site(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "site"))


@pytest.fixture
def crmflow(site: Path) -> Type:
    """Types a command in the site."""
    return lambda *words: typed("--site", str(site), *words)


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, words, prog_name="crmflow")


def kept(site: Path) -> tuple[object, dict[str, bytes]]:
    """Every row of the database, and every other file of the site."""
    files = {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    return contents(f"sqlite:///{site / 'crm.db'}"), {
        name: text for name, text in files.items() if not name.startswith("crm.db")
    }


def refused(done: Result, exit_code: int, says: str) -> None:
    assert done.exit_code == exit_code, done.output
    assert done.stdout == ""
    assert done.stderr.startswith(says), done.stderr
    assert done.stderr.count("\n") == 1
    assert not any(word in done.stderr for word in FOREIGN)


@pytest.mark.parametrize("case", FILES, ids=[case["name"] for case in FILES])
def test_a_mistake_in_a_rule_is_shown_at_its_place_and_nothing_is_published(
    site: Path, crmflow: Type, case: dict[str, Any]
) -> None:
    part = "when" if case["template"] == "rule" else "row"
    text = Template(TABLE["templates"][case["template"]]).substitute({part: case["text"]})
    file = site / "rules" / "fuel" / "segments" / "x.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(text.encode(case.get("encoding", "utf-8")))
    before = kept(site)

    checked = crmflow("check", "--output-format", "json")
    found, *others = json.loads(checked.stdout)
    place = "{line}:{column}-{end_line}:{end_column}".format(**found)

    assert not others, others
    assert (checked.exit_code, found["code"], place) == (1, case["code"], case["at"])
    assert found["suggestion"] == case.get("suggestion")
    assert bool(found["fix"]) is case["fixable"]
    for language in ("en", "zh"):
        for command in ("check", "test", "publish"):
            shown = crmflow(command, "--lang", language)
            assert shown.exit_code == 1, shown.output
            assert shown.stdout.startswith(case["code"])
            assert f"x.yaml:{case['at'].partition('-')[0]}" in shown.stdout
            assert not any(word in shown.output for word in FOREIGN)
    assert crmflow("run", "--as-of", "2026-06-30", "--json").exit_code == 0
    assert json.loads(crmflow("run", "--as-of", "2026-06-30", "--json").stdout)["changed"] is False
    assert kept(site)[0] == before[0]
    assert file.read_bytes() == before[1]["rules/fuel/segments/x.yaml"]


@pytest.mark.parametrize("case", SETTINGS, ids=[case["text"].split("{n}")[-1] for case in SETTINGS])
def test_a_wrong_setting_is_said_in_one_line(site: Path, crmflow: Type, case: dict[str, Any]) -> None:
    toml = site / "crmflow.toml"
    toml.write_text(case["text"].replace("{n}", "\n"), "utf-8")
    before = kept(site)

    done = crmflow("publish")

    refused(done, case["exit_code"], case["says"].format(toml=toml, site=site))
    assert "pw@" not in done.stderr
    assert kept(site) == before


@pytest.mark.parametrize(
    ("hooks", "reason"),
    [
        ('raise RuntimeError("no licence")', "RuntimeError: no licence"),
        ("import a_library_nobody_has", "ModuleNotFoundError: No module named 'a_library_nobody_has'"),
        ("raise SystemExit(0)", "SystemExit: 0"),
    ],
)
def test_a_plugin_that_raises_on_load_is_named_and_changes_nothing(
    site: Path, crmflow: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hooks: str, reason: str
) -> None:
    install(tmp_path, monkeypatch, "wash", hooks)
    toml = site / "crmflow.toml"
    toml.write_text(toml.read_text("utf-8").replace('["fuel"]', '["fuel", "wash"]'), "utf-8")
    before = kept(site)

    for command in ("run", "publish", "segments"):
        refused(crmflow(command), 3, f"CRM701 pack wash (crmflow-wash 1.2) failed to load: {reason}; upgrade")

    assert kept(site) == before


def test_two_plugins_of_one_name_are_both_named(
    crmflow: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, "fuel", "", distribution="my-fuel")

    done = crmflow("visits")

    assert (done.exit_code, done.stderr[:6]) == (3, "CRM703")
    assert all(name in done.stderr for name in ("my-fuel", "crmflow-fuel"))


def test_a_newer_database_is_left_to_a_newer_program(site: Path, crmflow: Type) -> None:
    execute(f"sqlite:///{site / 'crm.db'}", "UPDATE crmflow_version SET version_num = '0099'")
    before = kept(site)

    for command in ("run", "migrate", "segments", "publish"):
        refused(crmflow(command), 3, "CRM406 the database has schema 0099, which this program does not know")

    assert kept(site) == before


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("run", "--report", "/nowhere/report.html"), 2, "CRM817"),
        (("journal", "export", "/nowhere/journal.jsonl"), 2, "CRM817"),
        (("explain", "timer:57790x"), 2, "CRM816"),
        (("explain", "due", "nonsense"), 2, "CRM816"),
        (("run", "--as-of", "31.12.2026"), 2, "CRM814"),
        (("import", "customers", "/nowhere/x.csv"), 3, "CRM450"),
        (("import", "touchpoints", "{site}/fills.csv", "--mapping", "/nowhere/x.yaml"), 3, "CRM450"),
        (("explain", "nobody"), 3, "CRM443"),
        (("explain", "C99999999999999999999"), 3, "CRM443"),
        (("explain", "visit:99999999999999999999"), 2, "CRM816"),
        (("explain", "case:7"), 3, "CRM522"),
        (("case", "send", "99999999999999999999", "done"), 2, "CRM816"),
        (("visits", "--as", "nobody"), 3, "CRM444"),
        (("record", "fil", "9001"), 3, "CRM441"),
        (("record", "fill", "9001", "--at", "2962-01-01"), 3, "CRM566"),
        (("record", "fill", "9001", "--unit", "S9"), 3, "CRM563"),
        (("signal", "outage", "--at", "2962-01-01T08:00"), 3, "CRM566"),
        (("case", "send", "7", "withdraw", "--at", "2962-01-01"), 3, "CRM566"),
        (("case", "send", "7", "done", "--as", "w1"), 3, "CRM444"),
        (("case", "open", "complaint", "9001", "foo=1"), 3, "CRM442"),
        (("init", "{site}", "--pack", "fuel"), 2, "CRM804"),
        (("init", "{site}/fills.csv/x", "--pack", "fuel"), 2, "CRM809"),
        (("init", "{site}/new", "--pack", "fule"), 3, "CRM702"),
        (("init", "{site}/new", "--pack", "fuel", "--zone", "Beijing"), 2, "CRM803"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else None,
)
def test_words_that_cannot_be_meant_change_nothing(
    site: Path, crmflow: Type, words: tuple[str, ...], exit_code: int, code: str
) -> None:
    before = kept(site)

    refused(crmflow(*(word.format(site=site) for word in words)), exit_code, f"{code} ")

    assert kept(site) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_output_that_cannot_be_written_is_a_failure_without_a_traceback(site: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        words = [*PROGRAM, "--site", str(site), "segments", "--json"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 3
    assert done.stderr.startswith("CRM818 the system refused: No space left on device; ")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_failure_of_ours(site: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    words = [*PROGRAM, "--site", str(site), "segments"]
    done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)

    assert done.stderr == ""
