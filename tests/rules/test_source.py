"""Is the data of a YAML file as written, and is each value's place exact?"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from crmflow.rules.quoting import unquoted
from crmflow.rules.scalar import offsets
from crmflow.rules.source import Findings, RuleFile, read
from tests.rules.shop import document

QUOTING = tomllib.loads((Path(__file__).parent / "quoting.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", QUOTING, ids=[case["text"].replace("\n", "⏎") for case in QUOTING])
def test_cells_that_need_quotes(case: dict[str, str | list[str]]) -> None:
    assert [cell.quoted for cell in unquoted(str(case["text"]))] == case["quoted"]


@given(st.text(alphabet="ab1.,:- \n[](){}\"'>|#&*!%@?金（", max_size=80))
def test_quoting_ends_on_any_text_and_keeps_it(text: str) -> None:
    for cell in unquoted(text):
        assert text[cell.start : cell.end] == cell.text
        assert YAML(typ="safe", pure=True).load(cell.quoted) == cell.text


def test_data_is_as_yaml_1_2_says() -> None:
    data = document(
        "a: 3\nb: 0.70\nc: -1e3\nd: true\ne: yes\nf: 012\ng:\nh: 2026-01-31\ni: '3'\n"
        'j: [1, x, "y"]\nk: {l: null}\nm: 1_000\nn: .5\n'
    ).data

    assert data == {
        "a": Decimal(3),
        "b": Decimal("0.70"),
        "c": Decimal("-1e3"),
        "d": True,
        "e": "yes",
        "f": "012",
        "g": None,
        "h": "2026-01-31",
        "i": "3",
        "j": [Decimal(1), "x", "y"],
        "k": {"l": None},
        "m": "1_000",
        "n": ".5",
    }


@pytest.mark.parametrize(
    ("text", "word", "place"),
    [
        ("when: a and bad", "bad", "1:13-1:16"),
        ("when: 'it''s bad'", "bad", "1:14-1:17"),
        ('when: "\\u4f1a \\"x\\" bad"', "bad", "1:21-1:24"),
        ('when: "a\n\n  bad"', "bad", "3:3-3:6"),
        ("when: a and\n  b or\n\n  bad", "bad", "4:3-4:6"),
        ("when: |\n  a\n    and bad\n", "bad", "3:9-3:12"),
        ("when: >-\n  a and\n  bad\n", "bad", "3:3-3:6"),
        ("title: 会员\nwhen: 会员 bad", "bad", "2:10-2:13"),
        ("x: > 3\nwhen: {y: [1..2), when: bad}", "bad", "2:25-2:28"),
    ],
)
def test_the_place_of_a_word_inside_a_text(text: str, word: str, place: str) -> None:
    file = read(RuleFile("x.yaml", text), Findings())
    assert file is not None
    path = ("when", "when") if isinstance(file.data["when"], dict) else ("when",)
    at = file.value(path).index(word)

    found = file.diagnostic("CRM101", path, inside=(at, at + len(word)))

    assert f"{found.start.line}:{found.start.column}-{found.end.line}:{found.end.column}" == place


@given(st.text(alphabet="ab 金\"'\\\n\té", max_size=20))
def test_offsets_point_at_the_same_characters(value: str) -> None:
    quoted = (
        '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
    )

    found = offsets(quoted, value, '"')

    assert len(found) == len(value) + 1
    for sign, at in zip(value, found, strict=False):
        assert quoted[at] == (sign if sign not in '"\\\n\t' else "\\")


def test_a_finding_in_a_table_names_its_cell() -> None:
    file = document("table:\n  when: [spend, rank]\n  rows:\n    - [A, '> 0', '< 1', x]\n")

    assert file.diagnostic("CRM101", ("table", "rows", 0, 2)).cell == "A, rank"
    assert file.diagnostic("CRM101", ("table", "rows", 0, 3)).cell == "A, then"
    assert file.diagnostic("CRM101", ("table", "when", 0)).cell is None


@pytest.mark.parametrize(
    "text",
    [
        "format: 1\ntries: {value:\n",
        "hit: first\nrules:\n&- id:   !",
        "  {en: late, and once, zh: 逐级}\n  next: {a: 1}\n",
        "a: [b, {c: [d\n",
        "- ? : -\n",
    ],
)
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    findings = Findings()

    read(RuleFile("x.yaml", text), findings)

    assert findings.errors


def test_ranges_that_are_open_at_one_end_are_no_nesting() -> None:
    rows = "".join(f"    - [r{n}, '[{n}..{n + 1})', \"]{n}..{n}]\", x]\n" for n in range(300))

    assert len(document(f"table:\n  rows:\n{rows}").data["table"]["rows"]) == 300
