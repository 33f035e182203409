"""Are CSV files of every encoding, delimiter and damage read, and only broken lines set aside?"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.errors import ImportFileError
from crmflow.exchange.csvfile import CsvFile
from crmflow.exchange.tablefile import Broken

TEXT = "会员号,金额\r\nM1,12.50\r\n会员二,7\r\n"


def write(folder: Path, content: bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def read(path: Path, encoding: str | None = None) -> list[list[str] | str]:
    """The rows; a broken line as its code and line."""
    rows = CsvFile.open(path, encoding).rows()
    return [
        f"{row.error.code} {row.line}" if isinstance(row, Broken) else [*map(str, row.cells)] for row in rows
    ]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.replace(",", ";").encode(), "utf-8"),
        (TEXT.replace(",", "\t").encode(), "utf-8"),
        (TEXT.replace("\r\n", "\n").encode().rstrip(), "utf-8"),
        (TEXT.replace("\r\n", "\r\n\r\n,\r\n").encode(), "utf-8"),
        (TEXT.replace("\r\n", "\r").encode(), "utf-8"),
        (TEXT.replace("\r\n", "\r").encode("gb18030").rstrip(), "gb18030"),
        (TEXT.replace("\r\n", "\n  \n\t\n \u3000,  \n,,,\n").encode(), "utf-8"),
    ],
)
def test_the_same_rows_come_from_every_dress(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = write(tmp_path, content)
    file = CsvFile.open(path)
    assert (file.encoding, file.headers) == (encoding, ["会员号", "金额"])
    assert read(path) == [["M1", "12.50"], ["会员二", "7"]]


def test_a_packed_file_is_read(tmp_path: Path) -> None:
    assert read(write(tmp_path, gzip.compress(TEXT.encode()), "file.csv.gz"))[0] == ["M1", "12.50"]


def test_a_declared_encoding_is_used(tmp_path: Path) -> None:
    assert read(write(tmp_path, "name\nJosé\n".encode("latin-1")), "latin-1") == [["José"]]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([b"a,b", b"1", b"2,3"], ["CRM465 2", ["2", "3"]]),
        ([b"a,b", b"1,2,3", b"2,3"], ["CRM465 2", ["2", "3"]]),
        ([b"a,b", b'1,"x', b"2,3", b"4,5"], ["CRM466 2", ["2", "3"], ["4", "5"]]),
        ([b"a,b", b'"1"x,2', b"2,3"], ["CRM466 2", ["2", "3"]]),
        ([b"a,b", "会,员".encode(), b"\xff,2", b"2,3"], [["会", "员"], "CRM467 3", ["2", "3"]]),
        ([b"a,b", b"1\0,2", b"2,3"], ["CRM468 2", ["2", "3"]]),
        ([b"a,b", b'"1\n1",2', b"2,3"], [["1\n1", "2"], ["2", "3"]]),
    ],
)
def test_a_broken_line_spoils_only_itself(tmp_path: Path, lines: list[bytes], found: list[object]) -> None:
    assert read(write(tmp_path, b"\n".join(lines))) == found


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("file.csv", None, "CRM450"),
        ("file.csv.gz", b"not packed", "CRM450"),
        ("file.csv.gz", gzip.compress(TEXT.encode(), mtime=0)[:-9], "CRM450"),
        ("file.csv", b"", "CRM451"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, content: bytes | None, code: str
) -> None:
    path = tmp_path / name if content is None else write(tmp_path, content, name)
    with pytest.raises(ImportFileError) as refused:
        CsvFile.open(path)
    assert refused.value.code == code
    assert str(path) in refused.value.text("zh")


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="CRM452"):
        CsvFile.open(write(tmp_path, TEXT.encode()), "gbk2312")


@given(st.binary(max_size=300))
def test_no_bytes_stop_the_reading(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp(), b"a,b\n" + content, "any.csv")
    lines = content.count(b"\n") + 1
    assert len(read(path)) <= lines * 2
