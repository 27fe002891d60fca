"""Slots of the clock follow each other without a gap, also where clocks change."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.accounting.pieces import whole_slots
from sla_service.domain.clock_slots import begun_in, slot_at
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, parse_instant
from sla_service.domain.periods import days, midnight_ms
from sla_service.domain.windows import Window

ZONES = (
    "UTC",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "America/Havana",
    "Atlantic/Azores",
)
LENGTHS = tuple(minutes * MINUTE_MS for minutes in (1, 5, 7, 30, 40, 60, 120, 240, 420, 1440))


def a_year(zone: str) -> Window:
    return Window(midnight_ms(date(2023, 1, 1), zone), midnight_ms(date(2024, 1, 1), zone))


@pytest.mark.parametrize("zone", ZONES)
def test_slots_of_a_day_are_the_local_days(zone):
    year = a_year(zone)
    expected = [window for _, window in days(year, zone)]
    assert [slot_at(window.start_ms, DAY_MS, zone) for window in expected] == expected
    assert [slot_at(window.end_ms - 1, DAY_MS, zone) for window in expected] == expected
    assert begun_in(year, DAY_MS, zone) == len(expected)


@given(st.sampled_from(ZONES), st.sampled_from(LENGTHS), st.integers(0, 365 * DAY_MS - 1), st.integers(0, 1_000_000))
def test_every_instant_has_one_slot_and_the_next_begins_where_it_ends(zone, length, after, within):
    slot = slot_at(a_year(zone).start_ms + after, length, zone)
    assert slot_at(slot.start_ms + within % slot.duration_ms, length, zone) == slot
    following = slot_at(slot.end_ms, length, zone)
    assert following.start_ms == slot.end_ms
    assert slot_at(slot.start_ms - 1, length, zone).end_ms == slot.start_ms
    assert begun_in(slot, length, zone) == 1
    assert begun_in(Window(slot.start_ms, following.end_ms + 1), length, zone) == 3
    assert begun_in(Window(slot.start_ms + 1, slot.end_ms + 1), length, zone) == 1


@given(st.sampled_from(ZONES), st.sampled_from(LENGTHS), st.integers(0, 300 * DAY_MS), st.integers(1, 3 * DAY_MS))
def test_whole_slots_begin_and_end_with_slots(zone, length, after, time_ms):
    start = a_year(zone).start_ms + after
    first, last = whole_slots(start, start + time_ms, length, zone)
    assert slot_at(first, length, zone).start_ms == first
    assert slot_at(last, length, zone).start_ms == last
    assert first - start < 2 * length
    assert first >= start
    assert last <= start + time_ms


@pytest.mark.parametrize(
    ("zone", "at", "length_ms", "start", "end"),
    [
        ("UTC", "2023-09-10T10:07Z", 5 * MINUTE_MS, "2023-09-10T10:05Z", "2023-09-10T10:10Z"),
        ("Asia/Kolkata", "2023-09-10T10:07Z", HOUR_MS, "2023-09-10T09:30Z", "2023-09-10T10:30Z"),
        ("Europe/Berlin", "2023-10-29T00:30Z", HOUR_MS, "2023-10-29T00:00Z", "2023-10-29T01:00Z"),
        ("Europe/Berlin", "2023-10-29T01:30Z", HOUR_MS, "2023-10-29T01:00Z", "2023-10-29T02:00Z"),
        ("Europe/Berlin", "2023-10-29T12:00Z", DAY_MS, "2023-10-28T22:00Z", "2023-10-29T23:00Z"),
        ("Europe/Berlin", "2023-03-26T12:00Z", DAY_MS, "2023-03-25T23:00Z", "2023-03-26T22:00Z"),
        ("Europe/Berlin", "2023-03-26T01:30Z", 4 * HOUR_MS, "2023-03-25T23:00Z", "2023-03-26T02:00Z"),
    ],
    ids=[
        "five minutes",
        "an hour of a zone half an hour away",
        "the hour that comes twice, first",
        "the hour that comes twice, again",
        "a day of 25 hours",
        "a day of 23 hours",
        "four hours of which one is left out",
    ],
)
def test_a_slot_is_where_the_clock_has_it(zone, at, length_ms, start, end):
    assert slot_at(parse_instant(at), length_ms, zone) == Window(parse_instant(start), parse_instant(end))
