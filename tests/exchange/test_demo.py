"""Are the demo's tables written as files that a person, and the import, can read?"""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

from ruamel.yaml import YAML

from crmflow.core.pack import DemoTable
from crmflow.exchange.demo import write_mapping, write_table


def test_rows_become_a_csv_file(tmp_path: Path) -> None:
    table = DemoTable(
        "customers", "members", [{"客户编号": "C1", "出生日期": date(1990, 2, 28)}, {"手机号": "1"}]
    )
    with write_table(table, tmp_path).open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["客户编号", "出生日期", "手机号"],
            ["C1", "1990-02-28", ""],
            ["", "", "1"],
        ]


def test_a_packs_own_file_is_copied(tmp_path: Path) -> None:
    own = tmp_path / "cdnow.csv.gz"
    own.write_bytes(gzip.compress(b"a,b\n"))
    copy = write_table(DemoTable("touchpoints", "cdnow", file=own), tmp_path / "data")
    assert (copy.name, copy.read_bytes()) == ("cdnow.csv.gz", own.read_bytes())


def test_the_mapping_is_yaml(tmp_path: Path) -> None:
    mapping = {"touchpoints": "purchase", "key": {"会员号": "member: 1", "no": "x"}}
    path = write_mapping(DemoTable("touchpoints", "t", mapping=mapping), tmp_path)
    assert path is not None
    read = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    assert read == {"format": 1, **mapping}
    assert write_mapping(DemoTable("touchpoints", "t"), tmp_path) is None
