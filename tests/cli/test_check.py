"""Does `check` look at the files that are meant, mend only what is safe, and leave all else as it is?"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run

BOOK = """format: 1
title: 常客
decides: segment
gives: {{name: often, of: [often]}}
rules:
  - {{id: often, when: {when}, then: often}}   # 保留
tests:
  - {{name: one, given: {{kind: person}}, expect: often}}
"""
SOUND = 'kind = "person"'
WIDE = 'kind ＝ "person"'
GUESS = 'kidn = "person"'
DOUBTFUL = 'name != "x"'


@pytest.fixture
def book(site: Path) -> Path:
    """A rulebook of the site."""
    file = site / "rules" / "retail" / "segments" / "often.yaml"
    file.parent.mkdir(parents=True)
    write(file, SOUND)
    return file


def write(file: Path, when: str) -> None:
    file.write_text(BOOK.format(when=when), "utf-8", newline="\n")


def test_sound_files_have_no_findings(run: Run, book: Path) -> None:
    done = run("check", str(book))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "未发现问题\n")


@pytest.mark.parametrize(
    ("options", "code"),
    [((), 1), (("--fail-level", "error"), 0), (("--exit-zero",), 0), (("--ignore", "CRM012"), 0)],
)
def test_a_warning_sets_the_exit_code_as_asked(
    run: Run, book: Path, options: tuple[str, ...], code: int
) -> None:
    write(book, WIDE)
    assert run("check", str(book), *options).exit_code == code


@pytest.mark.parametrize(
    ("options", "code"), [((), 1), (("--fail-level", "error"), 1), (("--exit-zero",), 0)]
)
def test_an_error_sets_the_exit_code_as_asked(
    run: Run, book: Path, options: tuple[str, ...], code: int
) -> None:
    write(book, GUESS)
    assert run("check", str(book), *options).exit_code == code


def test_severity_is_in_the_record(run: Run, book: Path) -> None:
    write(book, WIDE)
    (warning,) = json.loads(run("check", str(book), "--output-format", "json").stdout)
    write(book, GUESS)
    (error,) = json.loads(run("check", str(book), "--output-format", "json").stdout)
    assert (warning["severity"], error["severity"]) == ("warning", "error")


def test_a_safe_fix_changes_its_characters_alone(run: Run, book: Path) -> None:
    write(book, WIDE)
    before = book.read_bytes()
    done = run("check", str(book), "--fix")
    assert done.exit_code == 0
    assert book.read_bytes() == before.replace("＝".encode(), b"=")
    assert done.stderr == "已在 1 个文件中修正 1 处\n未发现问题\n"


def test_line_ends_and_byte_order_mark_stay(run: Run, book: Path) -> None:
    write(book, WIDE)
    book.write_bytes(b"\xef\xbb\xbf" + book.read_bytes().replace(b"\n", b"\r\n"))
    before = book.read_bytes()
    run("check", "--fix")
    assert book.read_bytes() == before.replace("＝".encode(), b"=")


def test_a_guess_needs_its_own_option(run: Run, book: Path) -> None:
    write(book, GUESS)
    before = book.read_bytes()
    assert run("check", str(book), "--fix").exit_code == 1
    assert book.read_bytes() == before
    assert run("check", str(book), "--fix", "--unsafe-fixes").exit_code == 0
    assert book.read_bytes() == before.replace(b"kidn", b"kind")


def test_a_difference_of_case_or_width_is_no_guess(run: Run, book: Path) -> None:
    write(book, 'Ｋind = "person"')
    run("check", str(book), "--fix")
    assert SOUND in book.read_text("utf-8")


def test_diff_shows_and_changes_nothing(run: Run, book: Path) -> None:
    write(book, WIDE)
    before = book.read_bytes()
    done = run("check", "--diff")
    assert done.exit_code == 1
    assert f"\n-  - {{id: often, when: {WIDE}, then: often}}   # 保留\n" in done.stdout
    assert f"\n+  - {{id: often, when: {SOUND}, then: often}}   # 保留\n" in done.stdout
    assert done.stderr == "将修改 1 个文件\n"
    assert book.read_bytes() == before
    write(book, SOUND)
    assert run("check", "--diff").exit_code == 0


def test_select_and_ignore_choose_what_is_mended_too(run: Run, book: Path) -> None:
    write(book, WIDE)
    run("check", "--fix", "--ignore", "CRM01")
    assert WIDE in book.read_text("utf-8")
    run("check", "--fix", "--select", "CRM01")
    assert SOUND in book.read_text("utf-8")


def test_files_and_folders_are_looked_at_alone(run: Run, book: Path) -> None:
    other = book.with_name("other.yaml")
    write(book, WIDE)
    other.write_text(BOOK.format(when=GUESS).replace("often", "other"), "utf-8")

    def seen(*paths: Path) -> set[str]:
        shown = run("check", *map(str, paths), "--output-format", "json")
        return {Path(each["file"]).name for each in json.loads(shown.stdout)}

    assert seen(book) == {"often.yaml"}
    assert seen(other) == {"other.yaml"}
    assert seen(book, other) == seen(book.parent) == seen() == {"often.yaml", "other.yaml"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("gone.yaml",), "CRM840"),
        (("--select", "CMR1"), "CRM841"),
        (("{site}/notes.yaml",), "CRM842"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    run: Run, site: Path, book: Path, words: tuple[str, ...], code: str
) -> None:
    (site / "notes.yaml").write_text("a: 1", "utf-8")
    done = run("check", *(word.format(site=site) for word in words))
    assert (done.exit_code, done.stdout, done.stderr[:6]) == (2, "", code)


def test_a_file_outside_of_any_site_is_checked_with_the_pack_that_is_named(
    run: Run, book: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("loose")
    file = Path(shutil.copy(book, folder / "often.yaml"))
    write(file, '会员等级 = "x" and 会员等极 = "y"')
    words = ("check", str(file), "--pack", "retail", "--output-format", "concise")
    done = run(*words, at=folder)
    assert done.exit_code == 1
    assert "often.yaml:6:" in done.stdout
    assert "会员等极" in done.stdout


def test_findings_go_to_a_file_and_the_count_to_the_terminal(run: Run, book: Path, tmp_path: Path) -> None:
    write(book, WIDE)
    done = run("check", "--output-format", "sarif", "--output-file", str(tmp_path / "out.sarif"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert json.loads((tmp_path / "out.sarif").read_text("utf-8"))["version"] == "2.1.0"


def test_no_database_is_needed(run: Run, site: Path, book: Path) -> None:
    assert run("check").exit_code == 0
    assert not list(site.glob("*.db"))
