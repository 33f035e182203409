"""Is a file opened as what it holds, whatever it is called, and is any other format named?"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pyarrow as arrow
import pytest
from openpyxl import Workbook
from pyarrow import parquet

from crmflow.errors import ImportFileError
from crmflow.exchange.csvfile import CsvFile
from crmflow.exchange.parquet import ParquetTable
from crmflow.exchange.tablefile import open_table
from crmflow.exchange.workbook import SheetTable

ENCRYPTED = b"\xd0\xcf\x11\xe0" + b"\0" * 64 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 64


def zipped(*names: str) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return file.getvalue()


def workbook() -> bytes:
    book, file = Workbook(), BytesIO()
    assert book.active is not None
    book.active.append(["会员号", "金额"])
    book.save(file)
    return file.getvalue()


def columns() -> bytes:
    file = BytesIO()
    parquet.write_table(arrow.table({"会员号": ["M1"]}), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [("会员号,金额\n".encode(), CsvFile), (workbook(), SheetTable), (columns(), ParquetTable)],
)
@pytest.mark.parametrize("name", ["file.csv", "file.xlsx", "file.xls", "file.parquet", "file"])
def test_what_a_file_holds_counts_and_not_its_name(
    tmp_path: Path, content: bytes, kind: type, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    file = open_table(path)
    assert isinstance(file, kind)
    assert file.headers[0] == "会员号"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, "CRM450", "file.xlsx"),
        (b"", "CRM451", "file.xlsx"),
        ("a,b".encode("utf-16"), "CRM453", "UTF-16"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "CRM453", "XLS"),
        (zipped("mimetype", "content.xml"), "CRM453", "ODS"),
        (zipped("xl/workbook.bin"), "CRM453", "XLSB"),
        (zipped("customers.csv"), "CRM453", "ZIP"),
        (ENCRYPTED, "CRM497", "password"),
        (b"PK\x03\x04rest", "CRM497", "damaged"),
        (workbook()[:-40], "CRM497", "damaged"),
        (zipped("xl/workbook.xml"), "CRM497", "damaged"),
        (columns()[:-9], "CRM497", "damaged"),
        (b"PAR1", "CRM497", "damaged"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, content: bytes | None, code: str, said: str
) -> None:
    path = tmp_path / "file.xlsx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImportFileError) as refused:
        open_table(path)
    assert refused.value.code == code
    assert said in refused.value.text("en")


@pytest.mark.parametrize(
    ("content", "library", "extra"),
    [(workbook(), "python_calamine", "sheets"), (columns(), "pyarrow.parquet", "bulk")],
)
def test_a_missing_library_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, library: str, extra: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    monkeypatch.setitem(__import__("sys").modules, library, None)
    with pytest.raises(ImportFileError, match=r"CRM469.*pip install 'crmflow\[" + extra):
        open_table(path)
