"""Is every message delivered, under one key, whatever kills its sender and however many there are?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from crmflow import Engine
from tests.engine.outbox.world import MONDAY, Clock, Shop, fill, furnish
from tests.relay.receiver import Answer, Got, Receiver, receiving

SENDER = Path(__file__).with_name("sender.py")
CUSTOMERS = ("ann", "bo", "eve")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def folder(tmp_path: Path, database_url: str, receiver: Receiver) -> Path:
    """A shop that posts three messages to the receiver."""
    relay = f'[relay]\nname = "webhook"\nurl = "{receiver.url}"\nsecret = "s"\n'
    site, clock = furnish(tmp_path / "shop", database_url, relay), Clock()
    Engine.migrate(site)
    with Engine.open(site, clock=clock) as engine:
        fill(engine)
        Shop(engine, clock, None).happens("thanks", *CUSTOMERS)  # type: ignore[arg-type]
    return site.folder


def sender(folder: Path, at: datetime) -> subprocess.Popen[str]:
    words = [sys.executable, str(SENDER), str(folder), at.isoformat()]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_killed_while_it_sends(folder: Path, receiver: Receiver) -> None:
    """It dies at its second message; what the receiver has got already it gets again, with the same key."""
    pids: list[int] = []

    def answer(_: Got) -> Answer:
        if len(receiver.got) == 2:
            os.kill(pids[0], signal.SIGKILL)
        return 200, {}

    receiver.answer = answer
    first = sender(folder, MONDAY)
    pids.append(first.pid)
    first.communicate()
    assert first.returncode == -signal.SIGKILL

    receiver.answer = lambda _: (200, {})
    at_once = sender(folder, MONDAY)
    assert at_once.communicate()[0] == "0"  # the attempt may still be under way
    second = sender(folder, MONDAY + timedelta(minutes=10))
    assert second.communicate()[0] == "3"
    assert len(set(receiver.keys)) == len(CUSTOMERS)
    assert set(Counter(receiver.keys).values()) <= {1, 2}


def test_several_workers_hand_each_message_over_once(shop: Shop) -> None:
    """Four at once, a few messages each time."""
    for minute in range(8):
        shop.clock.now = MONDAY + timedelta(minutes=minute)
        shop.happens("thanks", *CUSTOMERS)

    def work() -> None:
        with Engine.open(shop.engine.site, clock=shop.clock) as engine:
            while engine.deliver(limit=7):
                pass

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(shop.box.got) == 24
    assert len({message.key for message in shop.box.got}) == 24
    assert set(shop.states) == {"sent"}


def test_two_workers_together_keep_to_what_is_allowed(shop: Shop) -> None:
    """Five offers for one customer, who may get three in a week."""
    shop.consents("ann,marketing,yes,")
    for minute in range(5):
        shop.clock.now = MONDAY + timedelta(minutes=minute)
        shop.happens("offer")

    def work() -> None:
        with Engine.open(shop.engine.site, clock=shop.clock) as engine:
            while engine.deliver(limit=1):
                pass

    workers = [Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(shop.box.got) == 3
