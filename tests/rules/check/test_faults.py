"""Are logical faults of charts and across files found at their place, and no others?"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.check import check, checked
from crmflow.rules.source import RuleFile
from tests.rules.shop import core, edited, loaded, shop, shown

FAULTS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "faults.toml").read_text("utf-8"))[
    "fault"
]
OTHERS = ("CRM20", "CRM21", "CRM22", "CRM23")  # of tests and of tables: other faults are planted there


def planted(fault: dict[str, Any]) -> list[Diagnostic]:
    """What is found in the shop with a fault, besides what other tests are about."""
    if "edits" in fault:
        files = [edited(fault["path"], *fault["edits"])]
    else:
        layer = fault.get("layer", "pack")
        files = [RuleFile(fault["path"], fault["text"], layer, "site" if layer == "site" else "shop")]
    if "also" in fault:
        files.append(replace(files[0], path=fault["also"][0], text=fault["also"][1]))
    found = checked(loaded(*files)).diagnostics
    return [each for each in found if not each.code.startswith(OTHERS) or each.code == "CRM201"]


def test_the_sound_files_have_none() -> None:
    assert check([*core(), *shop()]) == ()


@pytest.mark.parametrize("fault", FAULTS, ids=[fault["name"] for fault in FAULTS])
def test_a_fault_is_found(fault: dict[str, Any]) -> None:
    found = planted(fault)

    assert [f"{each.file.removeprefix('shop/')} {shown(each)}" for each in found] == fault["finds"]
    said = [f"{each.message('en')} {each.message('zh')}" for each in found]
    assert all(any(word in each for each in said) for word in fault.get("says", ()))
    assert not any("{" in each.replace("{name}", "") for each in said)
