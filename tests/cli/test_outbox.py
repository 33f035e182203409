"""Can a person see which messages did not leave, send them again and give them up, in both languages?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmflow import Engine, Receipt, Relay, Site
from crmflow.cli import main
from crmflow.relay import BUILT_IN
from tests.engine.outbox.world import Box, Clock, Shop, fill, furnish


class Desk:
    """Somebody at the shop who types commands; two messages wait."""

    def __init__(self, site: Site, box: Box) -> None:
        self.site, self.box = site, box

    def types(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["--site", str(self.site.folder), *words])

    def listed(self, *words: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = json.loads(self.types("outbox", "list", "--json", *words).stdout)[
            "rows"
        ]
        return rows


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    box = Box()
    monkeypatch.setitem(BUILT_IN, "box", Relay("box", lambda _: box.send))
    folder = tmp_path / "shop"
    site = furnish(folder, f"sqlite:///{folder / 'crm.db'}", '[relay]\nname = "box"\n')
    Engine.migrate(site)
    with Engine.open(site) as engine:
        fill(engine)
        clock = Clock()
        with engine.store.reading() as batch:
            clock.now = batch.now
        Shop(engine, clock, box).happens("hello", "ann", "di")
    return Desk(site, box)


def test_the_way_of_a_message_that_is_refused_at_first(desk: Desk) -> None:
    desk.box.answer = lambda message: Receipt(message.key, "dead", "no such number")
    done = desk.types("deliver", "--lang", "en")
    assert "sent 0, to be tried again 0, dead 1, held 1, put off 0" in done.stderr
    assert {row["state"] for row in desk.listed("--lang", "en")} == {"dead", "held"}
    [dead] = desk.listed("--state", "dead")
    shown = desk.types("outbox", "show", f"message:{dead['id']}", "--lang", "zh").stdout
    assert "CRM588" in shown
    assert "no such number" in shown
    assert "发送失败" in shown
    told = json.loads(desk.types("outbox", "show", str(dead["id"]), "--json").stdout)
    assert told["source"]["attempts"] == 1

    desk.box.answer = lambda message: Receipt(message.key, "sent")
    again = desk.types("outbox", "retry", str(dead["id"]), "--json", "--as", "W1")
    assert json.loads(again.stdout) == {"messages": 1}
    assert json.loads(desk.types("deliver", "--json").stdout) == {
        "sent": 1,
        "retried": 0,
        "dead": 0,
        "held": 0,
        "postponed": 0,
    }
    assert [row["state"] for row in desk.listed("--state", "sent", "--lang", "en")] == ["sent"]
    assert len({message.key for message in desk.box.got}) == 1


def test_what_is_given_up_is_no_longer_listed(desk: Desk) -> None:
    numbers = [str(row["id"]) for row in desk.listed()]
    assert "2" in desk.types("outbox", "discard", *numbers, "--lang", "en").stderr
    assert desk.listed() == []
    assert len(desk.listed("--state", "discarded")) == 2


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (["retry"], "CRM854", 2),
        (["retry", "7", "--all"], "CRM854", 2),
        (["retry", "seven"], "CRM816", 2),
        (["retry", "7"], "CRM589", 3),
        (["discard", "7"], "CRM589", 3),
        (["show", "7"], "CRM589", 3),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, words: list[str], code: str, status: int) -> None:
    done = desk.types("outbox", *words)
    assert (done.exit_code, code in done.stderr) == (status, True)


def test_a_relay_that_cannot_be_used_is_a_usage_error(desk: Desk) -> None:
    toml = desk.site.folder / "crmflow.toml"
    toml.write_text(toml.read_text("utf-8").replace('name = "box"', 'name = "webhook"'), "utf-8")
    done = desk.types("deliver")
    assert done.exit_code == 2
    assert "CRM850" in done.stderr
    assert len(desk.listed()) == 2
