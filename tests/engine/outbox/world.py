"""A small shop that writes to its customers: what happened, who was written to, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crmflow import Engine, Message, Receipt, Site
from crmflow.core.message import Outgoing, State

MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)  # ten in the morning in Shanghai
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

VOCABULARY = """
format: 1
customer: {points: {en: points, zh: 积分, type: 'number(9,0)'}}
purposes: {survey: {en: survey, zh: 调查, consent: needed, at most: 1, per: P30D}}
messages:
  thanks:  {channel: sms, en: "Thank you, {name}, for case {case}.", zh: "{姓名}，工单{case}已收到，谢谢。"}
  offer:   {purpose: marketing, channel: sms, en: "An offer for {name}.", zh: "{name}，优惠来了。"}
  notice:  {purpose: legal, channel: sms, en: "Notice.", zh: "告知。"}
  survey:  {purpose: survey, channel: sms, en: "How was it?", zh: "满意吗？"}
  unheard: {purpose: marketting, channel: sms, en: "Hm.", zh: "嗯。"}
  hello:   {en: "Hello.", zh: "您好。"}
  points:  {channel: sms, en: "You have {points} points.", zh: "您有{points}积分。"}
  broken:  {channel: sms, en: "Hello {name", zh: "您好{name"}
  letter:  {channel: email, subject: {en: "For {name}", zh: "致{name}"}, en: "Dear {name}.", zh: "{name}。"}
  short:   {channel: sms, within: PT2H, en: "Now.", zh: "现在。"}
  overdue: {to: holder, en: "{step} of {case} is yours, {holder}.", zh: "{holder}：工单{case}“{step}”待办。"}
cases: {letter: {en: letter, zh: 去信}}
"""
NAMES = ["thanks", "offer", "notice", "survey", "unheard", "hello", "points", "broken", "letter"]
NAMES += ["short", "overdue"]
STATES = "\n".join(f"  {name}: {{en: {name}, zh: {name}, by: handler, send: {name}}}" for name in NAMES)
MOVES = "\n".join(f'  - [{name}, [{", ".join(["open", *NAMES])}], {name}, "-", {name}]' for name in NAMES)
CHART = f"""
format: 1
title: {{en: Letters, zh: 去信}}
case: {{kind: letter, about: customer, opens: {{}}, start: open}}
states:
  open: {{en: open, zh: 待办, by: handler}}
{STATES}
  closed: {{en: closed, zh: 办结, end: true}}
moves:
{MOVES}
  - [close, open, close, "-", closed]
"""
UNITS = (
    "code,name,level,parent,zone\n"
    "C,Company,company,,Asia/Shanghai\n"
    "S,Station,station,C,\n"
    "N,New York,station,C,America/New_York\n"
)
STAFF = "code,name,role,unit\nW1,Wang,handler,S\n"
CUSTOMERS = (
    "id,name,phone,email,language,unit\n"
    "ann,Ann,13800000001,ann@example.com,en,S\n"
    "bo,小波,13800000002,,zh,S\n"
    "cy,Cy,,cy@example.com,en,S\n"
    "di,,,,en,S\n"
    "eve,Eve,12125550100,,en,N\n"
)


class Clock:
    """Stands still until it is set."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Box:
    """A relay that keeps what it gets, and answers as it is told to."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.batches: list[list[str]] = []
        self.answer: Callable[[Message], Any] = lambda message: Receipt(message.key, "sent")

    def send(self, messages: Sequence[Message]) -> Iterator[Any]:
        self.batches.append([message.key for message in messages])
        for message in messages:
            self.got.append(message)
            yield self.answer(message)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.got]


class Shop:
    """The shop's engine, at a moment that a test sets."""

    def __init__(self, engine: Engine, clock: Clock, box: Box) -> None:
        self.engine, self.clock, self.box = engine, clock, box

    def happens(self, message: str, *customers: str) -> None:
        """Something that has this message sent to customers."""
        for customer in customers or ("ann",):
            key = f"{customer} {self.clock.now} {message}"
            case = self.engine.open_case("letter", customer, unit="S", key=key)
            self.engine.send(case.id, message)

    def consents(self, *rows: str) -> None:
        """customer,purpose,granted,channel: said now."""
        path = self.engine.site.folder / "consents.csv"
        lines = [f"{row},{self.clock.now.isoformat()}" for row in rows]
        path.write_text("\n".join(["customer,purpose,granted,channel,at", *lines]), "utf-8")
        report = self.engine.import_file("consents", path)
        assert report.rejected == 0

    def outbox(self, states: Iterable[State] | None = None) -> list[Outgoing]:
        with self.engine.store.reading() as batch:
            return list(batch.outbox.scan(states=states))

    @property
    def codes(self) -> list[str | None]:
        return [message.code for message in self.outbox()]

    @property
    def states(self) -> list[State]:
        return [message.state for message in self.outbox()]


def furnish(folder: Path, url: str, relay: str) -> Site:
    """The site, without a database."""
    site = Site.init(folder, [], zone="Asia/Shanghai", language="zh")
    toml = folder / "crmflow.toml"
    text = toml.read_text("utf-8").replace('url      = "sqlite:///crm.db"', f'url = "{url}"')
    toml.write_text(f'{text}approval = "never"\n{relay}', "utf-8")
    (site.rules / "charts").mkdir(parents=True)
    (site.rules / "vocabulary.yaml").write_text(VOCABULARY, "utf-8")
    (site.rules / "charts" / "letter.yaml").write_text(CHART, "utf-8")
    return Site.read(folder)


def fill(engine: Engine) -> None:
    engine.publish()
    for kind, text in (("units", UNITS), ("staff", STAFF), ("customers", CUSTOMERS)):
        path = engine.site.folder / f"{kind}.csv"
        path.write_text(text, "utf-8")
        report = engine.import_file(kind, path)  # type: ignore[arg-type]
        assert report.rejected == 0
