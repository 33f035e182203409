"""Which invented world shows the insurance pack? Two branches, twenty agents and three hundred customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random

from crmflow import Demo, DemoTable, Text

AS_OF = date(2026, 6, 30)
BRANCHES = {"B1": "城南支公司", "B2": "城北支公司"}
AGENTS = {f"A{number:02}": f"B{number % 2 + 1}" for number in range(1, 21)}
LEFT = ("A03", "A08", "A12", "A17", "A20")
CUSTOMERS = [f"P{number:04}" for number in range(1, 301)]
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡"
GIVEN = "伟芳敏静丽强磊军洋勇艳杰涛明超霞平刚桂英建国晓东玉梅志远文"
PRODUCTS = ("终身寿险", "重疾险", "年金险", "定期寿险", "医疗险")
CAUSES = ("续期缴费未提醒", "条款解释不清", "理赔进度缓慢", "退保金额有争议", "代理人离职后无人联系")

Row = Mapping[str, object]


def demo(random: Random) -> Demo:
    """The tables to import, in order; the same seed gives the same world."""
    branch = {number: random.choice(list(BRANCHES)) for number in CUSTOMERS}
    policies = tuple(_policies(random, branch))
    complaints = tuple(_complaints(random, branch))
    return Demo(
        AS_OF,
        (
            DemoTable("units", "units", tuple(_units())),
            DemoTable("staff", "staff", tuple(_staff(random))),
            DemoTable("customers", "customers", tuple(_customers(random, branch))),
            DemoTable("holdings", "policies", policies, mapping={"holdings": "policy"}),
            DemoTable("touchpoints", "complaints", complaints, mapping={"touchpoints": "complaint"}),
        ),
        Text(
            "Everything here is invented: the company, its agents, customers, policies and complaints.",
            "本演示的公司、代理人、客户、保单和投诉全部为虚构。",
        ),
    )


def _units() -> Iterator[Row]:
    yield {"code": "C1", "name": "青禾人寿省分公司", "level": "company", "parent": ""}
    for code, name in BRANCHES.items():
        yield {"code": code, "name": name, "level": "branch", "parent": "C1"}


def _staff(random: Random) -> Iterator[Row]:
    """Twenty agents, of whom five left in spring; each branch has two service agents."""
    posts = [(code, "agent", unit) for code, unit in AGENTS.items()]
    for unit in BRANCHES:
        posts += [(f"S{unit}-1", "service agent", unit), (f"S{unit}-2", "service agent", unit)]
    for unit in (*BRANCHES, "C1"):
        posts += [(f"K{unit}", "service desk", unit), (f"H{unit}", "handler", unit)]
        posts.append((f"T{unit}", "complaint officer", unit))
    names = {code: _name(random) for code, _, _ in posts}
    for code, role, unit in posts:
        yield _person(code, names[code], date(2020, 1, 1), role, unit)
    for code in LEFT:
        yield _person(code, names[code], date(2026, 4, 1), left=True)


def _person(code: str, name: str, since: date, role: str = "", unit: str = "", *, left: bool = False) -> Row:
    return {
        "工号": code,
        "姓名": name,
        "岗位": role,
        "单位": unit,
        "离职": "是" if left else "否",
        "日期": since,
    }


def _customers(random: Random, branch: Mapping[str, str]) -> Iterator[Row]:
    for number, unit in branch.items():
        yield {
            "客户编号": number,
            "姓名": _name(random),
            "手机号": f"1990001{number[1:]}",
            "类型": "person",
            "出生日期": date(1955, 1, 1) + timedelta(days=random.randint(0, 17_000)),
            "所属单位": unit,
        }


def _policies(random: Random, branch: Mapping[str, str]) -> Iterator[Row]:
    """One to three policies a customer, mostly of one agent of the branch; a few lapsed or have no agent."""
    number = 0
    for customer, unit in branch.items():
        agents = [code for code, home in AGENTS.items() if home == unit]
        agent, rich = random.choice(agents), random.choice([1, 1, 1, 1, 4, 10])
        for _ in range(random.randint(1, 3)):
            number += 1
            yield {
                "编号": f"L{number:06}",
                "客户编号": customer,
                "代理人": random.choice([agent] * 8 + [random.choice(agents), ""]),
                "保单状态": random.choice(["in force"] * 8 + ["lapsed", "ended"]),
                "险种": random.choice(PRODUCTS),
                "年缴保费": random.randint(20, 120) * 100 * rich,
                "开始日期": date(2018, 1, 1) + timedelta(days=random.randint(0, 2900)),
            }


def _complaints(random: Random, branch: Mapping[str, str]) -> Iterator[Row]:
    """From minutes to seven weeks old, so that some are past day 15."""
    ages: Sequence[int] = (0, 0, 0, 1, 4, 7, 10, 14, 16, 20, 33, 48)
    for number, days in enumerate(ages, start=1):
        customer = random.choice(CUSTOMERS)
        yield {
            "流水号": f"TS{number:03}",
            "时间": f"{AS_OF - timedelta(days=days)} 23:{55 - 10 * number % 50:02}",
            "客户编号": customer,
            "单位": branch[customer],
            "渠道": "phone",
            "匿名": "否",
            "text": random.choice(CAUSES),
        }


def _name(random: Random) -> str:
    return random.choice(SURNAMES) + "".join(random.sample(GIVEN, random.randint(1, 2)))
