"""Which invented world shows the fuel pack? Three stations of one district, and half a year of fills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from crmflow import Demo, DemoTable, Text

AS_OF = date(2026, 6, 30)
START = date(2026, 1, 1)
DAYS = (AS_OF - START).days + 1
DAY = 24 * 60
STATIONS = {"S1": "城东加油站", "S2": "解放路加油站", "S3": "滨河加油站"}
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡"
GIVEN = "伟芳敏静丽强磊军洋勇艳杰涛明超霞平刚桂英建国晓东玉梅志远文"
FIRMS = ("顺达物流", "恒通运输", "宏远建材", "四季鲜配送", "捷安出租", "金桥商贸", "绿源农机", "利民环卫")
MODELS = ("轿车", "越野车", "面包车", "轻型货车", "重型货车")
CAUSES = ("加油员态度冷淡", "等候时间过长", "小票金额不符", "加油卡充值失败", "夜间照明不足")

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Driver:
    """A customer: fills about `litres` every `cycle` days, until `stopped` days before the end."""

    number: str
    name: str
    kind: str
    station: str
    developer: str | None
    cards: tuple[str, ...]
    cycle: int
    litres: int
    stopped: int


def demo(random: Random) -> Demo:
    """The tables to import, in order; the same seed gives the same world."""
    drivers = [_driver(random, number) for number in range(1, 241)]
    fills, complaints = tuple(_fills(random, drivers)), tuple(_complaints(random, drivers))
    return Demo(
        AS_OF,
        (
            DemoTable("units", "units", tuple(_units())),
            DemoTable("staff", "staff", tuple(_staff(random))),
            DemoTable("customers", "customers", tuple(_customers(random, drivers))),
            DemoTable("holdings", "cards", tuple(_cards(drivers)), mapping={"holdings": "card"}),
            DemoTable("holdings", "plates", tuple(_plates(random, drivers)), mapping={"holdings": "plate"}),
            DemoTable("touchpoints", "fills", fills, mapping={"touchpoints": "fill"}),
            DemoTable("touchpoints", "complaints", complaints, mapping={"touchpoints": "complaint"}),
            DemoTable("consents", "consents", tuple(_consents(random, drivers))),
        ),
        Text(
            "Everything here is invented: the company, its staff, customers, fills and complaints.",
            "本演示的公司、员工、客户、加油记录和投诉全部为虚构。",
        ),
    )


def _units() -> Iterator[Row]:
    yield {"code": "C1", "name": "中原油品公司", "level": "company", "parent": ""}
    yield {"code": "D1", "name": "河东片区", "level": "district", "parent": "C1"}
    for code, name in STATIONS.items():
        yield {"code": code, "name": name, "level": "station", "parent": "D1"}


def _staff(random: Random) -> Iterator[Row]:
    """Thirteen clerks, of whom two left in May; managers handle complaints, a clerk keeps the desk."""
    posts = [(f"W{number:02}", "clerk", f"S{(number - 1) % 3 + 1}") for number in range(1, 14)]
    for station in (1, 2, 3):
        posts.append((f"W{station:02}", "service desk", f"S{station}"))
        posts += [(f"M{station}", role, f"S{station}") for role in ("station manager", "handler")]
    posts += [("D01", "district manager", "D1"), ("D01", "handler", "D1"), ("D02", "service desk", "D1")]
    posts += [
        ("C01", "customer administrator", "C1"),
        ("C02", "handler", "C1"),
        ("C03", "service desk", "C1"),
    ]
    names = {code: _name(random) for code, _, _ in posts}
    for code, role, unit in posts:
        yield _person(code, names[code], START, role, unit)
    for code in ("W12", "W13"):
        yield _person(code, names[code], date(2026, 5, 10), left=True)


def _person(code: str, name: str, since: date, role: str = "", unit: str = "", *, left: bool = False) -> Row:
    return {
        "工号": code,
        "姓名": name,
        "岗位": role,
        "单位": unit,
        "离职": "是" if left else "否",
        "日期": since,
    }


def _driver(random: Random, number: int) -> Driver:
    kind = "unit" if number % 6 == 0 else "person"
    station = random.choice(list(STATIONS))
    return Driver(
        number=f"K{number:04}",
        name=f"{random.choice(FIRMS)}{number}部" if kind == "unit" else _name(random),
        kind=kind,
        station=station,
        developer=random.choice([None, f"W{random.randint(1, 13):02}"]),
        cards=tuple(f"9{number:05}{card}" for card in range(random.randint(2, 3) if kind == "unit" else 1)),
        cycle=random.choice([1, 1, 2, 3, 5]) if kind == "unit" else random.randint(3, 16),
        litres=random.choice([80, 150, 300, 420]) if kind == "unit" else random.choice([25, 35, 45, 55]),
        stopped=random.choice([0] * 8 + [12, 40]),
    )


def _customers(random: Random, drivers: list[Driver]) -> Iterator[Row]:
    for driver in drivers:
        born = date(1960, 1, 1) + timedelta(days=random.randint(0, 15_000))
        yield {
            "客户编号": driver.number,
            "姓名": driver.name,
            "手机号": f"1990000{driver.number[1:]}",
            "加油卡号": driver.cards[0],
            "类型": driver.kind,
            "出生日期": born if driver.kind == "person" else "",
            "开发人": driver.developer or "",
            "所属单位": driver.station,
            "建档日期": START,
        }


def _cards(drivers: list[Driver]) -> Iterator[Row]:
    for driver in drivers:
        for card in driver.cards:
            yield {"编号": card, "客户编号": driver.number, "发卡日期": START, "开始日期": START}


def _plates(random: Random, drivers: list[Driver]) -> Iterator[Row]:
    for driver in drivers:
        for card in driver.cards:
            yield {
                "编号": f"豫Z{card[-5:]}",
                "客户编号": driver.number,
                "车型": random.choice(MODELS),
                "开始日期": START,
            }


def _fills(random: Random, drivers: list[Driver]) -> Iterator[Row]:
    """Each card fills about once a cycle at the home station, now and then elsewhere."""
    for driver in drivers:
        day = random.randint(0, driver.cycle)
        while day < DAYS - driver.stopped:
            card = random.choice(driver.cards)
            yield {
                "时间": _moment(START + timedelta(days=day), random.randint(360, 1320)),
                "客户编号": driver.number,
                "持有物编号": card,
                "单位": driver.station if random.random() < 0.9 else random.choice(list(STATIONS)),
                "加油量": f"{driver.litres * random.uniform(0.8, 1.2):.2f}",
                "油品": random.choice(["92号汽油", "95号汽油"]) if driver.kind == "person" else "0号柴油",
            }
            day += max(1, driver.cycle + random.choice([-1, 0, 0, 0, 1]))


def _complaints(random: Random, drivers: list[Driver]) -> Iterator[Row]:
    """Some accuse a clerk; those of the last hour are on time, or late at one level or two."""
    ages = [(0, 4), (0, 9), (0, 15), (0, 22), (0, 28), (0, 38), (0, 47), (0, 55), (0, 130), (1, 300)]
    for number, (days, minutes) in enumerate(ages, start=1):
        driver = random.choice(drivers)
        yield {
            "流水号": f"TS{number:03}",
            "时间": _moment(AS_OF - timedelta(days=days), DAY - minutes),
            "客户编号": driver.number,
            "单位": driver.station,
            "渠道": "phone",
            "被投诉人": f"W{random.randint(1, 11):02}" if number % 3 == 0 else "",
            "匿名": "否",
            "text": random.choice(CAUSES),
        }


def _consents(random: Random, drivers: list[Driver]) -> Iterator[Row]:
    for driver in drivers:
        yield {
            "客户编号": driver.number,
            "用途": "marketing",
            "同意": random.choice(["是", "是", "是", "否"]),
            "授权时间": START,
        }


def _moment(day: date, minutes: int) -> str:
    """A local time as a till writes it."""
    return f"{day} {minutes // 60:02}:{minutes % 60:02}"


def _name(random: Random) -> str:
    return random.choice(SURNAMES) + "".join(random.sample(GIVEN, random.randint(1, 2)))
