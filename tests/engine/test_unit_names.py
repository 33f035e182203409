"""Is a unit in params that the store does not have told before its value counts for nobody?"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crmflow import Engine, SettingsError, Site
from crmflow.cli import main
from tests.engine.conftest import new_site
from tests.engine.test_releasing import save

UNITS = "format: 1\nfuel/visits/overdue:\n  days of grace: {{value: 4, units: {{{unit}: 5}}}}\n"


def test_a_unit_that_the_store_does_not_have_is_told_before_its_param_counts(
    engine: Engine, site: Site
) -> None:
    save(site, UNITS.format(unit="滨河加油战"))
    with pytest.raises(SettingsError) as refused:
        engine.publish(actor="M1")
    assert refused.value.code == "CRM833"
    assert "`滨河加油战` (滨河加油站?) params.yaml:3:37" in refused.value.text("en")
    assert "“滨河加油战” (滨河加油站?) params.yaml:3:37" in refused.value.text("zh")
    said = CliRunner().invoke(main, ["--site", str(site.folder), "rules", "diff", "--lang", "zh"])
    assert "CRM833" in said.stderr
    assert "滨河加油站" in said.stderr
    assert engine.health().release == 1
    for unit in ("滨河加油站", "S1"):
        save(site, UNITS.format(unit=unit))
        engine.publish(actor="M1")


def test_a_store_without_units_refuses_none(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site", f"sqlite:///{tmp_path / 'crm.db'}")
    save(site, UNITS.format(unit="滨河加油战"))
    with Engine.open(site) as engine:
        assert engine.publish(actor="M1").number == 1
