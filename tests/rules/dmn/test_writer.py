"""Is a model written as DMN 1.3 that modelling tools open, with the same meaning?"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from crmflow.errors import RuleFileError
from crmflow.rules import dmn

MODELS = Path(__file__).with_name("models")
DMN13 = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
NEWER = ("conditional", "for", "some", "every", "filter", "typeConstraint")
NAMES = sorted(path.stem for path in MODELS.glob("*.dmn"))


@pytest.mark.parametrize("name", NAMES)
def test_only_what_13_knows_is_written(name: str) -> None:
    root = ElementTree.fromstring(dmn.dumps(dmn.load(MODELS / f"{name}.dmn")))
    assert root.tag == f"{DMN13}definitions"
    assert not [each.tag for each in root.iter() if each.tag.removeprefix(DMN13) in NEWER]


@pytest.mark.parametrize("name", NAMES)
def test_every_id_stands_once(name: str) -> None:
    root = ElementTree.fromstring(dmn.dumps(dmn.load(MODELS / f"{name}.dmn")))
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", NAMES)
def test_writing_is_stable(name: str, tmp_path: Path) -> None:
    """What was written is written again as it is, picture included."""
    for path in MODELS.glob("*.dmn"):
        dmn.load(path).write(tmp_path / path.name)
    written = tmp_path / f"{name}.dmn"
    again = dmn.dumps(dmn.load(written))
    assert shapes(again) == shapes(written.read_text("utf-8"))
    assert again == written.read_text("utf-8")


def shapes(text: str) -> list[tuple[str, ...]]:
    return re.findall(r'dmnElementRef="(.*?)">\s*<dc:Bounds (.*?)/>', text)


def test_what_is_required_stands_below() -> None:
    model = dmn.load(MODELS / "graph.dmn")
    drawn = {
        id: float(re.search(r'y="([\d.]+)"', box)[1])  # type: ignore[index]
        for id, box in shapes(dmn.dumps(model))
    }
    assert drawn["d_to_pay"] < drawn["d_u6298u6263"] < drawn["i_u5ba2u6237_u7b49u7ea7"]
    assert "s_paying" not in drawn


def test_a_boxed_match_is_refused(tmp_path: Path) -> None:
    space = "https://www.omg.org/spec/DMN/20230324/MODEL/"
    file = tmp_path / "model.dmn"
    literal = "<literalExpression><text>{}</text></literalExpression>"
    match = (
        "<conditional><if>{}</if><then>{}</then><else>{}</else></conditional>".replace("{}", literal)
    ).format("size &gt; 1", "true", "false")
    file.write_text(
        f'<definitions xmlns="{space}" name="m" namespace="m"><decision name="d"><filter>'
        f"<in>{literal.format('[{size: 1}, {size: 2}]')}</in><match>{match}</match>"
        "</filter></decision></definitions>"
    )
    model = dmn.load(file)
    assert model.evaluate("d") == [{"size": 2}]
    with pytest.raises(RuleFileError, match="CRM088"):
        model.write(tmp_path / "out.dmn")
