"""Until when a credit can be claimed: calendar days, business days, months, from whichever instant."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from sla_service.domain.claims import claim_days
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import parse_instant
from sla_service.domain.measurement import Outage
from sla_service.domain.periods import Month
from sla_service.domain.policies.payment import Claim, ClaimFrom, ClaimUnit, DayOfYear
from sla_service.usecases.business_days import business_days

APRIL = Month(2026, 4).window("UTC")
DOWN = (
    Outage(parse_instant("2026-04-03T00:00Z"), parse_instant("2026-04-03T01:00Z"), Fraction(1)),
    Outage(parse_instant("2026-04-29T22:00Z"), parse_instant("2026-04-30T02:00Z"), Fraction(1)),
)


@pytest.mark.parametrize(
    ("claim", "country", "last"),
    [
        pytest.param(Claim(30), "", "2026-05-30", id="thirty days after the last day of the period"),
        pytest.param(Claim(2, ClaimUnit.MONTHS), "", "2026-06-30", id="two months after it"),
        pytest.param(Claim(30, since=ClaimFrom.INCIDENT_START), "", "2026-05-29", id="after the last outage began"),
        pytest.param(Claim(30, since=ClaimFrom.INCIDENT_END), "", "2026-05-30", id="after the last outage ended"),
        pytest.param(Claim(5, ClaimUnit.BUSINESS_DAYS), "", "2026-05-07", id="five business days, weekends apart"),
        pytest.param(
            Claim(5, ClaimUnit.BUSINESS_DAYS),
            "CN",
            "2026-05-11",
            id="five business days around the first of May in China",
        ),
        pytest.param(Claim(5, ClaimUnit.BUSINESS_DAYS), "DE", "2026-05-08", id="and in Germany"),
        pytest.param(Claim(30, since=ClaimFrom.AWARENESS), "", "2026-06-09", id="after the customer became aware"),
    ],
)
def test_the_last_day_for_a_claim(claim, country, last):
    found = claim_days(
        claim,
        DOWN,
        APRIL,
        "UTC",
        aware_at_ms=parse_instant("2026-05-10T12:00Z"),
        is_business_day=business_days(country),
    )
    assert found.last == date.fromisoformat(last)


def test_months_after_a_period_s_end_end_with_a_month():
    february = Month(2026, 2).window("UTC")
    found = claim_days(Claim(2, ClaimUnit.MONTHS), DOWN, february, "UTC", is_business_day=bool)
    assert found.last == date(2026, 4, 30)


def test_a_day_begins_where_the_contract_s_clocks_say():
    found = claim_days(Claim(1, since=ClaimFrom.INCIDENT_END), DOWN, APRIL, "America/Chicago", is_business_day=bool)
    assert found.last == date(2026, 4, 30), "02:00 in UTC is the evening before in Chicago"


def test_a_claim_may_have_an_earliest_day():
    found = claim_days(Claim(30, not_before_days=5), DOWN, APRIL, "UTC", is_business_day=bool)
    assert date(2026, 5, 4) not in found
    assert date(2026, 5, 5) in found
    assert date(2026, 5, 30) in found
    assert date(2026, 5, 31) not in found


def test_without_an_outage_the_period_s_end_counts():
    found = claim_days(Claim(1, since=ClaimFrom.INCIDENT_END), (), APRIL, "UTC", is_business_day=bool)
    assert found.last == date(2026, 5, 1)


BUSINESS = ClaimUnit.BUSINESS_DAYS


@pytest.mark.parametrize(
    ("claim", "first"),
    [
        pytest.param(Claim(60, not_before_days=5), "2026-05-05", id="the fifth day"),
        pytest.param(Claim(60, not_before_days=5, not_before_unit=BUSINESS), "2026-05-07", id="the fifth business day"),
        pytest.param(
            Claim(60, not_before_days=5, not_before_unit=BUSINESS, holidays="CN"),
            "2026-05-11",
            id="after Labour Day's week, with the Saturday that makes up for it",
        ),
        pytest.param(
            Claim(60, not_before_days=5, not_before_unit=BUSINESS, closed=(DayOfYear(5, 7), DayOfYear(5, 8))),
            "2026-05-11",
            id="without two closed days and a weekend",
        ),
        pytest.param(
            Claim(10, since=ClaimFrom.AWARENESS, not_before_since=ClaimFrom.PERIOD_END),
            "2026-04-30",
            id="the day of the period's end itself, though the deadline counts from another",
        ),
        pytest.param(
            Claim(10, not_before_days=1, not_before_since=ClaimFrom.INCIDENT_START),
            "2026-04-30",
            id="the day after the last outage began",
        ),
    ],
)
def test_the_first_day_for_a_claim(claim, first):
    aware = parse_instant("2026-04-25T12:00Z")
    open_days = business_days(claim.holidays)
    found = claim_days(claim, DOWN, APRIL, "UTC", aware_at_ms=aware, is_business_day=open_days)
    assert found.first == date.fromisoformat(first)


def test_closed_days_are_no_business_days_in_any_year():
    claim = Claim(1, BUSINESS, closed=(DayOfYear(12, 24), DayOfYear(12, 31)), holidays="DE")
    for year, last in ((2026, "2027-01-04"), (2029, "2030-01-02")):
        december = Month(year, 12).window("UTC")
        aware = claim_days(
            Claim(1, BUSINESS, ClaimFrom.AWARENESS, closed=claim.closed, holidays="DE"),
            DOWN,
            december,
            "UTC",
            aware_at_ms=parse_instant(f"{year}-12-30T12:00Z"),
            is_business_day=business_days("DE"),
        )
        assert aware.last == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        pytest.param(ClaimFrom.PERIOD_END, "2026-05-04T00:00:00Z", id="the period's end"),
        pytest.param(ClaimFrom.INCIDENT_START, "2026-05-02T22:00:00Z", id="the start of the last outage"),
        pytest.param(ClaimFrom.INCIDENT_END, "2026-05-03T02:00:00Z", id="its end"),
        pytest.param(ClaimFrom.AWARENESS, "2026-05-13T12:00:00.001Z", id="awareness, to the millisecond"),
    ],
)
def test_hours_run_from_the_instant_itself(since, until):
    aware = parse_instant("2026-05-10T12:00:00.001Z")
    found = claim_days(Claim(72, ClaimUnit.HOURS, since), DOWN, APRIL, "UTC", aware_at_ms=aware, is_business_day=bool)
    assert found.until == until
    last_ms = parse_instant(until)
    assert found.has(last_ms, "UTC")
    assert not found.has(last_ms + 1, "UTC"), "on the same day, and late"


def test_a_deadline_in_days_ends_with_its_day():
    found = claim_days(Claim(30), DOWN, APRIL, "Asia/Shanghai", is_business_day=bool)
    assert found.until == "2026-05-31", "in Shanghai the period ends on 1 May"
    assert found.has(parse_instant("2026-05-31T15:59:59Z"), "Asia/Shanghai")
    assert not found.has(parse_instant("2026-05-31T16:00:00Z"), "Asia/Shanghai")


def test_a_part_of_a_country_has_holidays_of_its_own():
    all_saints = date(2023, 11, 1)
    assert business_days("DE")(all_saints)
    assert not business_days("DE-BY")(all_saints)
    assert business_days("DE-BE")(all_saints)


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        ("XX", "this country are not known; leave `holidays` out"),
        ("XX-BY", "this country are not known"),
        ("DE-XX", "write one of: DE-BB, DE-BE, DE-BW, DE-BY"),
        ("CN-BJ", "write `CN`"),
    ],
)
def test_a_place_that_the_calendar_does_not_know_is_refused(place, hint):
    with pytest.raises(InvalidValueError) as refused:
        business_days(place)
    (problem,) = refused.value.problems
    assert (problem.rule, problem.path, problem.value) == ("country_unknown", "claim.holidays", place)
    assert hint in problem.message
