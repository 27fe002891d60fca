"""Allowances: when they are granted anew, several at once, one for several rules, and those of recurring windows."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.accounting import Piece, account
from sla_service.domain.accounting.detail import needs_detail
from sla_service.domain.accounting.grants import NO_DAY, Grants
from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.instants import HOUR_MS, MINUTE_MS, format_instant, parse_instant
from sla_service.domain.periods import Month
from sla_service.domain.policies.cycles import BillingMonth, CalendarMonths, RollingDays, Week
from sla_service.domain.policies.downtime import (
    Allowance,
    AllowancePer,
    ExclusionEffect,
    ExclusionRule,
    RecurringRule,
)
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from tests.builders import a_policy
from tests.oracle import excluded_slowly

UTC_SEPTEMBER = Month(2023, 9).window("UTC")


def upkeep(*allowances: Allowance, effect=ExclusionEffect.NOT_DOWN, kind=ExclusionKind.MAINTENANCE) -> ExclusionRule:
    return ExclusionRule(kind, effect=effect, allowance=allowances[0], further=allowances[1:])


def hours(count: int, per=AllowancePer.MONTH, shared="") -> Allowance:
    return Allowance(count * HOUR_MS, per, shared)


def down(start: str, end: str, *, rule: int = 0, ppm: int = SHARE_FULL_PPM) -> Piece:
    """A piece between two instants of UTC, ``09-12T02``."""
    start_ms, end_ms = (parse_instant(f"2023-{text}:00Z") for text in (start, end))
    return Piece(start_ms, end_ms, ppm, 0 if ppm else -1, rule)


def found(policy, *pieces, period=UTC_SEPTEMBER, starts_on=NO_DAY):
    return account(policy, pieces, period=period, active=period, zone="UTC", starts_on=starts_on)


def bad_hours(policy, *pieces, **more):
    return found(policy, *pieces, **more).measurement.bad_ms / HOUR_MS


def grant_of(day: str, per: AllowancePer, period, starts_on=NO_DAY) -> tuple[str, str]:
    at_ms = parse_instant(f"{day}T12:00Z")
    grants = Grants(a_policy(period=period), "UTC", Window(at_ms, at_ms + 1), starts_on)
    window = grants.around(at_ms, per)
    return format_instant(window.start_ms)[:10], format_instant(window.end_ms)[:10]


MONTH, QUARTER, YEAR = AllowancePer.MONTH, AllowancePer.QUARTER, AllowancePer.YEAR


@pytest.mark.parametrize(
    ("day", "per", "period", "stretch"),
    [
        ("2024-03-10", MONTH, CalendarMonths(3, 2), ("2024-03-01", "2024-04-01")),
        ("2024-03-10", QUARTER, CalendarMonths(), ("2024-01-01", "2024-04-01")),
        ("2024-03-10", QUARTER, CalendarMonths(3, 2), ("2024-02-01", "2024-05-01")),
        ("2024-01-10", QUARTER, CalendarMonths(3, 2), ("2023-11-01", "2024-02-01")),
        ("2024-01-10", YEAR, CalendarMonths(3, 2), ("2023-02-01", "2024-02-01")),
        ("2024-02-01", YEAR, CalendarMonths(12, 2), ("2024-02-01", "2025-02-01")),
        ("2024-03-10", YEAR, Week(), ("2024-01-01", "2025-01-01")),
        ("2024-03-10", AllowancePer.WEEK, CalendarMonths(), ("2024-03-04", "2024-03-11")),
        ("2024-03-10", AllowancePer.WEEK, Week(6), ("2024-03-10", "2024-03-17")),
    ],
    ids=str,
)
def test_an_allowance_follows_the_policy_s_own_year_and_week(day, per, period, stretch):
    assert grant_of(day, per, period) == stretch


@pytest.mark.parametrize(
    ("day", "starts_on", "stretch"),
    [
        pytest.param("2024-03-14", date(2022, 3, 15), ("2023-03-15", "2024-03-15"), id="the day before"),
        pytest.param("2024-03-15", date(2022, 3, 15), ("2024-03-15", "2025-03-15"), id="the anniversary"),
        pytest.param("2023-02-27", date(2020, 2, 29), ("2022-02-28", "2023-02-28"), id="of 29 February"),
        pytest.param("2024-02-28", date(2020, 2, 29), ("2023-02-28", "2024-02-29"), id="which comes every four years"),
        pytest.param("2024-03-14", NO_DAY, ("2024-01-01", "2025-01-01"), id="the calendar's where it is not known"),
    ],
)
def test_a_contract_s_years_are_counted_from_its_first_day(day, starts_on, stretch):
    assert grant_of(day, AllowancePer.CONTRACT_YEAR, CalendarMonths(), starts_on) == stretch


def test_an_anniversary_within_a_month_grants_the_allowance_anew():
    policy = a_policy(exclude=(upkeep(hours(2, AllowancePer.CONTRACT_YEAR)),))
    pieces = [down("09-10T00", "09-10T03"), down("09-20T00", "09-20T03")]
    assert bad_hours(policy, *pieces, starts_on=date(2022, 9, 15)) == 2
    assert bad_hours(policy, *pieces, starts_on=date(2022, 9, 1)) == 4


@pytest.mark.parametrize(
    ("limits", "pieces", "counted"),
    [
        pytest.param([hours(6), hours(12, QUARTER)], [("09-01T00", "09-01T08")], 2, id="the month's is the smaller"),
        pytest.param(
            [hours(6), hours(12, QUARTER)],
            [("07-01T00", "07-01T06"), ("08-01T00", "08-01T04"), ("09-01T00", "09-01T05")],
            3,
            id="the quarter's has two hours left",
        ),
        pytest.param(
            [hours(6), hours(12, QUARTER)],
            [("07-01T00", "07-01T20"), ("09-01T00", "09-01T05")],
            0,
            id="what the month did not allow uses up nothing of the quarter",
        ),
        pytest.param(
            [hours(2, AllowancePer.PERIOD), hours(5, QUARTER)],
            [("07-01T00", "07-01T09"), ("08-01T00", "08-01T09"), ("09-01T00", "09-01T09")],
            8,
            id="each period before had an allowance of its own",
        ),
        pytest.param([hours(6), hours(12, QUARTER)], [("08-31T20", "09-01T10")], 4, id="over the edge of a month"),
    ],
)
def test_what_is_left_out_fits_in_every_allowance(limits, pieces, counted):
    assert bad_hours(a_policy(exclude=(upkeep(*limits),)), *(down(*piece) for piece in pieces)) == counted


def test_rules_that_share_an_allowance_use_it_up_together():
    rules = [upkeep(hours(3, shared="all"), kind=kind) for kind in (ExclusionKind.MAINTENANCE, ExclusionKind.OTHER)]
    pieces = [down("09-01T00", "09-01T02"), down("09-02T00", "09-02T02", rule=1), down("09-03T00", "09-03T02")]
    assert bad_hours(a_policy(exclude=tuple(rules)), *pieces) == 3
    own = [upkeep(hours(3), kind=rule.kind) for rule in rules]
    assert bad_hours(a_policy(exclude=tuple(own)), *pieces) == 1


def test_a_rule_may_have_a_limit_of_its_own_within_a_shared_one():
    rules = (upkeep(hours(3, shared="all")), upkeep(hours(1), hours(3, shared="all"), kind=ExclusionKind.OTHER))
    pieces = [down("09-01T00", "09-01T02", rule=1), down("09-02T00", "09-02T03")]
    # An hour of the first two, then two of the three that are left together.
    assert bad_hours(a_policy(exclude=rules), *pieces) == 2


def nightly(effect) -> RecurringRule:
    return RecurringRule(120, 300, "UTC", effect=effect, allowance=hours(1))


@pytest.mark.parametrize(
    ("effect", "bad", "total"),
    [
        pytest.param(ExclusionEffect.NOT_DOWN, 1, 720, id="the second hour counts"),
        pytest.param(ExclusionEffect.NOT_MEASURED, 1, 719, id="only the hour that was down leaves the period"),
        pytest.param(ExclusionEffect.ADDED_BACK, 1, 720, id="only the hour that was down is added back"),
        pytest.param(ExclusionEffect.NOT_CREDITED, 2, 720, id="both count, one is paid"),
    ],
)
def test_nights_in_which_nothing_was_down_do_not_use_up_the_allowance_of_a_window(effect, bad, total):
    policy = a_policy(exclude=(nightly(effect),))
    pieces = [down("09-01T02", "09-01T05", ppm=0), down("09-02T02", "09-02T04"), down("09-02T04", "09-02T05", ppm=0)]
    measurement = found(policy, *pieces).measurement
    assert (measurement.bad_ms / HOUR_MS, measurement.total_ms / HOUR_MS) == (bad, total)
    assert measurement.creditable_ms / HOUR_MS == 1


def test_policies_with_allowances_are_accounted_for_in_detail():
    assert needs_detail(a_policy(exclude=(nightly(ExclusionEffect.NOT_DOWN),)))
    assert not needs_detail(a_policy(exclude=(RecurringRule(120, 300, "UTC"),)))


@pytest.mark.parametrize(
    ("limits", "first"),
    [
        pytest.param([hours(1, AllowancePer.PERIOD)], "2023-09-01", id="a period's alone"),
        pytest.param([hours(1), hours(9, YEAR)], "2023-01-01", id="the longest"),
        pytest.param([hours(1, AllowancePer.CONTRACT_YEAR)], "2022-09-01", id="the year of any contract"),
        pytest.param([hours(1, AllowancePer.WEEK)], "2023-08-28", id="a week that began in August"),
        pytest.param([hours(1, AllowancePer.WEEK), hours(4)], "2023-08-01", id="and August's own allowance"),
    ],
)
def test_evidence_is_read_from_where_the_allowances_may_have_been_used_up(limits, first):
    policy = a_policy(exclude=(upkeep(*limits),))
    grants = Grants(policy, "UTC", UTC_SEPTEMBER, date(2021, 11, 5))
    assert format_instant(grants.first_ms(UTC_SEPTEMBER))[:10] == first


@pytest.mark.parametrize("period", [CalendarMonths(), BillingMonth(17), Week(2), RollingDays(30)], ids=str)
@given(st.integers(parse_instant("2023-07-01T00:00Z"), parse_instant("2023-11-01T00:00Z")))
def test_a_stretch_holds_its_instant_and_ends_where_the_next_begins(period, at_ms):
    grants = Grants(a_policy(period=period), "UTC", UTC_SEPTEMBER, date(2020, 2, 29))
    for per in AllowancePer:
        window = grants.around(at_ms, per)
        assert window.start_ms <= at_ms < window.end_ms
        assert grants.around(window.start_ms, per) == window
        if per is not AllowancePer.PERIOD:
            assert grants.around(window.end_ms, per).start_ms == window.end_ms


CALENDAR = [per for per in AllowancePer if per is not AllowancePer.PERIOD]

allowances = st.lists(
    st.builds(
        Allowance,
        st.integers(1, 40).map(lambda n: n * 10 * MINUTE_MS),
        st.sampled_from([*CALENDAR]),
    ),
    max_size=3,
    unique_by=lambda one: one.per,
)


@given(
    st.lists(st.tuples(allowances, st.booleans()), min_size=1, max_size=2),
    st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 200), st.booleans()), max_size=12),
)
def test_minute_by_minute_the_same_is_left_out(limits, gaps):
    shared = Allowance(3 * HOUR_MS, MONTH, "all")
    rules = []
    for (own, shares), kind in zip(limits, ExclusionKind, strict=False):
        every = [*own, shared] if shares else own
        first, further = (every[0], tuple(every[1:])) if every else (None, ())
        rules.append(ExclusionRule(kind, allowance=first, further=further))
    pieces, at_ms = [], parse_instant("2023-07-01T00:00Z")
    for gap, length, second in gaps:
        at_ms += gap * 10 * MINUTE_MS
        rule = int(second) if len(rules) > 1 else 0
        pieces.append(Piece(at_ms, at_ms + length * 10 * MINUTE_MS, SHARE_FULL_PPM, 0, rule))
        at_ms += length * 10 * MINUTE_MS
    policy = a_policy(period=CalendarMonths(3, 2), exclude=tuple(rules))
    excluded_ms = excluded_slowly(policy, pieces, UTC_SEPTEMBER, step_ms=10 * MINUTE_MS, first=date(2021, 9, 12))
    assert found(policy, *pieces, starts_on=date(2021, 9, 12)).excluded_ppm_ms == excluded_ms * SHARE_FULL_PPM
