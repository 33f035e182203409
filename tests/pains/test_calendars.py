"""Does working time go wrong where users of other systems found that it does?"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from crmflow.core.calendar import Calendar
from crmflow.core.chart import Term
from crmflow.rules.load import load
from crmflow.rules.source import RuleFile

OFFICE = "week: {mon-fri: ['09:00-17:00']}"
CHINA = "based on: China\nweek: {mon-fri: ['09:00-18:00']}"


def calendar(text: str = OFFICE, zone: str = "Asia/Shanghai") -> Calendar:
    file = RuleFile("calendars/default.yaml", f"format: 1\ntitle: X\nzone: {zone}\n{text}\n")
    loaded = load([file])
    assert loaded.ruleset is not None, loaded.errors
    return loaded.ruleset.calendars.default


def due(start: str, of: Calendar, *, days: int = 0, hours: float = 0) -> str:
    """When a term is over, by the clock on the office's wall."""
    begins = datetime.fromisoformat(start).replace(tzinfo=of.zone)
    return f"{of.add(begins, Term(days, timedelta(hours=hours))).astimezone(of.zone):%Y-%m-%d %H:%M}"


# 1. Time counts when nobody works.


def test_osticket_1168_nights_do_not_count() -> None:
    """A ticket of the late afternoon was overdue before the office opened."""
    assert due("2026-01-05 16:00", calendar(), hours=4) == "2026-01-06 12:00"


def test_osticket_1107_weekends_do_not_count() -> None:
    """A ticket of Friday was overdue on Sunday."""
    assert due("2026-01-09 16:00", calendar(), hours=4) == "2026-01-12 12:00"


def test_osticket_4166_holidays_do_not_count() -> None:
    """Overdue on a public holiday."""
    assert due("2026-09-30 17:00", calendar(CHINA), hours=4) == "2026-10-08 12:00"


def test_osticket_4969_a_long_term_counts_working_hours_of_many_days() -> None:
    """48 hours were two days instead of six."""
    assert due("2026-01-05 09:00", calendar(), hours=48) == "2026-01-12 17:00"


def test_osticket17_515_what_comes_at_the_weekend_begins_on_monday() -> None:
    """The clock ran from Saturday on."""
    assert due("2026-01-10 11:00", calendar(), hours=1) == "2026-01-12 10:00"


def test_chatwoot_13392_the_calendar_is_really_used() -> None:
    """The switch "business hours only" was there and nothing read it."""
    around = calendar("week: 24x7")
    assert due("2026-01-05 16:00", around, hours=4) == "2026-01-05 20:00"
    assert due("2026-01-05 16:00", calendar(), hours=4) != due("2026-01-05 16:00", around, hours=4)


def test_stack_144_what_comes_before_opening_begins_at_opening() -> None:
    """The small hours before opening counted."""
    assert due("2026-01-05 04:00", calendar(), hours=1) == "2026-01-05 10:00"


# 2. The due time is wrong although the calendar is right.


def test_osticket_6739_an_office_that_opens_on_mondays_and_thursdays() -> None:
    """Only days in a row could be chosen."""
    two_days = calendar("week: {'mon, thu': ['09:00-12:00']}")
    assert due("2026-01-05 11:00", two_days, hours=5) == "2026-01-12 10:00"


def test_osticket_6847_lunch_is_no_holiday() -> None:
    """A lunch break had to be entered as a holiday, and took the day away."""
    split = calendar("week: {mon-fri: ['09:00-12:00', '13:00-17:00']}")
    assert due("2026-01-05 11:30", split, hours=1) == "2026-01-05 13:30"


def test_frappe_helpdesk_2075_a_holiday_takes_its_day_and_no_more() -> None:
    """A holiday in the way moved the due time by a day too many."""
    assert due("2026-01-05 10:00", calendar(OFFICE + "\nclosed: [2026-01-06]"), days=1) == "2026-01-07 10:00"


def test_frappe_helpdesk_2449_a_term_of_days_keeps_the_time_of_day() -> None:
    """A term of days was due at midnight."""
    assert due("2026-01-05 10:30", calendar(), days=3) == "2026-01-08 10:30"


def test_glpi_14937_what_fills_the_day_is_due_at_closing() -> None:
    """A term that ended exactly at closing was due at the next opening."""
    assert due("2026-01-05 09:00", calendar(), hours=8) == "2026-01-05 17:00"


def test_glpi_687_holidays_in_a_row_are_all_passed_over() -> None:
    """A holiday beside a weekend counted."""
    closed = calendar(OFFICE + "\nclosed: [2026-01-09, 2026-01-12]")
    assert due("2026-01-08 16:00", closed, hours=2) == "2026-01-13 10:00"


def test_zammad_390_a_reader_sees_which_holiday_counted() -> None:
    """Nobody could tell which holiday had moved the due time."""
    why = calendar(CHINA).on(date(2026, 10, 1)).why
    assert why is not None
    assert (why.en, why.zh) == ("National Day", "国庆节")


# 3. More than one shift, and shifts past midnight.


def test_chatwoot_14009_two_shifts_a_day() -> None:
    """One pair of opening and closing a day was all there was."""
    shop = calendar("week: {mon-sun: ['10:00-14:00', '17:00-22:00']}")
    assert due("2026-01-05 13:30", shop, hours=1) == "2026-01-05 17:30"


