"""What users of other products complain about when messages are sent: each is a test here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from crmflow import Engine, Message, Receipt, Relay
from crmflow.core.moment import end_of_day
from crmflow.relay import BUILT_IN
from tests.engine.outbox.world import HOUR, MONDAY, Box, Clock, Shop, fill, furnish

BIRTHDAY = """
format: 1
title: {en: Birthday, zh: 生日}
decides: send
rules:
  - {id: birthday, when: birthday today, then: {send: thanks a lot, channel: sms, once per: year}}
"""
GREETING = '  thanks a lot: {channel: sms, en: "Happy birthday, {name}!", zh: "{name}，生日快乐！"}\ncases:'
BIRTHDAYS = "id,date of birth\nann,1990-03-02\nbo,1991-03-02\n"


@pytest.fixture
def shop(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop that greets on birthdays; today is Ann's and 小波's."""
    box, clock = Box(), Clock()
    monkeypatch.setitem(BUILT_IN, "box", Relay("box", lambda _: box.send))
    site = furnish(tmp_path / "shop", sqlite_url, '[relay]\nname = "box"\n')
    vocabulary = site.rules / "vocabulary.yaml"
    vocabulary.write_text(vocabulary.read_text("utf-8").replace("cases:", GREETING), "utf-8")
    (site.rules / "birthday.yaml").write_text(BIRTHDAY, "utf-8")
    Engine.migrate(site)
    with Engine.open(site, clock=clock) as engine:
        fill(engine)
        born = site.folder / "born.csv"
        born.write_text(BIRTHDAYS, "utf-8")
        assert engine.import_file("customers", born).rejected == 0
        yield Shop(engine, clock, box)


def test_vandalizer_758_what_is_only_tried_sends_nothing(shop: Shop) -> None:
    """Pain 14: testing sent real mail. A simulation, a rehearsal and a run of the past never send."""
    shop.engine.record("complaint", "ann", at=MONDAY - timedelta(days=9))  # a past to replay
    shop.engine.test()
    shop.engine.run(MONDAY)
    sent = len(shop.outbox())
    assert sent == 2
    shop.engine.run(MONDAY - timedelta(days=1))  # dry: a later run exists
    shop.engine.simulate(start=date(2026, 2, 1), end=date(2026, 3, 1), step="day")
    assert len(shop.outbox()) == sent
    assert shop.box.got == []


def test_openlinker_2366_nothing_leaves_before_somebody_says_how(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pain 14: an arming gate. Without [relay] messages are held; arming does not release the old ones."""
    box, clock = Box(), Clock()
    monkeypatch.setitem(BUILT_IN, "box", Relay("box", lambda _: box.send))
    site = furnish(tmp_path / "shop", sqlite_url, "")
    Engine.migrate(site)
    with Engine.open(site, clock=clock) as engine:
        fill(engine)
        shop = Shop(engine, clock, box)
        shop.happens("thanks")
        engine.deliver()
        assert shop.codes == ["CRM585"]
    toml = site.folder / "crmflow.toml"
    toml.write_text(toml.read_text("utf-8") + '[relay]\nname = "box"\n', "utf-8")
    with Engine.open(site.folder, clock=clock) as engine:
        assert not engine.deliver()
        assert box.got == []


def test_glpi_2408_an_effect_sends_one_message_however_often_somebody_looks(shop: Shop) -> None:
    """Pain 9: hundreds of mails from one escalation that fired at every look."""
    for _ in range(5):
        shop.engine.run(MONDAY)
        while shop.engine.deliver():
            pass
        shop.clock.now += HOUR
        shop.engine.run(shop.clock.now)
    assert sorted(shop.box.texts) == ["Happy birthday, Ann!", "小波，生日快乐！"]


def test_suitecrm_8292_once_per_year_is_once_per_year(shop: Shop) -> None:
    """Pain 26: next year again, and not before."""
    for year in (2026, 2026, 2027, 2027):
        shop.clock.now = max(shop.clock.now, end_of_day(date(year, 3, 2), shop.engine.site.zone) - 12 * HOUR)
        shop.engine.run(shop.clock.now)
        while shop.engine.deliver():
            pass
    assert sorted(shop.box.texts) == ["Happy birthday, Ann!"] * 2 + ["小波，生日快乐！"] * 2


def test_notification_manager_157_each_receiver_in_their_language(shop: Shop) -> None:
    """Pain 25: one language for all receivers."""
    shop.engine.run(MONDAY)
    shop.engine.deliver()
    assert {message.language: message.text for message in shop.box.got} == {
        "en": "Happy birthday, Ann!",
        "zh": "小波，生日快乐！",
    }


def test_pluggy_419_one_bad_plugin_does_not_stop_the_rest(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pain 27: an exception in one plugin kept the others from being called."""

    def broken(messages: Sequence[Message]) -> list[Receipt]:
        raise RuntimeError("bad plugin")

    monkeypatch.setitem(BUILT_IN, "bad", Relay("bad", lambda _: broken))
    toml = shop.engine.site.folder / "crmflow.toml"
    toml.write_text(toml.read_text("utf-8") + '[relay.email]\nname = "bad"\n', "utf-8")
    with Engine.open(shop.engine.site.folder, clock=shop.clock) as engine:
        shop.happens("letter")
        shop.happens("thanks")
        done = engine.deliver()
    assert (done.sent, done.retried) == (1, 1)
    assert len(shop.box.got) == 1
