"""What is public? Exactly the names listed in house.toml, each of which exists and says what it is."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.house import RULES, refuse


@pytest.mark.parametrize("module", RULES["door"])
def test_the_door_exports_what_is_listed(module: str) -> None:
    door = import_module(module)
    assert sorted(door.__all__) == RULES["door"][module]
    refuse(
        [name for name in door.__all__ if not getattr(door, name).__doc__], "a public name says what it is"
    )
