"""Why does this person visit this customer, by when, and is the visit still wanted?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from crmflow.core.customer import Customer
from crmflow.core.decision import Visit
from crmflow.core.explanation import Explanation
from crmflow.core.post import Posts
from crmflow.core.text import Text

PLANNED = Text(
    "Visit {visit} of {customer}: {reason}, {channel}, planned on {at}",
    "{customer}的拜访 {visit}：{reason}，方式：{channel}，{at} 安排",
)
GOES = Text("{staff} of {unit} goes", "由{unit}的{staff}负责")
OWNS = Text("owns this customer", "是该客户的责任人")
STANDS_IN = Text("stands in for the owner {owner}, who is absent", "代替缺勤的责任人{owner}")
FILLS = Text("fills the owner's post: {owner} is not there", "责任人{owner}不在岗，由同岗位人员负责")
CHOSEN = Text("chosen by the rule", "由规则选定")
NOBODY = Text("nobody goes: {why}", "无人负责：{why}")
NO_OWNER = Text("the customer has no owner", "客户没有责任人")
NOT_FILLED = Text("nobody fills the post", "岗位无人")
DUE = Text("to be done by {due}", "应于 {due} 前完成")
OVERDUE = Text("late since {due}", "已超期，应于 {due} 前完成")
DONE = Text("done on {closed}", "已于 {closed} 完成")
WITHDRAWN = Text("withdrawn on {closed}: its reason was gone", "已于 {closed} 撤回：安排的原因已不存在")


def explain_visit(
    visit: Visit,
    customer: Customer,
    *,
    reason: Text,
    channel: Text,
    posts: Posts,
    as_of: datetime,
    zone: ZoneInfo,
    why: Explanation | None = None,
) -> Explanation:
    """Who goes and why them, by when, and how it ended; `why` explains the rule that asked for the visit.

    `reason` and `channel` are the visit's own words as the site calls them.
    """

    def moment(at: datetime) -> str:
        return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    def parts() -> Iterator[Explanation]:
        if why is not None:
            yield why
        yield _who(visit, customer, posts)
        if visit.closed_at is not None:
            ended = DONE if visit.state == "done" else WITHDRAWN
            yield Explanation(ended.filled(closed=moment(visit.closed_at)), since=visit.closed_at)
        elif visit.due_at is not None:
            late = as_of >= visit.due_at
            yield Explanation((OVERDUE if late else DUE).filled(due=moment(visit.due_at)))

    called = {"visit": visit.id, "customer": customer.external_id, "at": moment(visit.at)}
    says = PLANNED.filled(reason=reason, channel=channel, **called)
    return Explanation(says, since=visit.at, because=tuple(parts()))


def _who(visit: Visit, customer: Customer, posts: Posts) -> Explanation:
    owner = customer.owner
    if visit.staff is None:
        why = NO_OWNER if owner is None else NOT_FILLED
        return Explanation(NOBODY.filled(why=why), holds=False)
    if visit.staff == owner:
        reason = OWNS
    elif owner is not None and posts.stand_in(owner) == visit.staff:
        reason = STANDS_IN.filled(owner=_name(owner, posts))
    elif owner is not None and not posts.present(owner):
        reason = FILLS.filled(owner=_name(owner, posts))
    else:
        reason = CHOSEN
    unit = posts.units.get(visit.unit or "")
    goes = GOES.filled(staff=_name(visit.staff, posts), unit=unit.name if unit else visit.unit)
    return Explanation(goes, because=(Explanation(reason),))


def _name(code: str, posts: Posts) -> str:
    staff = posts.staff.get(code)
    return f"{staff.name} ({code})" if staff else code
