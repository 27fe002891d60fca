"""Windows of local time through changes of the clocks."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.instants import DAY_MS, format_instant, parse_instant
from sla_service.domain.policies import MERCHANT_ZONE
from sla_service.domain.policies.downtime import RecurringRule
from sla_service.domain.policies.local_windows import LocalWindow, NthWeekday, YearDays
from sla_service.domain.recurrence import LAST, recurring_windows, windows_of
from sla_service.domain.windows import Window


def found(rule: RecurringRule, day: str, zone: str = "UTC") -> list[str]:
    """The windows that touch a day, in UTC, as times of day."""
    start = parse_instant(f"{day}T00:00Z")
    windows = recurring_windows(rule, Window(start, start + DAY_MS), zone)
    return [f"{format_instant(one.start_ms)[5:16]}/{format_instant(one.end_ms)[5:16]}" for one in windows]


CHICAGO = "America/Chicago"


@pytest.mark.parametrize(
    ("rule", "day", "windows"),
    [
        pytest.param(
            RecurringRule(120, 300, CHICAGO), "2026-03-07", ["03-07T08:00/03-07T11:00"], id="three hours in winter"
        ),
        pytest.param(
            RecurringRule(120, 300, CHICAGO), "2026-03-08", ["03-08T08:00/03-08T10:00"], id="two on the day they jump"
        ),
        pytest.param(
            RecurringRule(150, 300, CHICAGO), "2026-03-08", ["03-08T08:00/03-08T10:00"], id="from the jump on"
        ),
        pytest.param(RecurringRule(130, 170, CHICAGO), "2026-03-08", [], id="none where the clock skips all of it"),
        pytest.param(RecurringRule(120, 300, CHICAGO), "2026-03-09", ["03-09T07:00/03-09T10:00"], id="three in summer"),
        pytest.param(
            RecurringRule(60, 180, CHICAGO),
            "2026-11-01",
            ["11-01T06:00/11-01T09:00"],
            id="three where an hour comes twice",
        ),
        pytest.param(
            RecurringRule(1380, 60, "UTC"),
            "2026-04-10",
            ["04-09T23:00/04-10T01:00", "04-10T23:00/04-11T01:00"],
            id="over midnight",
        ),
        pytest.param(
            RecurringRule(0, 1440, "UTC", (6,)), "2026-04-12", ["04-12T00:00/04-13T00:00"], id="all of Sunday"
        ),
        pytest.param(RecurringRule(0, 1440, "UTC", (6,)), "2026-04-11", [], id="not on Saturday"),
        pytest.param(
            RecurringRule(90, 150, CHICAGO),
            "2026-11-01",
            ["11-01T06:30/11-01T08:30"],
            id="an hour twice is two",
        ),
        pytest.param(
            RecurringRule(60, 105, CHICAGO),
            "2026-11-01",
            ["11-01T06:00/11-01T06:45"],
            id="within such an hour, the first time it comes",
        ),
    ],
)
def test_a_window_of_local_time(rule, day, windows):
    assert found(rule, day) == windows


def test_a_rule_may_follow_each_merchant_s_clocks():
    rule = RecurringRule(120, 180, MERCHANT_ZONE)
    assert found(rule, "2026-04-10", "Asia/Tokyo") == ["04-10T17:00/04-10T18:00"]


@given(st.integers(0, 1439), st.integers(1, 1440), st.sampled_from([CHICAGO, "Europe/Berlin", "Australia/Lord_Howe"]))
def test_windows_are_in_order_and_apart(start, end, zone):
    within = Window(parse_instant("2026-01-01T00:00Z"), parse_instant("2027-01-01T00:00Z"))
    windows = recurring_windows(RecurringRule(start, end, zone), within, "UTC")
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(windows))
    assert 364 <= len(windows) <= 367


def days_of(rule, year="2026") -> list[str]:
    """The local days of a year on which its windows start."""
    within = Window(parse_instant(f"{year}-01-01T00:00Z"), parse_instant(f"{int(year) + 1}-01-01T00:00Z"))
    found = recurring_windows(rule, within, "UTC")
    return [format_instant(one.start_ms)[5:10] for one in found if format_instant(one.start_ms).startswith(year)]


def on(*days, never=(), start=120, end=300):
    return LocalWindow(start, end, "UTC", days, never)


@pytest.mark.parametrize(
    ("nth", "weekday"), [(nth, weekday) for nth in (1, 2, 3, 4, LAST) for weekday in range(7)], ids=str
)
def test_the_nth_day_of_the_week_is_counted_within_its_month(nth, weekday):
    expected = []
    for month in range(1, 13):
        days = [date(2026, month, day) for day in range(1, monthrange(2026, month)[1] + 1)]
        matching = [day for day in days if day.weekday() == weekday]
        expected.append(matching[nth if nth == LAST else nth - 1].isoformat()[5:])
    assert days_of(on(NthWeekday(nth, weekday))) == expected


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_starts():
    # The last Saturday of January 2026 is the 31st: its window ends in February.
    rule = on(NthWeekday(LAST, 5), start=22 * 60, end=2 * 60)
    assert found(rule, "2026-02-01") == ["01-31T22:00/02-01T02:00"]
    assert found(rule, "2026-02-07") == []


def test_days_and_single_days_of_a_month_go_together():
    assert days_of(on(NthWeekday(1, 3), 3))[:2] == ["01-01", "01-08"]
    assert days_of(on(NthWeekday(1, 3), NthWeekday(LAST, 3)))[:3] == ["01-01", "01-29", "02-05"]


@pytest.mark.parametrize(
    ("never", "kept"),
    [
        pytest.param(YearDays(11, 15, 12, 31), 365 - 47, id="both ends are included"),
        pytest.param(YearDays(12, 20, 1, 6), 365 - 18, id="over the new year"),
        pytest.param(YearDays(5, 1, 5, 1), 364, id="a single day"),
        pytest.param(YearDays(2, 29, 2, 29), 365, id="a day that the year does not have"),
    ],
)
def test_no_window_starts_on_days_of_the_year_that_are_left_out(never, kept):
    found = days_of(on(never=(never,)))
    assert len(found) == kept
    assert f"{never.first_month:02d}-{never.first_day:02d}" not in found
    assert f"{never.last_month:02d}-{never.last_day:02d}" not in found


def test_a_window_that_began_before_the_days_left_out_runs_to_its_end():
    rule = on(never=(YearDays(11, 15, 12, 31),), start=22 * 60, end=2 * 60)
    assert found(rule, "2026-11-15") == ["11-14T22:00/11-15T02:00"]


def test_windows_of_several_rules_become_one_where_they_meet():
    day = Window(parse_instant("2026-04-12T00:00Z"), parse_instant("2026-04-13T00:00Z"))
    windows = windows_of([on(start=180, end=300), on(start=120, end=200), on(start=300, end=360)], day, "UTC")
    assert [format_instant(one.start_ms)[11:16] for one in windows] == ["02:00"]
    assert [format_instant(one.end_ms)[11:16] for one in windows] == ["06:00"]
