"""Does the journal come out whole, with what is personal hidden, and in a form that others read?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crmflow import Engine, StoreError
from crmflow.testing import demo_site


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The utility pack's small world, with cases."""
    with Engine.open(demo_site(tmp_path_factory.mktemp("utility") / "site", "utility")) as opened:
        yield opened


def lines(engine: Engine, path: Path, **options: Any) -> list[dict[str, Any]]:
    count = engine.export_journal(path, **options)
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(found) == count
    return found


def test_every_entry_is_a_line(engine: Engine, tmp_path: Path) -> None:
    found = lines(engine, tmp_path / "journal.jsonl")
    with engine.store.reading() as batch:
        assert [each["id"] for each in found] == [entry.id for entry in batch.journal.scan()]
    assert {"release published", "case.opened", "segment"} <= {each["kind"] for each in found}


def test_a_case_a_customer_and_a_time_can_be_chosen(engine: Engine, tmp_path: Path) -> None:
    everything = lines(engine, tmp_path / "all.jsonl")
    [opened, *_] = [each for each in everything if each["kind"] == "case.opened"]
    of_case = lines(engine, tmp_path / "case.jsonl", case=opened["case"])
    assert of_case == [each for each in everything if each["case"] == opened["case"]]
    of_customer = lines(engine, tmp_path / "customer.jsonl", customer=f"C{opened['customer']}")
    assert of_customer == [each for each in everything if each["customer"] == opened["customer"]]
    with pytest.raises(StoreError, match="CRM443"):
        engine.export_journal(tmp_path / "nobody.jsonl", customer="C999999")
    assert not (tmp_path / "nobody.jsonl").exists()


def test_what_is_personal_is_hidden_unless_asked_for(engine: Engine, tmp_path: Path) -> None:
    with engine.store.reading() as batch:
        [customer, *_] = batch.customers.scan()
    engine.record("complaint", f"C{customer.id}", fields={"text": "my own words"}, external_id="words")
    assert "my own words" not in json.dumps(lines(engine, tmp_path / "hidden.jsonl"))
    assert "my own words" in json.dumps(lines(engine, tmp_path / "shown.jsonl", show_personal=True))


def ocel(engine: Engine, path: Path) -> Mapping[str, Any]:
    engine.export_journal(path, form="ocel")
    log: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return log


def test_an_ocel_log_names_only_what_it_declares(engine: Engine, tmp_path: Path) -> None:
    log = ocel(engine, tmp_path / "log.json")
    with engine.store.reading() as batch:
        entries = sum(1 for _ in batch.journal.scan())
        cases = sum(1 for _ in batch.cases.scan(open_only=False))
    assert len(log["events"]) == entries
    kinds = {each["id"]: each["type"] for each in log["objects"]}
    assert len(kinds) == len(log["objects"])
    assert list(kinds.values()).count("case") == cases
    for each, declared in ((log["events"], log["eventTypes"]), (log["objects"], log["objectTypes"])):
        known = {kind["name"]: {one["name"] for one in kind["attributes"]} for kind in declared}
        for one in each:
            assert {attribute["name"] for attribute in one["attributes"]} <= known[one["type"]]
            assert {relation["objectId"] for relation in one["relationships"]} <= kinds.keys()
    assert all(event["relationships"] for event in log["events"])


@pytest.mark.long
def test_pm4py_reads_it(engine: Engine, tmp_path: Path) -> None:
    pm4py = pytest.importorskip("pm4py", reason="pm4py is not installed: pip install 'crmflow[mining]'")
    log = ocel(engine, tmp_path / "log.json")
    found = pm4py.read_ocel2_json(str(tmp_path / "log.json"))
    assert (len(found.events), len(found.objects)) == (len(log["events"]), len(log["objects"]))
    relations = sum(len(each["relationships"]) for each in log["events"])
    assert len(found.relations) == relations
    assert {"customer", "case"} <= set(pm4py.ocel_get_object_types(found))
