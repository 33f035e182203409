"""Does each model decide as the standard says, and as itself after it was written and read again?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from crmflow.errors import CrmflowError, FeelError
from crmflow.rules import dmn, feel
from crmflow.rules.dmn.tck import same

HERE = Path(__file__).parent
MODELS = HERE / "models"


def cases() -> Iterator[Any]:
    """`what is asked | what is given => what it must be`, after a line that names the model."""
    model = ""
    for line in (HERE / "cases.txt").read_text("utf-8").splitlines():
        if line.startswith("model "):
            model = line.removeprefix("model ")
        elif line:
            asked, _, rest = line.partition(" | ")
            given, _, expected = rest.rpartition(" => ")
            yield pytest.param(model, asked, given, expected, id=f"{model}: {asked} {given}")


CASES = list(cases())


@pytest.fixture(scope="module")
def loaded() -> dict[str, dmn.Model]:
    return {path.stem: dmn.load(path) for path in MODELS.glob("*.dmn")}


@pytest.fixture(scope="module")
def rewritten(loaded: dict[str, dmn.Model], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dmn.Model]:
    folder = tmp_path_factory.mktemp("models")
    for name, model in loaded.items():
        model.write(folder / f"{name}.dmn")
    return {name: dmn.load(folder / f"{name}.dmn") for name in loaded}


@pytest.mark.parametrize(("model", "asked", "given", "expected"), CASES)
@pytest.mark.parametrize("which", ["loaded", "rewritten"])
def test_a_model_decides(
    which: str, model: str, asked: str, given: str, expected: str, request: pytest.FixtureRequest
) -> None:
    models: dict[str, dmn.Model] = request.getfixturevalue(which)
    found = models[model].evaluate(asked, feel.evaluate(given))  # type: ignore[arg-type]
    wanted = feel.evaluate(expected)
    assert same(found, wanted), found


def test_every_decision_has_a_case(loaded: dict[str, dmn.Model]) -> None:
    asked = {(case.values[0], case.values[1]) for case in CASES}
    lacking = [
        f"{name}: {decision}"
        for name, model in loaded.items()
        for decision in (*model.decisions, *model.services)
        if (name, decision) not in asked
    ]
    called = {"types: measuring", "types: measuring wrongly", "types: the any"}
    assert set(lacking) <= called


def test_what_cannot_be_used_is_noticed_at_its_place(loaded: dict[str, dmn.Model]) -> None:
    text = (MODELS / "boxed.dmn").read_text("utf-8").splitlines()
    notices = {notice.code: notice for notice in loaded["boxed"].notices}
    assert set(notices) == {"CRM013", "CRM164"}
    unfinished = notices["CRM013"]
    assert text[unfinished.start.line - 1][: unfinished.start.column - 1].endswith("n +")
    assert "functionDefinition" in text[notices["CRM164"].start.line - 1]
    assert {notice.code for notice in loaded["types"].notices} == {"CRM163"}
    assert {notice.code for notice in loaded["tables"].notices} == {"CRM165"}
    assert not loaded["graph"].notices


def test_strict_refuses_what_standard_notices() -> None:
    with pytest.raises(CrmflowError, match="CRM167"):
        dmn.load(MODELS / "boxed.dmn", mode="strict")
    assert dmn.load(MODELS / "graph.dmn", mode="strict").name == "graph"
    with pytest.raises(ValueError, match="strict"):
        dmn.load(MODELS / "graph.dmn", mode="lenient")


def test_a_name_that_is_none_is_refused(loaded: dict[str, dmn.Model]) -> None:
    with pytest.raises(CrmflowError, match=r"CRM166.*折扣"):
        loaded["graph"].evaluate("折扣率", {})


def test_endless_recursion_ends(loaded: dict[str, dmn.Model]) -> None:
    with pytest.raises(FeelError, match="CRM02"):
        loaded["graph"].evaluate("parity", {"amount": -1})
    with pytest.raises(FeelError, match="CRM020"):
        loaded["graph"].evaluate("fibonacci", {"amount": 60})


def test_threads_share_a_model(loaded: dict[str, dmn.Model]) -> None:
    def parity(amount: int) -> object:
        return loaded["graph"].evaluate("parity", {"amount": amount})

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(parity, range(20))) == ["even", "odd"] * 10


def test_a_long_chain_of_decisions(tmp_path: Path) -> None:
    links = [
        f'<decision id="d{n}" name="d{n}"><variable name="d{n}"/><informationRequirement>'
        f'<requiredDecision href="#d{n - 1}"/></informationRequirement>'
        f"<literalExpression><text>d{n - 1} + 1</text></literalExpression></decision>"
        for n in range(2000, 0, -1)
    ]
    file = write(tmp_path, "".join(links) + '<decision id="d0" name="d0"/>')
    assert dmn.load(file).evaluate("d2000", {"d0": 1}) == 2001


def write(folder: Path, inside: str) -> Path:
    """A file with a model that holds this."""
    file = folder / "model.dmn"
    space = "https://www.omg.org/spec/DMN/20230324/MODEL/"
    file.write_text(f'<definitions xmlns="{space}" name="m" namespace="m">{inside}</definitions>', "utf-8")
    return file
