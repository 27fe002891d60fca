"""Which outages a deadline is counted from, and what of an outage lies beyond the period."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sla_service.domain.accounting import Piece, account
from sla_service.domain.accounting.detail import reach
from sla_service.domain.assessment import Facts, assess
from sla_service.domain.claims import claim_days
from sla_service.domain.credited_outages import credited_outages
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, parse_instant
from sla_service.domain.measurement import Measurement, Outage, Part
from sla_service.domain.periods import Month
from sla_service.domain.policies.credits import Blocks, Flat, Gate, HitBy, Hits, Per, Span, Stack, Stacking, Table
from sla_service.domain.policies.cycles import CalendarMonths, EachDay, EachHour, EachIncident
from sla_service.domain.policies.downtime import RoundOutage, TimeRounding
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.policies.payment import Claim, ClaimFrom
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from tests.builders import a_policy, a_tier, money, share

SEPTEMBER, OCTOBER = (Month(2023, month).window("UTC") for month in (9, 10))
HOURLY = Blocks(HOUR_MS, share("1"), per=Per.OUTAGE)


def run(start: str, end: str) -> Piece:
    return Piece(parse_instant(start), parse_instant(end), SHARE_FULL_PPM, 0)


def measured(policy, *pieces: Piece, period: Window = OCTOBER, life: Window | None = None) -> Measurement:
    found = account(policy, pieces, period=period, active=period, zone="UTC", life=life)
    assert found.measurement is not None
    return found.measurement


def minutes_credited(policy, measurement: Measurement) -> list[Fraction]:
    found = credited_outages(policy, measurement, "USD", "UTC")
    return [outage.whole.bad_ms / MINUTE_MS for outage in found]


TWO = (run("2023-10-02T20:00Z", "2023-10-03T02:00Z"), run("2023-10-20T20:00Z", "2023-10-20T20:10Z"))


@pytest.mark.parametrize(
    ("credit", "period", "credited"),
    [
        pytest.param(HOURLY, CalendarMonths(), [360], id="only outages that pay, where each is paid"),
        pytest.param(HOURLY, EachIncident(), [360], id="or assessed by itself"),
        pytest.param(Blocks(HOUR_MS, share("1")), CalendarMonths(), [360, 10], id="all of them, where the sum is paid"),
        pytest.param(Blocks(HOUR_MS, share("1")), EachIncident(), [360], id="the sum of one by itself"),
        pytest.param(
            Stack(Stacking.SUM, (HOURLY, Blocks(HOUR_MS, share("1")))), CalendarMonths(), [360, 10], id="both"
        ),
        pytest.param(Blocks(DAY_MS, share("1"), per=Per.OUTAGE), CalendarMonths(), [360, 10], id="all if none pays"),
        pytest.param(
            Hits(Span.DAY, share("1"), HOUR_MS, hit_by=HitBy.OUTAGE), CalendarMonths(), [360], id="hits by outage"
        ),
    ],
)
def test_the_outages_that_a_credit_is_for(credit, period, credited):
    policy = a_policy(credit=credit, gate=Gate.NONE, period=period)
    assert minutes_credited(policy, measured(policy, *TWO)) == credited


def test_an_outage_of_a_unit_that_kept_its_promise_is_not_credited():
    policy = a_policy(
        credit=Table((a_tier("0", "99.95", "10"),)),
        subject=SubjectKind.UNIT,
        gate=Gate.AT_LEAST,
        target=Fraction(99, 100),
    )
    down, up = (measured(policy, one) for one in (run("2023-10-02T00:00Z", "2023-10-03T02:00Z"), TWO[1]))
    whole = replace(down, outages=down.outages + up.outages, parts=(Part(down, name="a"), Part(up, name="b")))
    assert minutes_credited(policy, whole) == [26 * 60]


OVER_THE_END = run("2023-09-29T20:00Z", "2023-10-01T02:00Z")


@pytest.mark.parametrize("period", [SEPTEMBER, OCTOBER])
@pytest.mark.parametrize(
    ("since", "last"), [(ClaimFrom.INCIDENT_START, "2023-10-04"), (ClaimFrom.INCIDENT_END, "2023-10-06")]
)
def test_a_deadline_is_counted_from_the_outage_s_own_start_or_end(period, since, last):
    claim = Claim(5, since=since)
    policy = a_policy(credit=HOURLY, gate=Gate.NONE, claim=claim)
    outages = credited_outages(policy, measured(policy, OVER_THE_END, period=period), "USD", "UTC")
    assert claim_days(claim, outages, period, "UTC", is_business_day=bool).last.isoformat() == last


def test_an_outage_within_the_period_is_not_said_twice():
    (outage,) = measured(a_policy(), TWO[0]).outages
    assert outage.uncut is None
    assert outage.whole is outage


def test_what_was_down_before_the_contract_is_no_part_of_an_outage():
    (outage,) = measured(a_policy(), OVER_THE_END, life=OCTOBER).outages
    assert outage.uncut is None
    assert not outage.began_before


# Hits by outage over a month's end

HIT_DAYS = Hits(Span.DAY, share("1"), 60 * MINUTE_MS, hit_by=HitBy.OUTAGE)


def credited_in(policy, period: Window, *pieces: Piece) -> str:
    facts = Facts(money("100.00 USD"), period_ms=period.duration_ms)
    return assess(policy, measured(policy, *pieces, period=period), facts).amount.amount


@pytest.mark.parametrize("kind", [CalendarMonths(), EachDay(), EachHour()], ids=["month", "day", "hour"])
@pytest.mark.parametrize(
    ("start", "end", "september"),
    [
        pytest.param("2023-09-30T23:30Z", "2023-10-01T00:50Z", 1, id="neither part is long enough, both are"),
        pytest.param("2023-09-30T23:30Z", "2023-10-01T02:50Z", 1, id="the second part alone is long enough"),
        pytest.param("2023-09-30T22:30Z", "2023-10-01T00:10Z", 1, id="the first part is"),
        pytest.param("2023-09-30T22:30Z", "2023-10-01T01:10Z", 1, id="both are"),
        pytest.param("2023-09-30T23:30Z", "2023-10-01T00:30Z", 0, id="not even the whole is"),
    ],
)
def test_an_outage_over_the_month_s_end_is_paid_once(kind, start, end, september):
    policy = a_policy(credit=replace(HIT_DAYS, pay=share("100")), gate=Gate.NONE, period=kind)
    assert (credited_in(policy, SEPTEMBER, run(start, end)) != "0.00") == bool(september)
    assert credited_in(policy, OCTOBER, run(start, end)) == "0.00"


def test_a_second_before_the_month_s_end_that_rounds_to_nothing_still_begins_an_outage():
    down = (RoundOutage(MINUTE_MS, TimeRounding.DOWN),)
    policy = a_policy(credit=HIT_DAYS, gate=Gate.NONE, quantise=down)
    assert credited_in(policy, SEPTEMBER, run("2023-09-30T23:59:59Z", "2023-10-01T02:00Z")) == "1.00"
    flat = a_policy(credit=Flat(share("1"), Per.OUTAGE), gate=Gate.NONE, quantise=down)
    assert credited_in(flat, SEPTEMBER, run("2023-09-30T23:59:59Z", "2023-10-01T02:00Z")) == "0.00"


def test_a_day_is_paid_once_where_each_outage_is_assessed_by_itself():
    policy = a_policy(credit=HIT_DAYS, gate=Gate.NONE, period=EachIncident())
    pieces = [run(f"2023-10-{day}", f"2023-10-{day[:2]}T{int(day[3:5]) + 2}:00Z") for day in ("10T10:00Z", "10T15:00Z")]
    pieces.append(run("2023-10-11T10:00Z", "2023-10-11T12:00Z"))
    assert credited_in(policy, OCTOBER, *pieces) == "2.00"


@pytest.mark.parametrize(
    ("terms", "before", "after"),
    [
        pytest.param({"credit": HIT_DAYS}, 1, 1, id="a day on both sides"),
        pytest.param({"credit": replace(HIT_DAYS, minimum_ms=3 * DAY_MS)}, 3, 3, id="as long as an outage must be"),
        pytest.param({"claim": Claim(5, since=ClaimFrom.INCIDENT_START)}, 31, 1, id="for its start"),
        pytest.param({"claim": Claim(5, since=ClaimFrom.AWARENESS)}, 31, 1, id="that takes the place of awareness"),
        pytest.param({"claim": Claim(5, since=ClaimFrom.INCIDENT_END)}, 1, 31, id="for its end"),
    ],
)
def test_so_much_is_read_beyond_the_month(terms, before, after):
    found = reach(a_policy(**terms), OCTOBER, OCTOBER.start_ms)
    assert OCTOBER.start_ms - found.start_ms in {before * DAY_MS, before * DAY_MS + 1}
    assert found.end_ms - OCTOBER.end_ms in {after * DAY_MS, after * DAY_MS + 1}


def test_an_outage_that_is_whole_has_no_start_before_itself():
    assert not Outage(0, 1, Fraction(1)).began_before
