"""Does a file that is broken, or an import that ends in the middle, lose nothing?"""

from __future__ import annotations

import csv
import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from crmflow import Engine, ImportFileError, Site
from tests.engine.conftest import contents

ROWS = 12_000
# Imports until the first batch is in the open transaction, says so, and waits to be killed.
HALFWAY = """
import sys, time
from pathlib import Path
from crmflow import Engine

def progress(done, of):
    print(done, "of", of, flush=True)
    time.sleep(600)

with Engine.open(sys.argv[1]) as engine:
    engine.import_file("touchpoints", Path(sys.argv[2]), mapping=Path(sys.argv[3]), progress=progress)
"""
# The command, where no file may grow beyond so many bytes.
CRAMPED = """
import resource, sys
from crmflow.cli import main

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
main(prog_name="crmflow")
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.yaml"
    path.write_text("format: 1\ntouchpoints: complaint\nsource: demo\n", "utf-8")
    return path


@pytest.fixture
def complaints(tmp_path: Path) -> Path:
    path = tmp_path / "complaints.csv"
    path.write_text(table(ROWS), "utf-8")
    return path


def table(rows: int) -> str:
    return "customer,at,text\n" + "".join(
        f"K{number % 30 + 1:04d},2026-06-{number % 28 + 1:02d},{number}\n" for number in range(rows)
    )


def rejected(path: Path) -> list[dict[str, str]]:
    with path.with_name(path.name + ".rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_an_import_that_is_killed_leaves_nothing_and_is_repeated(
    site: Site, complaints: Path, mapping: Path
) -> None:
    before = contents(site.url)
    words = [sys.executable, "-c", HALFWAY, str(site.folder), str(complaints), str(mapping)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = child.stdout.readline()
        child.kill()
    assert said.endswith(f" of {ROWS + 1}\n")

    assert contents(site.url) == before
    with Engine.open(site) as engine:
        report = engine.import_file("touchpoints", complaints, mapping=mapping)
        again = engine.import_file("touchpoints", complaints, mapping=mapping)
    assert (report.new, report.rejected) == (ROWS, 0)
    assert (again.new, again.changed, again.same) == (0, 0, ROWS)


def test_a_file_that_may_not_grow_is_a_full_disk(
    sqlite_original: Site, complaints: Path, mapping: Path
) -> None:
    pytest.importorskip("resource", reason="only Unix limits the size of a file")
    before = contents(sqlite_original.url)
    words = [sys.executable, "-c", CRAMPED, "1000000", "--site", str(sqlite_original.folder)]
    words += ["import", "touchpoints", str(complaints), "--mapping", str(mapping)]

    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False)

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("CRM409 there is no room left for the database: ")
    assert done.stderr.count("\n") == 1
    assert contents(sqlite_original.url) == before


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("cut.csv.gz", gzip.compress(table(5_000).encode())[:-4_000], "CRM450"),
        ("wrong.csv.gz", b"customer,at,text\n", "CRM450"),
        ("empty.csv", b"", "CRM451"),
        ("book.csv", b"PK\x03\x04\x14\x00", "CRM497"),
        ("wide.csv", table(5).encode("utf-16"), "CRM453"),
        ("no-time.csv", b"customer,text\nK0001,waited\n", "CRM454"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    engine: Engine, site: Site, tmp_path: Path, mapping: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    before = contents(site.url)

    with pytest.raises(ImportFileError) as raised:
        engine.import_file("touchpoints", path, mapping=mapping)

    assert raised.value.code == code
    assert contents(site.url) == before
    assert not list(tmp_path.glob("*.rejects.csv"))


@pytest.mark.parametrize("missing", ["complaints.csv", "mapping.yaml"])
def test_a_file_that_is_not_there_is_named(
    engine: Engine, complaints: Path, mapping: Path, missing: str
) -> None:
    complaints.with_name(missing).unlink()

    with pytest.raises(ImportFileError, match=missing) as raised:
        engine.import_file("touchpoints", complaints, mapping=mapping)

    assert raised.value.code == "CRM450"


def test_bad_rows_are_set_aside_and_the_good_ones_stay(engine: Engine, tmp_path: Path, mapping: Path) -> None:
    """One line each: good, no time, broken bytes, too many cells, a quotation mark never closed, good."""
    path = tmp_path / "mixed.csv"
    path.write_bytes(
        "customer,at,text\nK0001,2026-06-01,好\nK0001,soon,坏\n".encode()
        + b"K0001,2026-06-02,\xb9\xcc\xb6\xa8\nK0001,2026-06-03,a,b\n"
        + b'K0001,2026-06-04,"open\nK0002,2026-06-05,x\n'
    )

    report = engine.import_file("touchpoints", path, mapping=mapping)

    assert (report.read, report.new, report.rejected) == (6, 2, 4)
    found = [(row["line"], row["column"], row["value"], row["code"]) for row in rejected(path)]
    assert found[0] == ("3", "at", "soon", "CRM472")
    assert [(line, code) for line, _, _, code in found[1:]] == [
        ("4", "CRM467"),
        ("5", "CRM465"),
        ("6", "CRM466"),
    ]
    assert all(row["reason"] for row in rejected(path))


def test_a_corrected_rejects_file_brings_the_rest(engine: Engine, tmp_path: Path, mapping: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text("customer,at,text\nK0001,2026-06-01,a\nK0001,soon,b\n", "utf-8")
    engine.import_file("touchpoints", path, mapping=mapping)
    rejects = path.with_name("mixed.csv.rejects.csv")
    rejects.write_text(rejects.read_text("utf-8-sig").replace("K0001,soon", "K0001,2026-06-02"), "utf-8-sig")

    report = engine.import_file("touchpoints", rejects, mapping=mapping)

    assert (report.new, report.rejected) == (1, 0)


def test_rejects_that_cannot_be_written_undo_the_import(
    engine: Engine, site: Site, tmp_path: Path, mapping: Path
) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text("customer,at,text\nK0001,2026-06-01,a\nK0001,soon,b\n", "utf-8")
    path.with_name("mixed.csv.rejects.csv").mkdir()
    before = contents(site.url)

    with pytest.raises(ImportFileError, match="CRM464"):
        engine.import_file("touchpoints", path, mapping=mapping)

    assert contents(site.url) == before
