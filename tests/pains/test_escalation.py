"""What hurts users of other products about escalations, absences and reminders: does it hurt here?"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crmflow.core.calendar import ALWAYS, Calendar
from crmflow.core.calendars import Calendars
from crmflow.core.post import Absence, Posts
from crmflow.workflow.advance import advance
from tests.workflow.test_escalation import company, fired, ladder, nags, ticket
from tests.workflow.world import DAY, HOUR, MONDAY, POSTS, STAFF, UNITS, Play, complaint, posts

# 9. It fires again and again


def test_glpi_1996_an_escalation_is_not_repeated_at_every_tick() -> None:
    """Every run of the cron sent the same reminder once more."""
    play = ladder()
    for minute in range(0, 15 * 60, 5):
        play.tick(MONDAY + timedelta(minutes=minute))
    assert [name for _, name, _ in fired(play)] == ["warn", "soon", "breach", "breach"]


def test_glpi_2408_hundreds_of_mails_after_a_standstill() -> None:
    """A queue that stood still for a night sent hundreds of mails in the morning."""
    play = ladder(data={"level": "company"})
    play.tick(MONDAY + 6 * DAY)
    assert len(nags(play)) == 4  # `at most`
    assert len(play.keys()) == len(set(play.keys()))


def test_escalade_213_the_same_group_is_not_escalated_to_twice() -> None:
    """A ticket climbed to the group that already had it."""
    play = ladder()
    play.tick(MONDAY + 100 * HOUR)
    assert [row.level for row in play.history if row.kind == "late"] == ["district", "company", "company"]
    assert [row.move for row in play.history if row.kind == "late"] == ["breach", "breach", "manager"]


def test_zammad_5841_a_trigger_with_a_clock_does_not_fire_twice() -> None:
    """A trigger fired twice wherever a service-level clock was involved."""
    play = ticket()
    for _ in range(3):
        play.send("change", MONDAY + 8 * HOUR)
        play.tick(MONDAY + 8 * HOUR)
    assert [name for _, name, _ in fired(play)] == ["warn"]


def test_suitecrm_9225_a_saved_record_does_not_set_it_off_again() -> None:
    """A scheduled workflow ran again for records that had been through it, whenever they were saved."""
    play = complaint()
    play.tick(MONDAY + 5 * HOUR)
    for hour in (5, 6, 7):
        play.send("change", MONDAY + hour * HOUR)
    assert play.case.escalations == 1


def test_suitecrm_10357_what_was_fixed_does_not_stop_the_next_step() -> None:
    """The cure, never twice for one record, broke chains of steps that must each fire."""
    play = ladder()
    play.done(MONDAY + 9 * HOUR)
    play.tick(MONDAY + 18 * HOUR)
    assert [(at, name) for at, name, _ in fired(play)] == [
        (8 * HOUR, "warn"),
        (9 * HOUR, "soon"),
        (17 * HOUR, "warn"),
        (18 * HOUR, "soon"),
    ]


def test_sentry_124455_a_clock_that_jumps_back_fires_nothing_again() -> None:
    """After a delayed batch the same alert went out once more."""
    play = ladder()
    for hour in (13, 9, 2, 13, 8):
        play.tick(MONDAY + hour * HOUR)
    assert [name for _, name, _ in fired(play)].count("warn") == 1


# 10. It escalates while the customer is waited for


def test_zammad_3140_waiting_for_the_customer_does_not_escalate() -> None:
    """A ticket went red although everybody waited for the customer."""
    play = ticket()
    play.send("ask", MONDAY + HOUR, by="W2")
    play.tick(MONDAY + 30 * DAY)
    assert (fired(play), play.case.due_at) == ([], None)


def test_zammad_5177_the_time_before_the_wait_is_not_lost() -> None:
    """The escalation time began anew after each wait, or was never reached again."""
    play = ticket()
    play.send("ask", MONDAY + 7 * HOUR, by="W2")
    play.send("written", MONDAY + 3 * DAY)
    play.tick(MONDAY + 3 * DAY + HOUR)
    assert fired(play)[0][:2] == (3 * DAY + HOUR, "warn")


def test_zammad_1322_a_wait_that_ends_after_the_deadline_has_not_passed_it() -> None:
    """The moment the customer answered, the ticket was late."""
    play = ticket()
    play.send("ask", MONDAY + HOUR, by="W2")
    play.send("written", MONDAY + 2 * DAY)
    play.tick(MONDAY + 2 * DAY + HOUR)
    assert fired(play) == []


def test_zammad_1620_what_is_closed_escalates_no_more() -> None:
    """Closed tickets stayed in the list of escalated ones."""
    play = ticket()
    play.done(MONDAY + HOUR, by="W2")
    play.tick(MONDAY + 30 * DAY)
    assert (fired(play), play.case.due_at) == ([], None)


def test_django_helpdesk_8_the_first_escalation_is_not_immediate() -> None:
    """A new ticket was escalated by the first run of the cron, whatever its age."""
    play = ladder()
    play.tick(MONDAY)
    assert fired(play) == []


# 17. Given to people who are not there


def test_suitecrm_2032_who_has_left_is_given_nothing() -> None:
    """Cases were assigned to users who had been deactivated."""
    assert all(complaint(id=id).case.holder in ("W2", "W3") for id in range(9))


def test_suitecrm_8935_who_leaves_keeps_nothing() -> None:
    """What a deactivated user held stayed with them, and nobody saw it."""
    play = complaint()
    play.posts = posts(without=play.case.holder)
    play.send("change", MONDAY + HOUR)
    assert play.case.holder not in (None, "W2")


def test_suitecrm_227_an_escalation_is_not_given_to_somebody_who_is_away() -> None:
    """Round robin and escalation went on counting inactive users in."""
    away = Absence("D9", MONDAY, MONDAY + 30 * DAY, deputy="W4")
    play = complaint(company=posts(away))
    play.tick(MONDAY + 5 * HOUR)
    assert (play.case.level, play.case.holder) == ("district", "W4")


def test_round_robin_28_who_is_on_leave_is_passed_over_in_their_turn() -> None:
    """The turn of somebody on leave was given to them all the same."""
    away = Absence("W2", MONDAY - DAY, MONDAY + DAY)
    plays = [Play("complaint", id=id, company=posts(away)) for id in range(4)]
    for play in plays:
        play.done(MONDAY)
    assert {play.case.holder for play in plays} == {"W3"}


def test_frappe_helpdesk_1528_an_absence_that_begins_hands_on_what_is_open() -> None:
    """Agents whose shift was over, or who were on holiday, kept their tickets."""
    play = complaint()
    play.posts = posts(Absence("W2", MONDAY + HOUR, MONDAY + DAY, deputy="W4"), at=MONDAY + HOUR)
    play.send("change", MONDAY + HOUR)
    assert play.case.holder == "W4"
    assert play.case.late_at == MONDAY + 4 * HOUR


def test_odoo_68475_an_absence_has_no_echo() -> None:
    """A holiday came again every thirty days."""
    away = Absence("W2", MONDAY - 31 * DAY, MONDAY - 30 * DAY, deputy="W4")
    assert complaint(company=posts(away)).case.holder == "W2"


def test_support_ticketing_10_nobody_is_said_not_everybody() -> None:
    """Where no agent was there, the ticket was silently given to all, the absent too."""
    nobody = Posts(UNITS, STAFF, [post for post in POSTS if post.role == "service desk"], at=MONDAY)
    play = complaint(company=nobody)
    assert (play.case.holder, play.case.holder_unit) == (None, None)
    assert play.case.late_at is not None


# 18. No hand-over, no time-out


def test_osticket_6213_work_comes_back_after_a_leave() -> None:
    """Tickets were moved by hand before a leave, and by hand back."""
    away = Absence("W2", MONDAY, MONDAY + 2 * HOUR, deputy="W4")
    play = complaint(company=posts(away))
    assert play.case.holder == "W4"
    play.posts = posts(away, at=MONDAY + 3 * HOUR)
    play.tick(MONDAY + 3 * HOUR)
    assert play.case.holder == "W2"


def test_osticket_852_the_deputy_of_the_deputy() -> None:
    """The one deputy was away too, and the chain ended there."""
    away = Absence("W2", MONDAY, MONDAY + DAY, deputy="W4"), Absence("W4", MONDAY, MONDAY + DAY, deputy="W1")
    assert complaint(company=posts(*away)).case.holder == "W1"


def test_zammad_263_whoever_stands_in_is_told_by_the_next_reminder() -> None:
    """Reminders went on to the mailbox of the absent."""
    play = ladder()
    play.posts = company(Absence("W2", MONDAY + HOUR, MONDAY + DAY, deputy="W4"), at=MONDAY + HOUR)
    play.send("change", MONDAY + HOUR)
    play.tick(MONDAY + 8 * HOUR)
    assert fired(play) == [(8 * HOUR, "warn", "W4")]


def test_chatwoot_14508_what_is_not_taken_up_goes_on() -> None:
    """A conversation that its agent did not answer stayed where it was."""
    play = complaint()
    play.tick(MONDAY + 4 * HOUR)
    assert (play.case.holder, play.case.level) == ("D9", "district")


def test_live_helper_chat_1073_a_time_out_counts_from_the_hand_over() -> None:
    """The next agent inherited a time-out that had almost run down."""
    play = complaint()
    play.tick(MONDAY + 4 * HOUR)
    assert play.case.late_at == MONDAY + 12 * HOUR  # eight hours of its own at the district


# 26. Once, or until somebody says so


def test_suitecrm_3806_once_is_once() -> None:
    """`Run once` was the wish; it ran on every change."""
    play = ladder(arrears=10)
    for hour in (9, 9.2, 9.4):
        play.facts["arrears"] = 5000 if play.facts["arrears"] == 10 else 10
        play.send("change", MONDAY + hour * HOUR)
    assert [name for _, name, _ in fired(play)].count("soon") == 1


def test_suitecrm_8292_once_for_each_step_not_once_for_ever() -> None:
    """What had fired once never fired again, although it was another step."""
    play = ladder()
    play.tick(MONDAY + 8 * HOUR)
    play.done(MONDAY + 9 * HOUR)
    play.tick(MONDAY + 17 * HOUR)
    assert [name for _, name, _ in fired(play)].count("warn") == 2


def test_mango_1221_an_alarm_is_repeated_until_it_is_acknowledged() -> None:
    """The opposite wish: one message is overlooked."""
    play = ladder(data={"level": "company"})
    play.tick(MONDAY + 12 * HOUR)
    assert len(nags(play)) == 2
    play.send("acknowledge", MONDAY + 12.5 * HOUR, by=str(play.case.holder))
    play.tick(MONDAY + 20 * HOUR)
    assert len(nags(play)) == 2


# 29. Up to the top, and at the weekend


def test_erpnext_6049_to_the_manager_of_the_holder_up_to_the_top() -> None:
    """Only one level could be reached, by one time for all."""
    play = ladder()
    play.tick(MONDAY + 35 * HOUR)
    late = [(row.at - MONDAY, row.level, row.holder) for row in play.history if row.kind == "late"]
    assert late == [
        (10 * HOUR, "district", "D9"),
        (20 * HOUR, "company", "K9"),
        (35 * HOUR, "company", "M9"),
    ]


def test_oncall_558_the_weekend_counts_for_those_who_work_then() -> None:
    """Escalations at the weekend waited for Monday, or woke the wrong people."""
    office = Calendar.weekly("office", ZoneInfo("UTC"), {"mon-fri": ["08:00-18:00"]})
    friday = datetime(2026, 1, 9, 16, tzinfo=ZoneInfo("UTC"))
    weekday, on_call = Calendars(office), Calendars(office, roles={"handler": ALWAYS})
    for calendars, due in ((weekday, friday + 3 * DAY - 2 * HOUR), (on_call, friday + 8 * HOUR)):
        play = ladder()
        play.case = play.case.but(entered_at=friday, opened_at=friday)
        step = advance(
            play.chart,
            play.case,
            as_of=friday,
            context=play.context,
            posts=play.posts,
            calendars=calendars,
        )
        assert step is not None
        assert step.case.due_at == due
