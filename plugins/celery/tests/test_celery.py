"""Do messages reach a real Celery over a real Redis, under the key of their effect?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("celery", reason="celery is not installed: pip install -e plugins/celery")

from celery import Celery
from celery.contrib.testing.worker import start_worker
from crmflow_celery.relay import TASK, connect

from crmflow import Engine, Message, Site
from tests.postgres import free_port

VOCABULARY = """
format: 1
messages: {thanks: {channel: sms, en: "Thank you, {name}.", zh: "谢谢，{name}。"}}
cases: {query: {en: query, zh: 咨询}}
"""
CHART = """
format: 1
title: {en: Query, zh: 咨询}
case: {kind: query, about: customer, opens: {}, start: told}
states:
  told: {en: told, zh: 已告知, send: thanks}
  closed: {en: closed, zh: 办结, end: true}
moves:
  - [close, told, close, "-", closed]
"""
NOW = datetime(2026, 3, 2, tzinfo=UTC)
MESSAGE = Message("k1", "site.thanks", "sms", "138", "谢谢", "zh", "service", 7, NOW)
Done = list[tuple[str, dict[str, Any]]]


def site(folder: Path, broker: str) -> Site:
    """A site that sends by Celery, with two customers."""
    made = Site.init(folder, [], zone="Asia/Shanghai", language="zh")
    toml = folder / "crmflow.toml"
    toml.write_text(f'{toml.read_text("utf-8")}[relay]\nname = "celery"\nbroker = "{broker}"\n', "utf-8")
    (made.rules / "vocabulary.yaml").write_text(VOCABULARY, "utf-8")
    (made.rules / "query.yaml").write_text(CHART, "utf-8")
    customers = folder / "customers.csv"
    customers.write_text("id,name,phone\nC1,小波,13800000001\nC2,Ann,13800000002\n", "utf-8")
    with Engine.create(Site.read(folder)) as engine:
        engine.import_file("customers", customers)
        engine.publish()
    return Site.read(folder)


@pytest.fixture
def done(redis_url: str) -> Iterator[Done]:
    """What a worker's task got: its id, and the message."""
    got: Done = []
    app = Celery("receiver", broker=redis_url, set_as_current=False)
    app.conf.update(broker_connection_retry_on_startup=True, task_ignore_result=True)

    def send(self: Any, message: dict[str, Any]) -> None:
        got.append((self.request.id, message))

    app.task(send, name=TASK, bind=True, shared=False)
    with start_worker(app, perform_ping_check=False, pool="solo"):
        yield got


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in half a minute"
        time.sleep(0.05)


def test_messages_of_a_site_become_tasks(tmp_path: Path, redis_url: str, done: Done) -> None:
    with Engine.open(site(tmp_path, redis_url)) as engine:
        for customer in ("C1", "C2"):
            engine.open_case("query", customer)
        assert engine.deliver().sent == 2
        assert not engine.deliver()
    until(lambda: len(done) == 2)
    assert {message["text"] for _, message in done} == {"谢谢，小波。", "谢谢，Ann。"}
    assert all(id == message["key"] for id, message in done)
    assert {message["to"] for _, message in done} == {"13800000001", "13800000002"}


def test_the_same_message_again_is_the_same_task(redis_url: str, done: Done) -> None:
    send = connect({"broker": redis_url})
    for _ in range(2):
        assert [receipt.outcome for receipt in send([MESSAGE])] == ["sent"]
    until(lambda: len(done) == 2)
    assert done[0] == done[1] == ("k1", MESSAGE.record())


def test_a_message_may_go_to_a_task_and_a_queue_of_its_own(redis_url: str) -> None:
    from redis import Redis

    send = connect({"broker": redis_url, "task": "shop.sms", "queue": "shop"})
    assert [receipt.outcome for receipt in send([MESSAGE])] == ["sent"]
    with Redis.from_url(redis_url) as client:
        [queued] = client.lrange("shop", 0, -1)
    assert b'"task": "shop.sms"' in queued
    assert b'"id": "k1"' in queued


def test_without_a_broker_a_message_waits_and_nothing_is_lost(
    tmp_path: Path, redis_url: str, done: Done
) -> None:
    gone = f"redis://127.0.0.1:{free_port()}/0"
    folder = tmp_path / "site"
    folder.mkdir()
    with Engine.open(site(folder, gone)) as engine:
        engine.open_case("query", "C1")
        assert engine.deliver().retried == 1
    toml = folder / "crmflow.toml"
    toml.write_text(toml.read_text("utf-8").replace(gone, redis_url), "utf-8")
    with Engine.open(Site.read(folder)) as engine:
        assert engine.deliver(datetime.now(UTC) + timedelta(minutes=5)).sent == 1
    until(lambda: len(done) == 1)
