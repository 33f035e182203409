"""Which world shows the retail pack? CDNOW's real purchases, and an invented shop around some customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from crmflow import Demo, DemoTable, Text

PURCHASES = Path(__file__).parent / "cdnow.csv.gz"
CUSTOMERS = 23_570
OPENED = date(1997, 1, 1)
AS_OF = date(1998, 6, 30)
STORES = {"S1": "东门店", "S2": "人民路店", "S3": "湖滨店"}
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡"
GIVEN = "伟芳敏静丽强磊军洋勇艳杰涛明超霞平刚桂英建国晓东玉梅志远文"
GOODS = ("大豆油5L", "东北大米10kg", "纯牛奶整箱", "洗衣液3kg", "抽纸整提")
CAUSES = ("收银排队过长", "商品过期", "会员价未生效", "导购态度冷淡", "退货被拒")

Row = Mapping[str, object]


def demo(random: Random) -> Demo:
    """The tables to import, in order; the same seed gives the same world."""
    numbers = random.sample(range(1, CUSTOMERS + 1), 400)
    members = {f"{number:05}": random.choice(list(STORES)) for number in numbers}
    touchpoints: Mapping[str, Iterator[Row]] = {
        "complaint": _complaints(random, members),
        "price error report": _price_errors(random, members),
        "stock request": _stock(random, members, (20, 16, 12, 9, 5, 3)),
        "goods back": _stock(random, members, (8, 6, 2, 1, 0)),
        "stock told": _stock(random, members, (7, 0)),
    }
    return Demo(
        AS_OF,
        (
            DemoTable("units", "units", tuple(_units())),
            DemoTable("staff", "staff", tuple(_staff(random))),
            DemoTable("customers", "members", tuple(_members(random, members))),
            DemoTable("consents", "consents", tuple(_consents(random, members))),
            DemoTable(
                "touchpoints",
                "cdnow",
                file=PURCHASES,
                mapping={"touchpoints": "purchase", "key": {"customer_id": "member"}},
            ),
            *(
                DemoTable("touchpoints", kind.replace(" ", "-"), tuple(rows), mapping={"touchpoints": kind})
                for kind, rows in touchpoints.items()
            ),
        ),
        Text(
            "The purchases are real: the CDNOW data set of Fader and Hardie, 23,570 customers from "
            "1997-01-01 to 1998-06-30 (amounts in US dollars), as in the PyPI package lifetimes (MIT). "
            "The demo runs as of the last day. The stores, the staff and 400 members with their birthdays, "
            "complaints, price errors and stock requests are invented.",
            "购物记录为真实数据:Fader与Hardie公布的CDNOW数据集,1997-01-01至1998-06-30共23,570名客户"
            "(金额为美元),取自PyPI软件包lifetimes(MIT)。演示以其最后一天为基准日。"
            "门店、员工以及400名会员的生日、投诉、价格纠错和缺货登记均为虚构。",
        ),
    )


def _units() -> Iterator[Row]:
    yield {"编号": "C1", "名称": "惠邻超市公司", "层级": "company", "上级": ""}
    for code, name in STORES.items():
        yield {"编号": code, "名称": name, "层级": "store", "上级": "C1"}


def _staff(random: Random) -> Iterator[Row]:
    roles = ("adviser", "adviser", "floor manager", "handler", "service desk")
    for store in STORES:
        for number, role in enumerate(roles, start=1):
            yield {
                "工号": f"{store}-{number}",
                "姓名": _name(random),
                "岗位": role,
                "单位": store,
                "日期": OPENED,
            }
    for number, role in enumerate(("floor manager", "handler", "service desk"), start=1):
        yield {"工号": f"C1-{number}", "姓名": _name(random), "岗位": role, "单位": "C1", "日期": OPENED}


def _members(random: Random, members: Mapping[str, str]) -> Iterator[Row]:
    """Some celebrate on the day of the run, and one was born on 29 February."""
    birthdays = {0: date(1956, 2, 29)} | {place: date(1950 + place, 6, 30) for place in range(1, 5)}
    for place, (number, store) in enumerate(members.items()):
        born = date(1930, 1, 1) + timedelta(days=random.randint(0, 18_000))
        yield {
            "会员号": number,
            "姓名": _name(random),
            "手机号": f"199000{number}",
            "出生日期": birthdays.get(place, born),
            "会员": "是",
            "所属单位": store,
            "建档日期": OPENED,
        }


def _consents(random: Random, members: Mapping[str, str]) -> Iterator[Row]:
    """Four in five allow marketing."""
    for number in members:
        granted = random.choice(["是", "是", "是", "是", "否"])
        yield {"会员号": number, "用途": "marketing", "同意": granted, "授权时间": OPENED}


def _complaints(random: Random, members: Mapping[str, str]) -> Iterator[Row]:
    for days, minutes in ((0, 1425), (0, 1400), (0, 1130), (1, 900), (3, 640), (9, 1000)):
        yield _of(random, members, days, minutes) | {
            "渠道": "phone",
            "匿名": "否",
            "text": random.choice(CAUSES),
        }


def _price_errors(random: Random, members: Mapping[str, str]) -> Iterator[Row]:
    for days, minutes, anonymous in ((0, 1380, "否"), (0, 840, "否"), (1, 700, "是"), (4, 1010, "否")):
        price = random.randint(50, 400)
        yield _of(random, members, days, minutes) | {
            "商品": random.choice(GOODS),
            "海报价": f"{price / 10:.2f}",
            "收银价": f"{(price + random.randint(5, 30)) / 10:.2f}",
            "匿名": anonymous,
        }


def _stock(random: Random, members: Mapping[str, str], ages: Sequence[int]) -> Iterator[Row]:
    """The first customers who asked are the first whose goods came, and the first who were told."""
    for place, days in enumerate(ages):
        number = list(members)[place * 7]
        yield {
            "时间": _moment(days, 600 + place),
            "会员号": number,
            "单位": members[number],
            "商品": GOODS[place % len(GOODS)],
        }


def _of(random: Random, members: Mapping[str, str], days: int, minutes: int) -> dict[str, object]:
    number = random.choice(list(members))
    return {"时间": _moment(days, minutes), "会员号": number, "单位": members[number]}


def _moment(days: int, minutes: int) -> str:
    """A local time so many days before the day of the run."""
    return f"{AS_OF - timedelta(days=days)} {minutes // 60:02}:{minutes % 60:02}"


def _name(random: Random) -> str:
    return random.choice(SURNAMES) + "".join(random.sample(GIVEN, random.randint(1, 2)))
