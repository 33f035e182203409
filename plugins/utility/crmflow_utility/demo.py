"""Which invented world shows the utility pack? Two districts, their supply points and 16 months of bills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from crmflow import Demo, DemoTable, Text

AS_OF = date(2026, 6, 30)
BEFORE = (AS_OF - timedelta(days=20), AS_OF - timedelta(days=9))
MONTHS = [date(2025 + month // 12, month % 12 + 1, 1) for month in range(2, 18)]
SEASON = (1.1, 1.0, 0.9, 0.8, 0.9, 1.2, 1.5, 1.5, 1.1, 0.8, 0.9, 1.1)
TURN = date(2025, 6, 30)
PRICE = Decimal("0.56")
DISTRICTS = {"D1": "江北供电分公司", "D2": "江南供电分公司"}
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡"
GIVEN = "伟芳敏静丽强磊军洋勇艳杰涛明超霞平刚桂英建国晓东玉梅志远文"
FIRMS = ("精工铸造", "永盛纺织", "江城水泥", "华美塑业", "南湖酒店", "康宁医院", "新天地商场", "东风机械")
MODELS = ("S11-400", "S13-630", "SCB10-800", "S11-1000")
FAULTS = ("整栋楼停电", "电压不稳,灯光闪烁", "电表箱冒火花", "空气开关反复跳闸")
QUERIES = ("咨询阶梯电价", "咨询过户手续", "核对上月电费", "咨询充电桩报装")

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Account:
    """A customer with one supply point: about `usage` kWh a month, times `trend` in the last year; the last
    `unpaid` bills are open."""

    number: str
    name: str
    kind: str
    district: str
    capacity: int
    usage: int
    trend: float
    connected: date
    unpaid: int

    @property
    def point(self) -> str:
        return f"H{self.number}"

    @property
    def key(self) -> bool:
        return self.capacity >= 315


def demo(random: Random) -> Demo:
    """The tables to import, in order; the same seed gives the same world."""
    accounts = [_account(random, number) for number in range(1, 301)]
    debtors = [account for account in accounts if account.unpaid]
    points, equipment = tuple(_points(accounts)), tuple(_equipment(random, accounts))
    readings = {account: _usages(random, account) for account in accounts}
    touchpoints: Mapping[str, Iterator[Row]] = {
        "reading": _readings(accounts, readings),
        "bill": _bills(accounts, readings),
        "payment": _payments(random, accounts, readings),
        "cut notice": _notices(debtors),
        "dispute": _disputes(debtors),
        "instalment plan": _plans(debtors),
        "patrol": _patrols(random, accounts),
        "fault report": _reports(random, accounts, FAULTS),
        "query": _reports(random, accounts, QUERIES),
        "complaint": _reports(random, accounts, ("抄表数据有误", "抢修人员迟到", "窗口排队过长")),
    }
    return Demo(
        AS_OF,
        (
            DemoTable("units", "units", tuple(_units())),
            DemoTable("staff", "staff", tuple(_staff(random))),
            DemoTable("customers", "customers", tuple(_customers(accounts))),
            DemoTable("holdings", "supply-points", points, mapping={"holdings": "supply point"}),
            DemoTable("holdings", "equipment", equipment, mapping={"holdings": "equipment"}),
            *(
                DemoTable("touchpoints", kind.replace(" ", "-"), tuple(rows), mapping={"touchpoints": kind})
                for kind, rows in touchpoints.items()
            ),
        ),
        Text(
            "Everything here is invented: the company, its staff, customers, bills and cases. It is run as "
            "of three days of June, so that arrears climb their ladder; the report is of the last run.",
            "本演示的公司、员工、客户、账单和工单全部为虚构。先后按六月的三天各运行一次，使欠费催收逐级推进；报告为最后一次。",
        ),
        BEFORE,
    )


def _units() -> Iterator[Row]:
    yield {"code": "C1", "name": "滨江供电公司", "level": "company", "parent": ""}
    for code, name in DISTRICTS.items():
        yield {"code": code, "name": name, "level": "district", "parent": "C1"}


def _staff(random: Random) -> Iterator[Row]:
    shared = ("collector", "field crew", "service desk", "handler")
    for district in DISTRICTS:
        for number, role in enumerate(("account manager", "grid manager", "grid manager", *shared), start=1):
            yield {"工号": f"{district}-{number}", "姓名": _name(random), "岗位": role, "单位": district}
    for number, role in enumerate(shared, start=1):
        yield {"工号": f"C1-{number}", "姓名": _name(random), "岗位": role, "单位": "C1"}


def _account(random: Random, number: int) -> Account:
    key, firm = number % 20 == 0, number % 10 == 0
    return Account(
        number=f"{number:05}",
        name=f"{random.choice(FIRMS)}{number}厂" if firm else _name(random),
        kind="unit" if firm else "person",
        district=random.choice(list(DISTRICTS)),
        capacity=random.choice([400, 630, 800, 1000]) if key else 100 if firm else 8,
        usage=random.randint(90, 400) * (200 if key else 20 if firm else 1),
        trend=random.choice([0.6, 0.95, 1.0, 1.0, 1.05, 1.1]),
        connected=AS_OF - timedelta(days=random.choice([90, 150, 400, 600, 1500, 3000, 5000])),
        unpaid=random.choice([1, 2, 3, 4]) if number % 9 == 0 else 0,
    )


def _customers(accounts: Sequence[Account]) -> Iterator[Row]:
    for account in accounts:
        yield {
            "客户编号": account.number,
            "姓名": account.name,
            "手机号": f"199{account.number:0>8}",
            "类型": account.kind,
            "所属单位": account.district,
        }


def _points(accounts: Sequence[Account]) -> Iterator[Row]:
    """Some debtors are protected, and of some it is not known."""
    for account in accounts:
        yield {
            "编号": account.point,
            "客户编号": account.number,
            "用电地址": f"滨江市幸福路{int(account.number)}号",
            "用电类别": "industrial"
            if account.key
            else "commercial"
            if account.kind == "unit"
            else "residential",
            "合同容量": account.capacity,
            "送电日期": account.connected,
            "受保护用户": {2: "是", 3: ""}.get(int(account.number) % 12 // 3, "否"),
        }


def _equipment(random: Random, accounts: Sequence[Account]) -> Iterator[Row]:
    """One dossier in four lacks the model."""
    for account in accounts:
        if account.key:
            yield {
                "编号": f"E{account.number}",
                "客户编号": account.number,
                "型号": random.choice(MODELS) if int(account.number) % 80 else "",
                "额定容量": account.capacity,
                "投运日期": account.connected,
            }


def _usages(random: Random, account: Account) -> dict[date, int]:
    """Usage by month since the connection; the last twelve months differ from those before by the trend."""
    usages = {}
    for month in MONTHS:
        if month > account.connected:
            trend = account.trend if month > TURN else 1
            usages[month] = round(account.usage * SEASON[month.month - 1] * random.uniform(0.9, 1.1) * trend)
    return usages


Usages = Mapping[Account, Mapping[date, int]]


def _readings(accounts: Sequence[Account], usages: Usages) -> Iterator[Row]:
    for account in accounts:
        for month, usage in usages[account].items():
            yield _of(account, month, 8 * 60) | {"用电量": usage}


def _bills(accounts: Sequence[Account], usages: Usages) -> Iterator[Row]:
    """A bill is due on the 20th; earlier open bills are in its balance."""
    for account in accounts:
        open_bills: list[tuple[date, Decimal]] = []
        months = list(usages[account])
        for place, month in enumerate(months):
            amount = usages[account][month] * PRICE
            if len(months) - place >= account.unpaid:
                open_bills = []
            open_bills.append((month.replace(day=20), amount))
            balance = sum((amount for _, amount in open_bills), Decimal())
            yield _of(account, month, 9 * 60) | _owing(amount, balance, open_bills[0][0])


def _payments(random: Random, accounts: Sequence[Account], usages: Usages) -> Iterator[Row]:
    """Every bill but the last `unpaid` ones is paid in full before it is due."""
    for account in accounts:
        months = list(usages[account])
        for month in months[: len(months) - account.unpaid]:
            paid = month + timedelta(days=random.randint(3, 18))
            yield _of(account, paid, 600) | _owing(usages[account][month] * PRICE, Decimal())


def _owing(amount: Decimal, balance: Decimal, since: date | None = None) -> dict[str, object]:
    return {"金额": amount, "未缴余额": balance, "最早未缴到期日": since or ""}


def _notices(debtors: Sequence[Account]) -> Iterator[Row]:
    """Debtors of two bills and more got a notice, those of three and more a second one."""
    for account in debtors:
        if account.unpaid >= 2:
            yield _of(account, AS_OF - timedelta(days=12), 600)
        if account.unpaid >= 3:
            yield _of(account, AS_OF - timedelta(days=2), 600)


def _disputes(debtors: Sequence[Account]) -> Iterator[Row]:
    for account in debtors[::7]:
        yield _of(account, AS_OF - timedelta(days=6), 700) | {"未决": "是"}


def _plans(debtors: Sequence[Account]) -> Iterator[Row]:
    for account in debtors[3::7]:
        yield _of(account, AS_OF - timedelta(days=5), 700) | {"有效": "是"}


def _patrols(random: Random, accounts: Sequence[Account]) -> Iterator[Row]:
    """Key customers were patrolled lately, long ago or never."""
    for account in accounts:
        if account.key and (age := random.choice([20, 60, 95, 140, 0])):
            yield _of(account, AS_OF - timedelta(days=age), 900) | {
                "发现问题": random.choice(["", "接头温度偏高"])
            }


def _reports(random: Random, accounts: Sequence[Account], texts: Sequence[str]) -> Iterator[Row]:
    """From the portal over the last days, the newest in the last hours."""
    for days, minutes in ((0, 1430), (0, 1320), (0, 900), (1, 1000), (3, 700), (8, 650)):
        account = random.choice(accounts)
        yield _of(account, AS_OF - timedelta(days=days), minutes) | {
            "渠道": "portal",
            "text": random.choice(texts),
        }


def _of(account: Account, day: date, minutes: int) -> dict[str, object]:
    return {
        "时间": f"{day} {minutes // 60:02}:{minutes % 60:02}",
        "客户编号": account.number,
        "持有物编号": account.point,
        "单位": account.district,
    }


def _name(random: Random) -> str:
    return random.choice(SURNAMES) + "".join(random.sample(GIVEN, random.randint(1, 2)))
