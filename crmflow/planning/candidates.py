"""Who stood to be chosen for a customer, and why this one and not the others? (F17, F20, F22)"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crmflow.core.decision import Target
from crmflow.core.explanation import Explanation
from crmflow.core.post import Posts
from crmflow.core.text import Text
from crmflow.planning.owners import appointed, choose

NAMED = Text("{staff}: named by the rule", "{staff}：由规则直接指定")
STAYS = Text(
    "{staff}: holds the post already, so nothing changes ({load} customers)",
    "{staff}：已在该岗位，保持不变（客户 {load} 名）",
)
LEAST = Text("{staff}: chosen, has the fewest customers ({load})", "{staff}：当选，客户最少（{load} 名）")
TIED = Text(
    "{staff}: chosen, first by code among those with the fewest customers ({load})",
    "{staff}：当选，客户最少者（{load} 名）中工号在前",
)
ONLY = Text("{staff}: chosen, the only one ({load} customers)", "{staff}：当选，唯一人选（客户 {load} 名）")
MORE = Text("{staff}: not chosen, has more customers ({load})", "{staff}：未当选，客户更多（{load} 名）")
LATER = Text(
    "{staff}: not chosen, as many customers ({load}) but later by code",
    "{staff}：未当选，客户同样多（{load} 名），但工号在后",
)
ABSENT = Text("{staff}: not chosen, is absent", "{staff}：未当选，正在缺勤")
OTHER = Text("{staff}: not chosen, {stays} holds the post already", "{staff}：未当选，{stays}已在该岗位")


def explain_choice(
    target: Target, current: str | None, posts: Posts, loads: Mapping[str, int]
) -> Iterator[Explanation]:
    """Every candidate for a target, the chosen one first, each with the reason; or why nobody fits.

    `loads` are the customers of each as the choice saw them.
    """
    choice = choose(target, current, posts, loads)
    if choice.staff is None:
        reason = choice.why_not
        if reason is not None:
            yield Explanation(reason, holds=False)
        return
    if target.staff is not None:
        yield Explanation(NAMED.filled(staff=_name(choice.staff, posts)), holds=True)
        return
    candidates = appointed(target, posts)
    for code in sorted(candidates, key=lambda code: code != choice.staff):
        load, says = loads.get(code, 0), _reason(code, choice.staff, current, candidates, posts, loads)
        parts = {"staff": _name(code, posts), "load": load, "stays": _name(choice.staff, posts)}
        yield Explanation(says.filled(**parts), holds=code == choice.staff, name="load", value=load)


def _reason(
    code: str,
    chosen: str,
    current: str | None,
    candidates: tuple[str, ...],
    posts: Posts,
    loads: Mapping[str, int],
) -> Text:
    least, own = loads.get(chosen, 0), loads.get(code, 0)
    if chosen == current:
        return STAYS if code == chosen else OTHER
    if code != chosen:
        return ABSENT if not posts.present(code) else LATER if own == least else MORE
    rivals = [other for other in candidates if other != code and posts.present(other)]
    if not rivals:
        return ONLY
    return TIED if any(loads.get(other, 0) == least for other in rivals) else LEAST


def _name(code: str, posts: Posts) -> Text:
    staff = posts.staff.get(code)
    return Text(f"{staff.name} ({code})", f"{staff.name}（{code}）") if staff else Text(code, code)