def test_chatwoot_5254_a_shift_past_midnight() -> None:
    """Closing had to be later than opening; the advice was to choose another time zone."""
    bar = calendar("week: {fri-sat: ['18:00-02:00']}")
    assert due("2026-01-09 23:00", bar, hours=4) == "2026-01-10 19:00"
    assert due("2026-01-10 01:00", bar, days=1) == "2026-01-11 01:00"


# 4. Make-up working days.


def test_zendesk_biz_103_the_saturday_after_the_holiday_is_worked() -> None:
    """Chinese offices swap days; the library knew weekends only."""
    assert due("2026-10-09 17:00", calendar(CHINA), hours=2) == "2026-10-10 10:00"


def test_zendesk_biz_5_spring_festival_with_its_swaps() -> None:
    """The days before and after Spring Festival came out wrong."""
    assert due("2026-02-13 17:00", calendar(CHINA), days=1) == "2026-02-14 17:00"
    assert due("2026-02-14 17:00", calendar(CHINA), days=1) == "2026-02-24 17:00"
    assert due("2026-02-27 17:00", calendar(CHINA), days=1) == "2026-02-28 17:00"


def test_strata_1958_a_weekend_day_can_be_a_working_day() -> None:
    """A calendar could take days away and add none."""
    assert due("2026-01-09 16:00", calendar(OFFICE + "\nown days: {2026-01-10: '09:00-12:00'}"), hours=2) == (
        "2026-01-10 10:00"
    )


def test_ifcopenshell_3766_a_day_that_differs_has_hours_of_its_own() -> None:
    """An exception was a whole day or nothing."""
    half = calendar(OFFICE + "\nown days: {12-24: ['09:00-12:00']}")
    assert due("2026-12-24 11:00", half, hours=2) == "2026-12-25 10:00"


def test_working_hours_33_a_saturday_that_is_worked_once() -> None:
    """Working days beyond the week could not be told."""
    once = calendar(OFFICE + "\nown days: {2026-01-10: ['09:00-17:00']}")
    assert due("2026-01-09 10:00", once, days=1) == "2026-01-10 10:00"
    assert due("2026-01-16 10:00", once, days=1) == "2026-01-19 10:00"


def test_pm4py_558_the_holidays_are_really_used() -> None:
    """A calendar was accepted as a parameter, and ignored."""
    plain = calendar(CHINA.replace("based on: China\n", ""))
    assert due("2026-09-30 17:00", plain, hours=2) == "2026-10-01 10:00"
    assert due("2026-09-30 17:00", calendar(CHINA), hours=2) == "2026-10-08 10:00"


# 5. Time zones, and clocks that are put forward and back.


def test_oncall_3261_a_shift_over_the_change_of_the_clock() -> None:
    """A night shift shifted by an hour when summer time began."""
    night = calendar("week: {mon-sun: ['22:00-06:00']}", "Europe/London")
    assert due("2026-03-28 22:00", night, hours=7) == "2026-03-29 06:00"
    assert due("2026-10-24 22:00", night, hours=9) == "2026-10-25 06:00"


def test_chatwoot_2882_the_offices_zone_counts_not_the_servers() -> None:
    """Hours were counted in UTC."""
    shanghai = calendar()
    nine = datetime.fromisoformat("2026-01-05T01:00+00:00")
    assert f"{shanghai.add(nine, Term(time=timedelta(hours=1))):%H:%M}" == "02:00"


def test_dbt_zendesk_25_a_term_over_the_change_of_the_clock_keeps_opening_hours() -> None:
    """Weeks with a change of the clock were an hour off."""
    new_york = calendar(zone="America/New_York")
    assert due("2026-03-06 16:00", new_york, hours=2) == "2026-03-09 10:00"
    assert due("2026-10-30 16:00", new_york, hours=2) == "2026-11-02 10:00"


def test_rocketchat_40077_zones_beside_the_hour() -> None:
    """Offsets were whole hours."""
    assert due("2026-01-05 16:30", calendar(zone="Asia/Kathmandu"), hours=1) == "2026-01-06 09:30"
    assert due("2026-04-03 16:30", calendar(zone="Australia/Lord_Howe"), hours=1) == "2026-04-06 09:30"


def test_moment_business_time_58_a_day_of_23_hours() -> None:
    """Around the clock, a day in which the clock goes forward has 23 hours."""
    always = calendar("week: 24x7", "Europe/Berlin")
    assert due("2026-03-28 12:00", always, hours=24) == "2026-03-29 13:00"
    assert due("2026-03-28 12:00", always, days=1) == "2026-03-29 12:00"


def test_erpnext_38745_the_day_is_the_offices_day() -> None:
    """A holiday was looked up by the server's date."""
    kiritimati = calendar(OFFICE + "\nclosed: [2026-01-06]", "Pacific/Kiritimati")  # 14 hours ahead
    assert due("2026-01-05 16:30", kiritimati, hours=1) == "2026-01-07 09:30"


def test_azure_devops_docs_8675_a_time_that_the_clock_leaves_out() -> None:
    """A time of day that did not exist was an error, or another day."""
    always = calendar("week: 24x7", "America/New_York")
    assert due("2026-03-07 02:30", always, days=1) == "2026-03-08 03:00"
