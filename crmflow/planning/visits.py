"""Who visits a customer, by when, and which planned visits are no longer wanted? (F9, I4, U8)"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from crmflow.core.calendar import ALWAYS, Calendar
from crmflow.core.chart import Term
from crmflow.core.customer import Customer
from crmflow.core.decision import Decision, Hit, Plan, Target, Visit
from crmflow.core.post import Holder, Posts
from crmflow.errors import PlanningError
from crmflow.planning.owners import choose


def visit_key(decision: Decision, hit: Hit, since: datetime) -> str:
    """What makes a visit happen once: subject, rulebook, rule and occasion.

    A rule without `once per` plans one visit each time it begins to fire: its occasion is `since`.
    """
    return "|".join([str(decision.subject), decision.rulebook, hit.rule, hit.occasion or since.isoformat()])


def plan_visit(
    decision: Decision,
    hit: Hit,
    *,
    id: int,
    customer: Customer,
    unit: str | None,
    since: datetime,
    posts: Posts,
    loads: Mapping[str, int],
    calendar: Calendar = ALWAYS,
) -> Visit:
    """The visit that a rule asks for. `unit` is the customer's; `since` is when the rule began to fire.

    `within` counts from the decision: whole days are working days of `calendar`, the rest working time.
    Nobody to go is staff None, which listings report. Raises PlanningError CRM620 where the hit is no visit.
    """
    plan = hit.value
    if not isinstance(plan, Plan):
        raise PlanningError("CRM620", rulebook=decision.rulebook, rule=hit.rule)
    visitor = _visitor(plan, customer, unit, posts, loads)
    return Visit(
        id=id,
        bucket=customer.bucket,
        customer_id=customer.id,
        holding_id=decision.subject.id if decision.subject.kind == "holding" else None,
        rulebook=decision.rulebook,
        rule=hit.rule,
        reason=plan.reason,
        channel=plan.channel,
        at=decision.at,
        key=visit_key(decision, hit, since),
        staff=visitor.staff if visitor else None,
        unit=visitor.unit if visitor else unit,
        due_at=None if plan.within is None else calendar.add(decision.at, _term(plan.within)),
        form=plan.form,
    )


def withdrawn(
    visits: Iterable[Visit], firing: Container[str], while_true: Container[tuple[str, str]]
) -> Iterator[Visit]:
    """The open visits whose reason is gone: planned by a rule that says `stays: while true`, and now without
    their key among those that fire. `while_true` has (rulebook, rule)."""
    for visit in visits:
        if visit.state == "open" and (visit.rulebook, visit.rule) in while_true and visit.key not in firing:
            yield visit


def _visitor(
    plan: Plan, customer: Customer, unit: str | None, posts: Posts, loads: Mapping[str, int]
) -> Holder | None:
    match plan.by:
        case Target() as target:
            chosen = choose(target, None, posts, loads).staff
            return _acting(chosen, target.unit, posts) if chosen else None
        case "owner":
            return _for_owner(customer, unit, posts)
        case role:
            return posts.holder(role, unit, turn=customer.id)


def _for_owner(customer: Customer, unit: str | None, posts: Posts) -> Holder | None:
    """The owner or who stands in for them, else whoever fills the owner's post, there or further up."""
    owner = customer.owner
    acting = _acting(owner, unit, posts) if owner else None
    if acting is not None:
        return acting
    held = (post for post in posts.posts if post.staff == owner)
    holders = (posts.holder(post.role, post.unit, turn=customer.id) for post in held)
    return next((holder for holder in holders if holder is not None), None)


def _acting(code: str, unit: str | None, posts: Posts) -> Holder | None:
    """Who acts for a person, and where: in `unit`, unless the person has a post in other units only."""
    staff, own = posts.stand_in(code), posts.units_of(code)
    place = own[0] if own and unit not in own else unit
    return Holder(staff, place) if staff is not None and place is not None else None


def _term(within: timedelta) -> Term:
    return Term(within.days, within - timedelta(days=within.days))
