"""Who changes class on CDNOW's real purchases when one number changes? Beside a count by hand."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from crmflow import Engine, Site
from crmflow.engine.simulation.simulating import Simulating
from tests.house import ROOT

CDNOW = ROOT / "plugins/retail/crmflow_retail/demo/cdnow.csv.gz"
MAPPING = {"format": 1, "touchpoints": "purchase", "source": "cdnow", "key": {"customer_id": "member"}}
OLD, NEW = Decimal("0.70"), Decimal("0.72")
FROM, TO = date(1997, 6, 30), date(1998, 6, 30)
GOLDEN = {("A", "A"): 2125, ("B", "A"): 163, ("B", "B"): 2269, ("C", "C"): 19013}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site.init(
        tmp_path_factory.mktemp("cdnow") / "site", ["retail"], zone="Asia/Shanghai", language="en"
    )
    with Engine.create(site) as engine:
        engine.publish()
        engine.import_file("touchpoints", CDNOW, mapping=MAPPING)
    (site.rules / "params.yaml").write_text(f"format: 1\nretail/segments/abc:\n  A limit: {{value: {NEW}}}\n")
    return site


def test_the_matrix_is_what_a_count_by_hand_gives(site: Site) -> None:
    period = (None, None, "1998-05", "1998-06", "month")
    with Engine.open(site) as engine:
        shared = Simulating(site, engine.packs, engine.store).run(*period)  # type: ignore[arg-type]
        whole = Simulating(site, engine.packs, engine.store, whole=True).run(*period)  # type: ignore[arg-type]
    matrix = next(matrix for matrix in shared.matrices if matrix.name == "retail.ABC class")
    assert dict(matrix.counts) == by_hand() == GOLDEN
    assert (shared.matrices, shared.tables, shared.moved) == (whole.matrices, whole.tables, whole.moved)


def by_hand() -> dict[tuple[str, str], int]:
    """Customers by their old and new class."""
    amounts: dict[str, Decimal] = {}
    with gzip.open(CDNOW, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            spent = Decimal(row["amount"]) if FROM < date.fromisoformat(row["date"]) <= TO else Decimal(0)
            amounts[row["customer_id"]] = amounts.get(row["customer_id"], Decimal(0)) + spent
    total, above, shares = sum(amounts.values()), Decimal(0), {}
    for amount, count in sorted(Counter(amounts.values()).items(), reverse=True):
        shares[amount] = above / total
        above += amount * count
    return dict(Counter((_class(each, shares, OLD), _class(each, shares, NEW)) for each in amounts.values()))


def _class(amount: Decimal, shares: dict[Decimal, Decimal], limit: Decimal) -> str:
    if amount <= 0 or shares[amount] >= Decimal("0.90"):
        return "C"
    return "A" if shares[amount] < limit else "B"
