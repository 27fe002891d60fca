"""Stages 3 to 6 piece by piece: clocks and slots, grace, allowances, four effects, rounding, part periods."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.accounting import Account, Piece, PieceStatus, account
from sla_service.domain.accounting.detail import needs_detail
from sla_service.domain.assessment import Outcome, assess
from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.instants import HOUR_MS, MINUTE_MS
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Flat, Per
from sla_service.domain.policies.cycles import EachHour, EachIncident, PartPeriod
from sla_service.domain.policies.downtime import (
    Affected,
    Allowance,
    AllowancePer,
    ExclusionEffect,
    ExclusionRule,
    Qualify,
    RoundAvailability,
    RoundOutage,
    RoundTotal,
    RunsMeasured,
    TimeRounding,
    WholeSlots,
)
from sla_service.domain.policies.indicators import BadWhen, Comparison, Slots, UsageFigure
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from tests.builders import SEPTEMBER, a_policy, minutes, money, percent, share

TOTAL = 43_200


def down(start: float, end: float, *, ppm: int = SHARE_FULL_PPM, rule: int = -1) -> Piece:
    """A piece in minutes of the month."""
    window = minutes(start, end)
    return Piece(window.start_ms, window.end_ms, ppm, 0 if ppm else -1, rule)


def accounted(policy: Policy, *pieces: Piece, active: Window = SEPTEMBER, activity: tuple[Window, ...] = ()) -> Account:
    return account(policy, pieces, period=SEPTEMBER, active=active, zone="Asia/Shanghai", activity=activity)


def bad_minutes(policy: Policy, *pieces: Piece, **more) -> Fraction:
    found = accounted(policy, *pieces, **more).measurement
    assert found is not None
    return found.bad_ms / MINUTE_MS


def excluding(effect: ExclusionEffect, **more) -> Policy:
    return a_policy(exclude=(ExclusionRule(ExclusionKind.MAINTENANCE, effect=effect, **more),))


@pytest.mark.parametrize(
    ("qualify", "pieces", "counted"),
    [
        pytest.param(Qualify(10 * MINUTE_MS), [(0, 9.99)], 0, id="below the minimum nothing counts"),
        pytest.param(Qualify(10 * MINUTE_MS), [(0, 10)], 10, id="at the minimum the whole run counts"),
        pytest.param(Qualify(10 * MINUTE_MS, strict=True), [(0, 10)], 0, id="unless it must be longer"),
        pytest.param(Qualify(10 * MINUTE_MS), [(0, 5), (5, 10)], 10, id="neighbours are one run"),
        pytest.param(Qualify(10 * MINUTE_MS), [(0, 5), (6, 11)], 0, id="a minute of service parts them"),
        pytest.param(Qualify(10 * MINUTE_MS), [(-5, 5)], 5, id="a run over the edge qualifies by its whole length"),
        pytest.param(Qualify(grace_ms=3 * MINUTE_MS), [(0, 10), (20, 22)], 7, id="a grace is taken from every run"),
        pytest.param(
            Qualify(10 * MINUTE_MS, grace_ms=3 * MINUTE_MS),
            [(0, 10)],
            7,
            id="the run is held against the minimum whole",
        ),
        pytest.param(
            Qualify(10 * MINUTE_MS, joined_within_ms=2 * MINUTE_MS),
            [(0, 4), (6, 10)],
            8,
            id="near runs are one, from start to end, and the time between is not down",
        ),
        pytest.param(
            Qualify(10 * MINUTE_MS, joined_within_ms=2 * MINUTE_MS),
            [(0, 4), (6.01, 12)],
            0,
            id="a second more is not near",
        ),
        pytest.param(
            Qualify(10 * MINUTE_MS, joined_within_ms=2 * MINUTE_MS),
            [(0, 3), (5, 6), (8, 10)],
            6,
            id="each of three is near the one before",
        ),
        pytest.param(
            Qualify(grace_ms=5 * MINUTE_MS, joined_within_ms=2 * MINUTE_MS),
            [(0, 4), (6, 10), (20, 30)],
            9,
            id="the grace of near runs is one, and runs on between them",
        ),
        pytest.param(
            Qualify(10 * MINUTE_MS, joined_within_ms=2 * MINUTE_MS),
            [(-8, -1), (1, 5)],
            4,
            id="near runs over the edge are one",
        ),
    ],
)
def test_which_runs_count(qualify, pieces, counted):
    assert bad_minutes(a_policy(qualify=qualify), *(down(*piece) for piece in pieces)) == counted


def test_a_run_of_exactly_a_contradictory_minimum_has_no_answer():
    policy = a_policy(qualify=Qualify(MINUTE_MS, exactly_undefined=True))
    assert "exactly the minimum" in accounted(policy, down(0, 1)).measurement.undefined
    assert accounted(policy, down(0, 1.5)).measurement.undefined == ""
    assert accounted(policy, down(-9, -8)).measurement.undefined == "", "it lies outside the period"


@pytest.mark.parametrize(
    ("pieces", "outcome", "credit"),
    [
        pytest.param([(0, 1)], Outcome.MET, 0, id="both readings keep the promise"),
        pytest.param([(0, 1), (100, 700)], Outcome.CREDITED, 74_75, id="both readings fall into one row"),
        pytest.param([(n, n + 1) for n in range(0, 60, 2)], Outcome.UNDEFINED, 0, id="they differ: a person decides"),
    ],
)
def test_two_readings_of_a_contract_matter_where_they_come_to_different_credits(pieces, outcome, credit):
    policy = a_policy(qualify=Qualify(MINUTE_MS, exactly_undefined=True))
    assessed = assess(policy, accounted(policy, *(down(*piece) for piece in pieces)).measurement, money("299.00 USD"))
    assert (assessed.outcome, assessed.amount.minor) == (outcome, credit)


@pytest.mark.parametrize(
    ("affected", "seen", "counted"),
    [
        pytest.param(Affected.ACTIVE, (-15, -14), 10, id="a request within the margin before"),
        pytest.param(Affected.ACTIVE, (-16, -15), 0, id="one that ends where the margin begins"),
        pytest.param(Affected.ACTIVE, (24, 25), 10, id="a request within the margin after"),
        pytest.param(Affected.ACTIVE, (25, 26), 0, id="one that begins where the margin ends"),
        pytest.param(Affected.OWN_ERRORS, (5, 6), 10, id="an error of its own"),
        pytest.param(Affected.OWN_ERRORS, (10, 11), 0, id="an error after the outage, margin or not"),
    ],
)
def test_an_outage_counts_for_those_who_were_there(affected, seen, counted):
    policy = a_policy(qualify=Qualify(affected=affected, activity_ms=15 * MINUTE_MS))
    assert bad_minutes(policy, down(0, 10), activity=(minutes(*seen),)) == counted
    assert bad_minutes(policy, down(0, 10)) == 0


@pytest.mark.parametrize(
    ("effect", "bad", "total", "credited"),
    [
        pytest.param(ExclusionEffect.NOT_DOWN, 10, TOTAL, 10, id="out of the numerator"),
        pytest.param(ExclusionEffect.NOT_MEASURED, 10, TOTAL - 30, 10, id="out of both, its idle time too"),
        pytest.param(ExclusionEffect.ADDED_BACK, 0, TOTAL, 0, id="added back whole: 30 minutes for 30"),
        pytest.param(ExclusionEffect.NOT_CREDITED, 30, TOTAL, 10, id="counted for availability, not for money"),
    ],
)
def test_four_effects_of_an_exclusion(effect, bad, total, credited):
    # Ten minutes down, and half an hour of maintenance in which twenty minutes were.
    pieces = (down(0, 10), down(100, 120, rule=0), down(120, 130, ppm=0, rule=0))
    found = accounted(excluding(effect), *pieces).measurement
    assert (found.bad_ms / MINUTE_MS, found.total_ms / MINUTE_MS) == (bad, total)
    assert found.creditable_ms / MINUTE_MS == credited


AFTER = RunsMeasured.AFTER_EXCLUSIONS


@pytest.mark.parametrize(
    ("qualify", "more", "before", "after"),
    [
        pytest.param(Qualify(5 * MINUTE_MS), {}, 8, 0, id="neither rest of four minutes is five"),
        pytest.param(Qualify(4 * MINUTE_MS), {}, 8, 8, id="each rest is four"),
        pytest.param(Qualify(4 * MINUTE_MS, strict=True), {}, 8, 0, id="and not more than four"),
        pytest.param(Qualify(grace_ms=3 * MINUTE_MS), {}, 5, 2, id="each rest has its own grace"),
        pytest.param(
            Qualify(5 * MINUTE_MS, joined_within_ms=10 * MINUTE_MS),
            {},
            8,
            8,
            id="what is left out may lie between near rests",
        ),
        pytest.param(
            Qualify(5 * MINUTE_MS),
            {"allowance": Allowance(9 * MINUTE_MS)},
            9,
            5,
            id="what goes beyond an allowance is of the rest behind it",
        ),
        pytest.param(
            Qualify(5 * MINUTE_MS), {"effect": ExclusionEffect.NOT_MEASURED}, 8, 0, id="out of the period, too"
        ),
        pytest.param(Qualify(5 * MINUTE_MS), {"effect": ExclusionEffect.NOT_CREDITED}, 18, 18, id="down all the same"),
        pytest.param(Qualify(5 * MINUTE_MS), {"effect": ExclusionEffect.ADDED_BACK}, 8, 8, id="down, and added back"),
    ],
)
def test_an_exclusion_in_the_middle_of_an_outage(qualify, more, before, after):
    pieces = (down(0, 4), down(4, 14, rule=0), down(14, 18))
    policy = replace(excluding(more.pop("effect", ExclusionEffect.NOT_DOWN), **more), qualify=qualify)
    assert needs_detail(replace(policy, qualify=replace(qualify, measured=AFTER)))
    assert bad_minutes(policy, *pieces) == before
    assert bad_minutes(replace(policy, qualify=replace(qualify, measured=AFTER)), *pieces) == after


def test_time_that_is_left_out_is_told_apart_whether_its_outage_was_long_enough_or_not():
    policy = replace(excluding(ExclusionEffect.NOT_MEASURED), qualify=Qualify(30 * MINUTE_MS, measured=AFTER))
    found = accounted(policy, down(0, 4), down(4, 14, rule=0), down(14, 20, ppm=0, rule=0))
    assert found.excluded_ppm_ms == 10 * MINUTE_MS * SHARE_FULL_PPM
    assert found.unmeasured_ms == 16 * MINUTE_MS
    assert [one.status for one in found.judged] == [PieceStatus.TOO_SHORT, PieceStatus.EXCLUDED, PieceStatus.EXCLUDED]


def test_rules_that_part_and_rules_that_do_not_share_one_allowance():
    shared = Allowance(HOUR_MS, shared="upkeep")
    rules = (
        ExclusionRule(ExclusionKind.MAINTENANCE, allowance=shared),
        ExclusionRule(ExclusionKind.OTHER, effect=ExclusionEffect.NOT_CREDITED, allowance=shared),
    )
    policy = a_policy(qualify=Qualify(measured=AFTER), exclude=rules)
    found = accounted(policy, down(0, 50, rule=0), down(100, 150, rule=1)).measurement
    assert found.creditable_ms == 40 * MINUTE_MS, "of a hundred minutes one hour is left out"


def test_slots_of_near_runs_are_whole_by_themselves():
    policy = a_policy(
        indicator=Slots(MINUTE_MS, (BadWhen(UsageFigure.ERROR_RATE, Comparison.ABOVE, percent("0")),)),
        qualify=Qualify(3 * MINUTE_MS, joined_within_ms=2 * MINUTE_MS),
    )
    assert bad_minutes(policy, down(0, 1.5), down(2.5, 4)) == 2
    assert bad_minutes(policy, down(0, 1.5), down(3.5, 5)) == 0, "three minutes lie between the whole slots"


@pytest.mark.parametrize(
    ("per", "pieces", "counted"),
    [
        pytest.param(AllowancePer.MONTH, [(0, 50)], 0, id="within the allowance"),
        pytest.param(AllowancePer.MONTH, [(0, 70)], 10, id="the excess counts"),
        pytest.param(AllowancePer.MONTH, [(0, 40), (100, 140)], 20, id="the earliest is left out first"),
        pytest.param(AllowancePer.MONTH, [(-100, -60), (0, 60)], 0, id="last month's use is last month's"),
        pytest.param(AllowancePer.QUARTER, [(-100, -60), (0, 60)], 40, id="the quarter's has been used up by then"),
        pytest.param(AllowancePer.MONTH, [(-30, 60)], 0, id="a run over the month's edge uses both months' allowance"),
        pytest.param(AllowancePer.PERIOD, [(-100, -60), (0, 60)], 0, id="a period's is the period's own"),
    ],
)
def test_an_allowance(per, pieces, counted):
    policy = excluding(ExclusionEffect.NOT_DOWN, allowance=Allowance(HOUR_MS, per))
    assert bad_minutes(policy, *(down(*piece, rule=0) for piece in pieces)) == counted


@pytest.mark.parametrize(
    ("quantise", "pieces", "counted"),
    [
        pytest.param((), [(0, 0.99)], Fraction(99, 100), id="exact"),
        pytest.param((WholeSlots(MINUTE_MS),), [(0.5, 3.5)], 2, id="whole clock minutes"),
        pytest.param((WholeSlots(MINUTE_MS),), [(0.5, 1.5)], 0, id="no whole clock minute"),
        pytest.param((RoundOutage(MINUTE_MS, TimeRounding.UP),), [(0, 1.5), (9, 9.5)], 3, id="each outage up"),
        pytest.param((RoundTotal(MINUTE_MS, TimeRounding.DOWN),), [(0, 1.5), (9, 9.75)], 2, id="the total down"),
        pytest.param(
            (RoundTotal(HOUR_MS, TimeRounding.NEAREST),), [(0, 30)], 60, id="the nearest hour, a half upwards"
        ),
        pytest.param((RoundTotal(HOUR_MS, TimeRounding.NEAREST),), [(0, 29.99)], 0, id="less than a half downwards"),
        pytest.param(
            (WholeSlots(MINUTE_MS), RoundTotal(5 * MINUTE_MS, TimeRounding.UP)),
            [(0.5, 8.5)],
            10,
            id="one after the other",
        ),
    ],
)
def test_time_is_made_whole(quantise, pieces, counted):
    assert bad_minutes(a_policy(quantise=quantise), *(down(*piece) for piece in pieces)) == counted


def test_a_rounded_percentage_decides_and_the_exact_one_is_kept():
    policy = a_policy(quantise=(RoundAvailability(percent("0.1"), TimeRounding.NEAREST),))
    found = accounted(policy, down(0, 60)).measurement
    assert (found.availability, found.decisive) == (Fraction(719, 720), percent("99.9"))


def test_hours_are_counted_from_the_zone_s_own_full_hours():
    policy = a_policy(quantise=(WholeSlots(HOUR_MS),))
    window = Window(SEPTEMBER.start_ms, SEPTEMBER.start_ms + 90 * MINUTE_MS)
    piece = Piece(window.start_ms, window.end_ms, SHARE_FULL_PPM, 0)
    shanghai = account(policy, [piece], period=SEPTEMBER, active=SEPTEMBER, zone="Asia/Shanghai")
    kathmandu = account(policy, [piece], period=SEPTEMBER, active=SEPTEMBER, zone="Asia/Kathmandu")
    assert shanghai.measurement.bad_ms == kathmandu.measurement.bad_ms == HOUR_MS
    half = account(
        policy,
        [replace(piece, end_ms=piece.start_ms + HOUR_MS)],
        period=SEPTEMBER,
        active=SEPTEMBER,
        zone="Asia/Kathmandu",
    )
    assert half.measurement.bad_ms == 0, "midnight in Shanghai is a quarter to ten in Kathmandu"


@pytest.mark.parametrize(
    ("part", "bad", "total"),
    [
        pytest.param(PartPeriod.OWN_CYCLE, 10, TOTAL / 2, id="a short period of its own"),
        pytest.param(PartPeriod.FULL_PERIOD, 20, TOTAL, id="as if it had run all the time"),
        pytest.param(PartPeriod.UNUSED_AS_UP, 10, TOTAL, id="unused time counts as up"),
        pytest.param(PartPeriod.NO_CYCLE, 10, TOTAL, id="no period at all"),
    ],
)
def test_a_part_of_a_period_four_ways(part, bad, total):
    active = minutes(TOTAL / 2, TOTAL)
    pieces = (down(0, 10), down(TOTAL - 10, TOTAL))
    found = accounted(a_policy(part_period=part), *pieces, active=active).measurement
    assert (found.bad_ms / MINUTE_MS, found.total_ms / MINUTE_MS) == (bad, total)


def test_a_fixed_denominator_can_make_availability_negative():
    found = accounted(a_policy(denominator_ms=10 * MINUTE_MS), down(0, 15)).measurement
    assert found.availability == Fraction(-1, 2)


RATE = BadWhen(UsageFigure.ERROR_RATE, Comparison.ABOVE, percent("10"))


@pytest.mark.parametrize(
    ("ppm", "counted"),
    [
        pytest.param(100_000, 0, id="exactly the rate is not above it"),
        pytest.param(100_001, 4, id="above it, the whole minutes count whole"),
        pytest.param(SHARE_FULL_PPM, 4, id="down"),
    ],
)
def test_a_window_makes_those_slots_bad_that_lie_in_it_whole(ppm, counted):
    policy = a_policy(indicator=Slots(MINUTE_MS, (RATE,)))
    assert bad_minutes(policy, down(0.5, 5.5, ppm=ppm)) == counted


def test_a_run_of_slots_is_held_against_the_minimum_by_its_whole_slots():
    policy = a_policy(indicator=Slots(MINUTE_MS, (RATE,)), qualify=Qualify(10 * MINUTE_MS))
    assert bad_minutes(policy, down(0.5, 10.75)) == 0
    assert bad_minutes(policy, down(0.5, 11.25)) == 10


def test_what_does_not_count_says_why():
    policy = a_policy(
        qualify=Qualify(5 * MINUTE_MS, grace_ms=MINUTE_MS), exclude=(ExclusionRule(ExclusionKind.CUSTOMER),)
    )
    found = accounted(policy, down(0, 4), down(10, 20), down(30, 40, rule=0))
    assert [one.status for one in found.judged] == [
        PieceStatus.TOO_SHORT,
        PieceStatus.GRACE,
        PieceStatus.COUNTED,
        PieceStatus.GRACE,
        PieceStatus.EXCLUDED,
    ]


def test_incidents_belong_to_the_month_in_which_they_end():
    policy = a_policy(period=EachIncident(), credit=Flat(share("1")))
    found = accounted(policy, down(-30, 30), down(100, 110), down(TOTAL - 5, TOTAL + 5)).measurement
    assert [part.measurement.bad_ms / MINUTE_MS for part in found.parts] == [60, 10]
    assert found.bad_ms / MINUTE_MS == 30 + 10 + 5, "availability is the month's own"


def test_hours_that_were_hit_are_parts():
    found = accounted(a_policy(period=EachHour()), down(50, 70), down(600, 601)).measurement
    assert [part.measurement.availability for part in found.parts] == [
        Fraction(5, 6),
        Fraction(5, 6),
        Fraction(59, 60),
    ]


@pytest.mark.parametrize(
    ("changes", "detailed"),
    [
        ({}, False),
        ({"qualify": Qualify(MINUTE_MS)}, False),
        ({"exclude": (ExclusionRule(ExclusionKind.CUSTOMER),)}, False),
        ({"credit": Flat(share("1"))}, False),
        ({"credit": Flat(share("1"), Per.OUTAGE)}, True),
        ({"quantise": (WholeSlots(MINUTE_MS),)}, True),
        ({"qualify": Qualify(grace_ms=1)}, True),
        ({"denominator_ms": 1}, True),
    ],
    ids=["plain", "a minimum", "an exclusion", "flat", "per outage", "whole slots", "grace", "a fixed denominator"],
)
def test_which_policies_are_accounted_for_in_detail(changes, detailed):
    assert needs_detail(a_policy(**changes)) is detailed


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 60)), max_size=8),
    st.sampled_from(list(TimeRounding)),
    st.sampled_from([MINUTE_MS, 5 * MINUTE_MS, HOUR_MS]),
)
def test_rounding_moves_an_outage_by_less_than_one_unit(gaps, rounding, unit):
    pieces, at = [], 0
    for gap, length in gaps:
        pieces.append(down(at + gap + 1, at + gap + 1 + length / 2))
        at += gap + 1 + length
    exact = accounted(a_policy(), *pieces).measurement
    rounded = accounted(a_policy(quantise=(RoundOutage(unit, rounding),)), *pieces).measurement
    assert abs(rounded.bad_ms - exact.bad_ms) < unit * max(1, len(pieces))
    if rounding is TimeRounding.UP:
        assert rounded.bad_ms >= exact.bad_ms
    if rounding is TimeRounding.DOWN:
        assert rounded.bad_ms <= exact.bad_ms
