"""Windows of local time through changes of the clocks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.instants import DAY_MS, format_instant, parse_instant
from sla_service.domain.policies import MERCHANT_ZONE
from sla_service.domain.policies.downtime import RecurringRule
from sla_service.domain.recurrence import recurring_windows
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
