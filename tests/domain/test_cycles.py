"""Periods of every kind: which of them are due with a month, and where they begin and end."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.cycles import months_in, period_around, period_of, periods_ending_in
from sla_service.domain.instants import DAY_MS, format_instant
from sla_service.domain.periods import Month
from sla_service.domain.policies.cycles import (
    BillingMonth,
    CalendarMonths,
    EachDay,
    EachHour,
    EachIncident,
    RollingDays,
    Week,
)
from sla_service.domain.windows import Window


def days(window: Window) -> str:
    return f"{format_instant(window.start_ms)[:10]}/{format_instant(window.end_ms)[:10]}"


@pytest.mark.parametrize(
    ("period", "month", "due"),
    [
        pytest.param(CalendarMonths(), "2026-04", ["2026-04-01/2026-05-01"], id="a calendar month"),
        pytest.param(
            CalendarMonths(3), "2026-03", ["2026-01-01/2026-04-01"], id="a calendar quarter in its last month"
        ),
        pytest.param(CalendarMonths(3), "2026-02", [], id="a calendar quarter is not due before"),
        pytest.param(CalendarMonths(3, 2), "2026-04", ["2026-02-01/2026-05-01"], id="a fiscal quarter from February"),
        pytest.param(CalendarMonths(3, 2), "2026-01", ["2025-11-01/2026-02-01"], id="a fiscal quarter over New Year"),
        pytest.param(CalendarMonths(6), "2026-06", ["2026-01-01/2026-07-01"], id="half a year"),
        pytest.param(CalendarMonths(12, 4), "2026-03", ["2025-04-01/2026-04-01"], id="a fiscal year from April"),
        pytest.param(BillingMonth(15), "2026-02", ["2026-01-15/2026-02-15"], id="a billing month from the 15th"),
        pytest.param(BillingMonth(1), "2026-04", ["2026-04-01/2026-05-01"], id="a billing month from the 1st"),
        pytest.param(
            BillingMonth(31), "2026-02", ["2026-01-31/2026-02-28"], id="a billing month from a day that is not"
        ),
        pytest.param(
            Week(),
            "2026-04",
            ["2026-03-30/2026-04-06", "2026-04-06/2026-04-13", "2026-04-13/2026-04-20", "2026-04-20/2026-04-27"],
            id="weeks from Monday",
        ),
        pytest.param(
            Week(4),
            "2026-04",
            [
                "2026-03-27/2026-04-03",
                "2026-04-03/2026-04-10",
                "2026-04-10/2026-04-17",
                "2026-04-17/2026-04-24",
                "2026-04-24/2026-05-01",
            ],
            id="weeks from Friday, the last of which ends with the month",
        ),
        pytest.param(RollingDays(30), "2026-03", ["2026-03-02/2026-04-01"], id="thirty days up to the month's end"),
        pytest.param(EachHour(), "2026-04", ["2026-04-01/2026-05-01"], id="hours are parts of the month"),
        pytest.param(EachDay(), "2026-04", ["2026-04-01/2026-05-01"], id="and so are days"),
        pytest.param(EachIncident(), "2026-04", ["2026-04-01/2026-05-01"], id="and incidents"),
    ],
)
def test_periods_that_are_due_with_a_month(period, month, due):
    assert [days(window) for window in periods_ending_in(period, Month.parse(month), "UTC")] == due


@given(
    st.sampled_from(
        [
            CalendarMonths(),
            *(CalendarMonths(3, first) for first in (1, 2, 3)),
            CalendarMonths(12, 7),
            *(BillingMonth(day) for day in (1, 2, 15, 28, 30, 31)),
            *(Week(day) for day in range(7)),
        ]
    ),
    st.integers(2001, 2098),
)
def test_periods_follow_each_other_without_gap_or_overlap(period, year):
    months = [Month(year + (n - 1) // 12, (n - 1) % 12 + 1) for n in range(1, 26)]
    windows = [window for month in months for window in periods_ending_in(period, month, "America/New_York")]
    assert windows
    assert all(one.end_ms == two.start_ms for one, two in pairwise(windows))


def test_a_quarter_has_the_hours_that_its_clocks_had():
    (quarter,) = periods_ending_in(CalendarMonths(3), Month(2026, 3), "America/Chicago")
    assert quarter.duration_ms == 90 * DAY_MS - 3_600_000


@pytest.mark.parametrize(
    ("period", "running"),
    [
        pytest.param(CalendarMonths(3), "2026-04-01/2026-07-01", id="the quarter"),
        pytest.param(BillingMonth(15), "2026-04-15/2026-05-15", id="the billing month"),
        pytest.param(Week(), "2026-04-27/2026-05-04", id="the week"),
        pytest.param(CalendarMonths(12), "2026-01-01/2027-01-01", id="the year"),
        pytest.param(RollingDays(30), "2026-04-01/2026-05-01", id="the last days"),
    ],
)
def test_the_period_that_is_running_at_a_month_s_end(period, running):
    assert days(period_around(period, Month(2026, 4), "UTC")) == running


@pytest.mark.parametrize(
    ("period", "first_day", "found"),
    [
        pytest.param(Week(), date(2026, 4, 6), "2026-04-06/2026-04-13", id="a week"),
        pytest.param(BillingMonth(15), date(2026, 1, 15), "2026-01-15/2026-02-15", id="a billing month"),
        pytest.param(CalendarMonths(3), date(2026, 6, 1), "2026-04-01/2026-07-01", id="a quarter by its last month"),
    ],
)
def test_the_period_of_an_example(period, first_day, found):
    assert days(period_of(period, first_day, "UTC")) == found


@pytest.mark.parametrize(
    ("period", "fees"),
    [
        (CalendarMonths(), 1),
        (CalendarMonths(3), 3),
        (CalendarMonths(12), 12),
        (Week(), Fraction(84, 365)),
        (EachDay(), 1),
    ],
)
def test_monthly_fees_in_a_period(period, fees):
    assert months_in(period) == fees
