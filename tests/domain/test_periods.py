"""Months: from local midnight to local midnight, as long as they were lived."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, format_instant, parse_instant, to_datetime
from sla_service.domain.periods import Month, days, midnight_ms
from sla_service.domain.windows import Window
from tests.builders import a_window

# Zones with no, with common and with odd rules: half-hour changes (Lord Howe), changes at midnight (São Paulo, Havana,
# Beirut, Asunción), a minute after it (St John's until 2011), offsets of three quarters, and both hemispheres.
ZONES = (
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "America/Asuncion",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
)
months = st.builds(Month, st.integers(2000, 2036), st.integers(1, 12))
zones = st.sampled_from(ZONES)


@pytest.mark.parametrize(
    ("month", "zone", "hours"),
    [
        pytest.param("2023-09", "Asia/Shanghai", 720, id="thirty days without daylight saving"),
        pytest.param("2023-03", "Europe/Berlin", 743, id="31 days, and the clocks go forward"),
        pytest.param("2023-10", "Europe/Berlin", 745, id="31 days, and the clocks go back"),
        pytest.param("2023-03", "UTC", 744, id="31 days in UTC"),
        pytest.param("2023-02", "Europe/Berlin", 672, id="a February"),
        pytest.param("2024-02", "Europe/Berlin", 696, id="a February with a leap day"),
        pytest.param("2023-11", "America/New_York", 721, id="thirty days, and the clocks go back"),
        pytest.param("2018-11", "America/Sao_Paulo", 719, id="thirty days, and a midnight that never was"),
        pytest.param("2018-02", "America/Sao_Paulo", 673, id="a February with an hour before midnight twice"),
        pytest.param("2023-10", "Australia/Lord_Howe", 743.5, id="the clocks go forward by half an hour"),
    ],
)
def test_a_month_has_the_hours_that_were_lived(month, zone, hours):
    assert Month.parse(month).window(zone).duration_ms == hours * HOUR_MS


def test_a_month_starts_and_ends_at_local_midnight():
    window = Month(2023, 9).window("Asia/Shanghai")
    assert format_instant(window.start_ms) == "2023-08-31T16:00:00Z"
    assert format_instant(window.end_ms) == "2023-09-30T16:00:00Z"


@pytest.mark.parametrize(
    ("day", "zone", "begins"),
    [
        pytest.param("2023-09-19", "Asia/Shanghai", "2023-09-19T00:00+08:00", id="a common day"),
        pytest.param("2018-11-04", "America/Sao_Paulo", "2018-11-04T01:00-02:00", id="clocks jump over midnight"),
        pytest.param("2023-11-05", "America/Havana", "2023-11-05T00:00-04:00", id="midnight happens twice"),
        pytest.param("2018-02-18", "America/Sao_Paulo", "2018-02-18T00:00-03:00", id="the hour before it twice"),
    ],
)
def test_a_day_begins(day, zone, begins):
    assert format_instant(midnight_ms(date.fromisoformat(day), zone)) == format_instant(parse_instant(begins))


@pytest.mark.parametrize(
    ("at", "zone", "month"),
    [
        pytest.param("2023-08-31T16:00Z", "Asia/Shanghai", "2023-09", id="the first instant"),
        pytest.param("2023-08-31T15:59:59.999Z", "Asia/Shanghai", "2023-08", id="the last instant before it"),
        pytest.param("2023-08-31T16:00Z", "UTC", "2023-08", id="still the month before in UTC"),
        pytest.param("2023-12-31T23:00Z", "Europe/Berlin", "2024-01", id="the next year already"),
    ],
)
def test_the_month_of_an_instant_is_that_of_the_zone(at, zone, month):
    assert str(Month.at(parse_instant(at), zone)) == month


@pytest.mark.parametrize("text", ["2023-13", "2023-00", "2023-9", "2023/09", "2023-09-01", "1999-12", "2023-09\n", ""])
def test_a_month_is_refused(text):
    with pytest.raises(InvalidValueError, match="write the month as YYYY-MM, such as 2023-09"):
        Month.parse(text)


@given(months)
def test_what_is_written_is_read_back(month):
    assert Month.parse(str(month)) == month


@given(months)
def test_the_month_after_the_month_before_is_the_month(month):
    assert month.previous.next == month == month.next.previous
    assert month.previous < month < month.next
    assert month.next.first_day - timedelta(days=1) >= month.first_day


def test_december_is_followed_by_january():
    assert Month(2023, 12).next == Month(2024, 1)
    assert Month(2024, 1).previous == Month(2023, 12)


@given(months, zones)
def test_months_follow_each_other_without_gap_or_overlap(month, zone):
    window = month.window(zone)
    assert window.end_ms == month.next.window(zone).start_ms
    assert Month.at(window.start_ms, zone) == month
    assert abs(window.duration_ms - 30 * DAY_MS) <= 2 * DAY_MS + HOUR_MS


@given(months, zones)
def test_the_days_of_a_month_sum_to_the_month(month, zone):
    window = month.window(zone)
    found = days(window, zone)
    assert [day for day, _ in found] == [
        month.first_day + timedelta(days=i) for i in range((month.next.first_day - month.first_day).days)
    ]
    edges = [edge for _, part in found for edge in (part.start_ms, part.end_ms)]
    assert edges[0] == window.start_ms
    assert edges[-1] == window.end_ms
    assert edges[1:-1:2] == edges[2:-1:2], "every day begins where the one before it ends"


@given(months, zones, st.integers(0, 40 * 24 * 60), st.integers(1, 5 * 24 * 60))
def test_the_days_of_any_window_are_cut_to_it(month, zone, start_minutes, length_minutes):
    start_ms = month.window(zone).start_ms + start_minutes * MINUTE_MS
    window = Window(start_ms, start_ms + length_minutes * MINUTE_MS)
    parts = [part for _, part in days(window, zone)]
    assert sum(part.duration_ms for part in parts) == window.duration_ms
    assert parts[0].start_ms == window.start_ms
    assert parts[-1].end_ms == window.end_ms


def test_days_of_the_outage():
    window = a_window("2023-09-18T22:00+08:00", "2023-09-20T00:00+08:00")
    assert days(window, "Asia/Shanghai") == [
        (date(2023, 9, 18), a_window("2023-09-18T22:00+08:00", "2023-09-19T00:00+08:00")),
        (date(2023, 9, 19), a_window("2023-09-19T00:00+08:00", "2023-09-20T00:00+08:00")),
    ]


def test_a_day_over_a_change_of_clocks_is_longer_or_shorter():
    lengths = {
        day: part.duration_ms // HOUR_MS
        for month in (Month(2023, 3), Month(2023, 10))
        for day, part in days(month.window("Europe/Berlin"), "Europe/Berlin")
        if part.duration_ms != DAY_MS
    }
    assert lengths == {date(2023, 3, 26): 23, date(2023, 10, 29): 25}


@given(months, zones, st.integers(0, 27))
def test_a_day_begins_on_that_day(month, zone, index):
    day = month.first_day + timedelta(days=index)
    begins = midnight_ms(day, zone)
    assert to_datetime(begins, zone).date() == day
    assert to_datetime(begins - 1, zone).date() == day - timedelta(days=1)


def test_a_day_that_never_was_is_left_out():
    month = Month(2011, 12)
    found = days(month.window("Pacific/Apia"), "Pacific/Apia")
    assert [day.day for day, _ in found] == [*range(1, 30), 31]
