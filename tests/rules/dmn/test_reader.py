"""Is a model that cannot be read refused, with its place and the remedy?"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.errors import RuleFileError
from crmflow.rules import dmn
from crmflow.rules.dmn.reader import NAMESPACES, read_definitions

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "refused.toml").read_text("utf-8"))["case"]
SPACE = 'xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/"'


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['code']} {case['says']}")
def test_a_model_is_refused(case: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "model.dmn"
    inside = case.get("inside", "")
    whole = f'<definitions {SPACE} name="m" namespace="m">{inside}</definitions>'
    file.write_text(case.get("whole", whole), "utf-8")
    with pytest.raises(RuleFileError) as refused:
        dmn.load(file)
    assert refused.value.code == case["code"]
    assert case["says"] in refused.value.text()
    assert "{" not in refused.value.text("zh")


def test_elements_nested_without_end_are_refused() -> None:
    deep = "<list>" * 5000 + "</list>" * 5000
    with pytest.raises(RuleFileError, match="CRM082"):
        read_definitions(f"<definitions {SPACE}>{deep}</definitions>".encode(), "deep.dmn")


def test_the_deepest_model_decides(tmp_path: Path) -> None:
    deep = "<list>" * 190 + "<literalExpression><text>1</text></literalExpression>" + "</list>" * 190
    file = tmp_path / "deep.dmn"
    file.write_text(
        f'<definitions {SPACE} name="m" namespace="m"><decision name="d">{deep}</decision></definitions>'
    )
    found = dmn.load(file).evaluate("d")
    for _ in range(190):
        [found] = found
    assert found == 1


@pytest.mark.parametrize("space", NAMESPACES)
def test_every_version_is_read(space: str) -> None:
    text = f'<d:definitions xmlns:d="{space}" name="m" namespace="m"><d:inputData name="a"/></d:definitions>'
    assert list(read_definitions(text.encode(), "m.dmn").elements) == ["a"]


def test_other_encodings_are_read(tmp_path: Path) -> None:
    file = tmp_path / "model.dmn"
    inside = f'<definitions {SPACE}><inputData name="等级"/></definitions>'
    text = f'<?xml version="1.0" encoding="utf-16"?>{inside}'
    file.write_text(text, "utf-16")
    assert dmn.load(file).inputs == ("等级",)


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(RuleFileError):
        read_definitions(b"<definitions>" + data, "noise.dmn")


def test_each_place_of_a_file_may_be_lost(tmp_path: Path) -> None:
    """A model without any one of its lines is read or refused with a code, never otherwise."""
    lines = (HERE / "models" / "graph.dmn").read_text("utf-8").splitlines(keepends=True)
    file = tmp_path / "model.dmn"
    read = refused = 0
    for number in range(len(lines)):
        file.write_text("".join(lines[:number] + lines[number + 1 :]), "utf-8")
        try:
            dmn.load(file)
            read += 1
        except RuleFileError:
            refused += 1
    assert read
    assert refused
