"""F1 to F12: what a breach pays before any limit, and how several functions stack."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.assessment import Facts, Outcome, assess
from sla_service.domain.facts import Charge
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from sla_service.domain.measurement import Measurement, Outage, Part
from sla_service.domain.money import Money
from sla_service.domain.policies.credits import (
    Amount,
    Band,
    Bands,
    BlockCount,
    Blocks,
    DowntimeOf,
    Flat,
    Gate,
    HitBy,
    Hits,
    Manual,
    Multiple,
    Overlap,
    Per,
    Points,
    Right,
    Share,
    Span,
    Stack,
    Stacking,
    Table,
    Tier,
    Time,
)
from sla_service.domain.policies.cycles import EachDay, EachHour, EachIncident, PartPeriod
from sla_service.domain.policies.indicators import Metric, SubjectKind, Worse
from sla_service.domain.policies.payment import Base, Cap, CapPer, SettleForm, Settlement
from sla_service.domain.windows import SHARE_FULL_PPM
from tests.builders import SEPTEMBER, a_policy, a_tier, minutes, money, percent, share

FEE = money("720.00 USD")
"""One dollar for an hour of a month of thirty days."""


def outages(*windows: tuple[float, float]) -> Measurement:
    """A month with outages, each from a minute of the month to another."""
    found = []
    for start, end in windows:
        window = minutes(start, end)
        step = (window.start_ms, window.end_ms, SHARE_FULL_PPM)
        found.append(Outage(window.start_ms, window.end_ms, Fraction(window.duration_ms), (step,)))
    bad = sum((outage.bad_ms for outage in found), Fraction(0)) * SHARE_FULL_PPM
    return Measurement(bad, SEPTEMBER.duration_ms, tuple(found))


def credit_of(function, measurement: Measurement, **changes) -> str:
    policy = a_policy(credit=function, **{"gate": Gate.NONE, **changes})
    facts = Facts(FEE, period_ms=SEPTEMBER.duration_ms, time_zone="Asia/Shanghai")
    assessed = assess(policy, measurement, facts)
    if assessed.outcome is Outcome.UNDEFINED:
        return f"undefined: {assessed.reason}"
    if assessed.service_ms:
        return f"{assessed.service_ms / HOUR_MS} h"
    return " ".join(filter(None, [assessed.amount.amount, *assessed.rights]))


HOUR_OUT = outages((600, 660))
TERM = {"settlement": Settlement(SettleForm.TERM_EXTENSION)}


@pytest.mark.parametrize(
    ("function", "measurement", "credit"),
    [
        pytest.param(Flat(share("20")), HOUR_OUT, "144.00", id="F2: a flat share"),
        pytest.param(
            Flat(share("20"), Per.OUTAGE), outages((0, 1), (60, 61)), "288.00", id="F2: a flat share per outage"
        ),
        pytest.param(Multiple(Fraction(10)), HOUR_OUT, "10.00", id="F3: ten times the fee for the time down"),
        pytest.param(
            Multiple(Fraction(10), DowntimeOf.EXCESS), HOUR_OUT, "6.40", id="F3: of the time beyond the error budget"
        ),
        pytest.param(
            Multiple(Fraction(10), DowntimeOf.EXCESS), outages((0, 21.6)), "0.00", id="F3: nothing is beyond the budget"
        ),
        pytest.param(
            Multiple(Fraction(1), whole_ms=DAY_MS), HOUR_OUT, "24.00", id="F3: the time made whole days upwards"
        ),
        pytest.param(Blocks(30 * MINUTE_MS, share("5")), outages((0, 59)), "36.00", id="F4: full blocks"),
        pytest.param(
            Blocks(30 * MINUTE_MS, share("5"), BlockCount.PART), outages((0, 59)), "72.00", id="F4: or part thereof"
        ),
        pytest.param(
            Blocks(30 * MINUTE_MS, share("5"), BlockCount.PART),
            outages((0, 10), (60, 70)),
            "36.00",
            id="F4: on the total, two short outages are one block",
        ),
        pytest.param(
            Blocks(30 * MINUTE_MS, share("5"), BlockCount.PART, Per.OUTAGE),
            outages((0, 10), (60, 70)),
            "72.00",
            id="F4: per outage they are two",
        ),
        pytest.param(
            Blocks(30 * MINUTE_MS, share("5"), after_ms=30 * MINUTE_MS), HOUR_OUT, "36.00", id="F4: after a free time"
        ),
        pytest.param(
            Blocks(30 * MINUTE_MS, share("5"), of=DowntimeOf.EXCESS),
            outages((0, 51.6)),
            "36.00",
            id="F4: beyond the budget",
        ),
        pytest.param(
            Blocks(30 * MINUTE_MS, share("5"), of=DowntimeOf.EXCESS), outages((0, 51.5)), "0.00", id="F4: no full block"
        ),
        pytest.param(
            Blocks(30 * MINUTE_MS, share("5"), BlockCount.PART, of=DowntimeOf.EXCESS),
            outages((0, 21.6)),
            "0.00",
            id="F4: exactly the budget begins no block",
        ),
        pytest.param(Hits(Span.HOUR, Time(HOUR_MS)), outages((119, 121)), "2.00", id="F8: every hour that is hit"),
        pytest.param(
            Hits(Span.HOUR, Time(HOUR_MS), 2 * MINUTE_MS),
            outages((60, 62)),
            "0.00",
            id="F8: hit by more than the minimum",
        ),
        pytest.param(
            Hits(Span.HOUR, Time(HOUR_MS), 2 * MINUTE_MS, strict=False),
            outages((60, 62)),
            "1.00",
            id="F8: hit by at least the minimum",
        ),
        pytest.param(
            Hits(Span.DAY, Time(10 * HOUR_MS), 5 * MINUTE_MS),
            outages((10, 13), (100, 103)),
            "10.00",
            id="F6: the day's total",
        ),
        pytest.param(
            Hits(Span.DAY, Time(10 * HOUR_MS), 5 * MINUTE_MS, hit_by=HitBy.OUTAGE),
            outages((10, 13), (100, 103)),
            "0.00",
            id="F6: a single outage of the day",
        ),
        pytest.param(
            Hits(Span.DAY, Time(10 * HOUR_MS), 5 * MINUTE_MS, hit_by=HitBy.OUTAGE),
            outages((1437, 1444)),
            "10.00",
            id="F6: an outage over midnight belongs to the day on which it begins",
        ),
        pytest.param(
            Points(percent("0.05"), share("1")), outages((0, 64.8)), "14.40", id="F7: two whole points below the target"
        ),
        pytest.param(
            Points(percent("0.05"), share("1"), BlockCount.PART), outages((0, 65)), "21.60", id="F7: or part of one"
        ),
        pytest.param(Flat(Amount((money("5.00 USD"),))), HOUR_OUT, "5.00", id="F9: a fixed amount"),
        pytest.param(
            Flat(Amount((money("5.00 EUR"),))),
            HOUR_OUT,
            "undefined: the contract promises no amount in USD",
            id="F9: in no currency of this contract",
        ),
        pytest.param(Multiple(), HOUR_OUT, "1.00", id="F11: the fee times the ratio"),
        pytest.param(Flat(Right("terminate")), HOUR_OUT, "0.00 terminate", id="F12: a right and no money"),
        pytest.param(Manual("at our sole discretion"), HOUR_OUT, "undefined: at our sole discretion", id="no formula"),
    ],
)
def test_a_function_pays(function, measurement, credit):
    assert credit_of(function, measurement) == credit


@pytest.mark.parametrize(
    ("minutes_down", "credit"),
    [
        pytest.param(5, "0.00", id="below the bands nothing is paid"),
        pytest.param(10, "24.00", id="on the first edge"),
        pytest.param(59, "24.00", id="in the first band"),
        pytest.param(
            60,
            "undefined: no band of storefront-plus v3 covers a downtime of 60 minutes",
            id="in the hole between bands",
        ),
        pytest.param(61, "48.00", id="above the hole"),
    ],
)
def test_f5_bands_of_an_outage_keep_their_holes(minutes_down, credit):
    hours = (Time(24 * HOUR_MS), Time(48 * HOUR_MS))
    bands = Bands(
        (
            Band(hours[0], 10 * MINUTE_MS, upper_ms=60 * MINUTE_MS),
            Band(hours[1], 60 * MINUTE_MS, lower_inclusive=False),
        )
    )
    assert credit_of(bands, outages((0, minutes_down))) == credit


def test_where_nothing_was_down_there_is_nothing_to_decide():
    policy = a_policy(credit=Manual("somebody decides"), gate=Gate.NONE, target=None)
    assert assess(policy, Measurement(0, SEPTEMBER.duration_ms), FEE).outcome is Outcome.NOTHING_OWED


def test_f5_is_paid_for_each_outage_or_for_all_together():
    rows = (
        Band(Time(HOUR_MS), 1, upper_ms=60 * MINUTE_MS, upper_inclusive=True),
        Band(Time(5 * HOUR_MS), 60 * MINUTE_MS, lower_inclusive=False),
    )
    down = outages((0, 40), (100, 140))
    assert credit_of(Bands(rows), down) == "2.00"
    assert credit_of(Bands(rows, Per.PERIOD), down) == "5.00"


def test_f10_service_time_is_time_and_no_money():
    assert credit_of(Flat(Time(3 * DAY_MS)), HOUR_OUT, **TERM) == "72 h"
    assert credit_of(Multiple(Fraction("102.4")), HOUR_OUT, **TERM) == "512/5 h"


def test_time_is_worth_its_part_of_what_the_base_pays_for():
    assert credit_of(Flat(Time(3 * DAY_MS)), HOUR_OUT) == "72.00"
    assert credit_of(Flat(Time(3 * DAY_MS)), HOUR_OUT, base=Base(covers_ms=HOUR_MS)) == "51840.00"


# Tables


DEEP = (Tier(share("10"), percent("99.9")), Tier(share("25"), percent("99")), Tier(share("100"), percent("95")))


@pytest.mark.parametrize(("ratio", "credit"), [("99.5", "72.00"), ("98", "180.00"), ("90", "720.00")])
def test_where_rows_overlap_the_deepest_applies_if_the_contract_says_so(ratio, credit):
    down = Measurement(int((1 - percent(ratio)) * 10**9), 1_000)
    assert credit_of(Table(DEEP, Overlap.DEEPEST), down) == credit
    if ratio != "99.5":
        assert credit_of(Table(DEEP), down).startswith("undefined: rows 1 and 2")


def test_without_a_gate_the_table_alone_decides_and_above_it_nothing_is_paid():
    table = Table((Tier(share("10"), percent("99.9"), upper_inclusive=True),))
    at_target = Measurement(10**6, 1_000)
    assert credit_of(table, at_target, target=percent("99.9")) == "72.00"
    assert credit_of(table, at_target, target=percent("99.9"), gate=Gate.AT_LEAST) == "0.00"
    assert credit_of(table, at_target, target=percent("99.9"), gate=Gate.ABOVE) == "72.00"
    assert credit_of(table, Measurement(0, 1_000), target=percent("99.9")) == "0.00"


def test_a_metric_is_held_against_a_table_in_its_own_unit():
    policy = {
        "indicator": Metric("latency", "ms", Worse.HIGHER),
        "target": Fraction(55),
        "gate": Gate.AT_LEAST,
    }
    table = Table(
        (Tier(share("10"), upper=Fraction(80), upper_inclusive=True, lower=Fraction(55), lower_inclusive=False),)
    )
    assert credit_of(table, Measurement(0, 1, figure=Fraction(55)), **policy) == "0.00"
    assert credit_of(table, Measurement(0, 1, figure=Fraction(551, 10)), **policy) == "72.00"
    assert credit_of(table, Measurement(0, 1, figure=Fraction(81)), **policy).startswith("undefined: no row")


# Stacking


@pytest.mark.parametrize(
    ("rule", "credit"),
    [(Stacking.SUM, "36.00"), (Stacking.LARGEST, "28.80"), (Stacking.FIRST, "7.20")],
)
def test_several_functions_stack(rule, credit):
    nothing, small, large = Flat(share("0")), Flat(share("1")), Flat(share("4"))
    assert credit_of(Stack(rule, (nothing, small, large)), HOUR_OUT) == credit


def test_what_has_no_answer_leaves_the_stack_without_one():
    parts = (Flat(share("1")), Manual("somebody decides"))
    assert credit_of(Stack(Stacking.SUM, parts), HOUR_OUT) == "undefined: somebody decides"
    assert credit_of(Stack(Stacking.FIRST, parts), HOUR_OUT) == "7.20"


def test_rows_of_several_tables_are_numbered_through():
    first, second = Table((a_tier("99", "99.95", "10"),)), Table((a_tier("95", "99", "25"),))
    policy = a_policy(
        credit=Stack(Stacking.FIRST, (Table((a_tier("95", "99", "0"), a_tier("99", "100", "0"))), second))
    )
    assert assess(policy, Measurement(2 * 10**7, 1_000), FEE).tier == 2
    assert assess(a_policy(credit=first), Measurement(5 * 10**5, 1_000), FEE).tier is None


def test_rows_are_numbered_through_tables_and_bands():
    bands = Bands((Band(share("1"), 10 * MINUTE_MS, upper_ms=HOUR_MS), Band(share("2"), HOUR_MS)), Per.PERIOD)
    table = Table((a_tier("99", "99.95", "10"), a_tier("0", "99", "25")))

    def tier(*functions, stacking=Stacking.SUM, down=HOUR_OUT):
        return assess(a_policy(credit=Stack(stacking, functions), gate=Gate.NONE), down, FEE).tier

    assert assess(a_policy(credit=bands, gate=Gate.NONE), HOUR_OUT, FEE).tier == 1
    assert tier(table, bands) == 0
    assert tier(bands, table) == 1
    assert tier(bands, table, stacking=Stacking.LARGEST) == 2
    assert tier(bands, Stack(Stacking.SUM, (Flat(share("1")), table)), stacking=Stacking.LARGEST) == 2
    assert tier(table, bands, stacking=Stacking.LARGEST, down=outages((0, 720))) == 1
    two = outages((0, 90), (200, 220))
    assert assess(a_policy(credit=replace(bands, per=Per.OUTAGE), gate=Gate.NONE), two, FEE).tier == 1


# Parts


def test_each_unit_is_credited_by_itself_with_its_share_of_the_fee():
    up = Measurement(0, SEPTEMBER.duration_ms)
    parts = (Part(HOUR_OUT, Fraction(1, 3), "a"), Part(up, Fraction(2, 3), "b"))
    whole = Measurement(HOUR_OUT.bad_ppm_ms, HOUR_OUT.total_ms, parts=parts)
    assert credit_of(Flat(share("20")), whole, gate=Gate.AT_LEAST, subject=SubjectKind.UNIT) == "48.00"


def test_each_incident_is_assessed_by_itself_and_capped_by_itself():
    one, two = outages((0, 30)), outages((100, 400))
    whole = Measurement(HOUR_OUT.bad_ppm_ms, HOUR_OUT.total_ms, parts=(Part(one), Part(two)))
    period = {"period": EachIncident(), "caps": (Cap(percent("20"), per=CapPer.OUTAGE),)}
    assert credit_of(Blocks(30 * MINUTE_MS, share("5")), whole, **period) == "180.00"


@pytest.mark.parametrize(
    ("period", "length_ms", "credit"), [(EachHour(), HOUR_MS, "1.00"), (EachDay(), DAY_MS, "24.00")]
)
def test_each_hour_or_day_has_its_part_of_the_fee(period, length_ms, credit):
    part = Part(Measurement(30 * MINUTE_MS * SHARE_FULL_PPM, length_ms))
    whole = Measurement(30 * MINUTE_MS * SHARE_FULL_PPM, SEPTEMBER.duration_ms, parts=(part,))
    assert credit_of(Flat(share("100")), whole, period=period) == credit


@pytest.mark.parametrize(("period", "length_ms"), [(EachHour(), HOUR_MS), (EachDay(), DAY_MS)])
def test_pro_rata_by_an_hourly_rate_is_the_same_for_hours_and_days(period, length_ms):
    part = Part(Measurement(30 * MINUTE_MS * SHARE_FULL_PPM, length_ms))
    whole = Measurement(30 * MINUTE_MS * SHARE_FULL_PPM, SEPTEMBER.duration_ms, parts=(part,))
    # 720.00 USD an hour, and half an hour down.
    assert credit_of(Multiple(), whole, period=period, base=Base(covers_ms=HOUR_MS)) == "360.00"


@pytest.mark.parametrize("part_period", list(PartPeriod))
def test_an_hour_of_a_prorated_fee_is_worth_what_it_is_in_a_whole_month(part_period):
    half = SEPTEMBER.duration_ms // 2
    is_own = part_period in {PartPeriod.OWN_CYCLE, PartPeriod.NO_CYCLE}
    down = Measurement(HOUR_MS * SHARE_FULL_PPM, half if is_own else 2 * half)
    facts = Facts(FEE, period_ms=2 * half, in_force=Fraction(1, 2))
    for function in (Multiple(), Flat(Time(HOUR_MS)), Multiple(whole_ms=HOUR_MS)):
        for covers_ms in (None, 2 * half):
            base = Base(prorated=True, covers_ms=covers_ms)
            policy = a_policy(credit=function, gate=Gate.NONE, part_period=part_period, base=base)
            assert assess(policy, down, facts).amount.amount == "1.00", (function, covers_ms)


def test_a_month_in_which_no_hour_was_hit_is_met():
    policy = a_policy(credit=Flat(share("100")), period=EachHour())
    assert assess(policy, Measurement(0, SEPTEMBER.duration_ms), FEE).outcome is Outcome.MET


# Properties

FUNCTIONS = st.sampled_from(
    [
        Table((a_tier("99", "99.95", "10"), a_tier("95", "99", "25"), a_tier("0", "95", "100"))),
        Flat(share("10")),
        Flat(share("10"), Per.OUTAGE),
        Multiple(Fraction(7, 3)),
        Multiple(Fraction(100), DowntimeOf.EXCESS),
        Multiple(Fraction(100), whole_ms=DAY_MS),
        Blocks(7 * MINUTE_MS, share("3")),
        Blocks(7 * MINUTE_MS, share("3"), BlockCount.PART, Per.OUTAGE, 5 * MINUTE_MS),
        Hits(Span.HOUR, Time(HOUR_MS), 3 * MINUTE_MS),
        Hits(Span.DAY, share("5"), hit_by=HitBy.OUTAGE),
        Points(percent("0.01"), share("2"), BlockCount.PART),
        Stack(Stacking.SUM, (Multiple(Fraction(10)), Flat(share("1")))),
        Stack(Stacking.LARGEST, (Multiple(Fraction(10)), Flat(share("1")))),
    ]
)
lengths = st.integers(1, 600)


@given(FUNCTIONS, lengths, lengths, st.sampled_from([None, Fraction(1, 10), Fraction(1)]))
def test_more_downtime_never_pays_less_and_no_credit_is_above_its_cap(function, shorter, longer, cap):
    few, many = sorted((shorter, longer))
    policy = a_policy(credit=function, caps=(Cap(cap),) if cap else (), gate=Gate.AT_LEAST)
    facts = Facts(FEE, period_ms=SEPTEMBER.duration_ms, time_zone="Asia/Shanghai")
    credits_ = [assess(policy, outages((100, 100 + length)), facts) for length in (few, many)]
    assert credits_[0].amount.minor <= credits_[1].amount.minor
    assert all(cap is None or one.amount.minor <= cap * FEE.minor + 1 for one in credits_)


@given(FUNCTIONS, st.integers(1, 10_000_000))
def test_a_share_of_twice_the_fee_is_twice_the_credit(function, fee_minor):
    facts = [Facts(Money("USD", minor), period_ms=SEPTEMBER.duration_ms) for minor in (fee_minor, 2 * fee_minor)]
    one, two = (assess(a_policy(credit=function), outages((100, 400)), each) for each in facts)
    assert two.unrounded_minor == 2 * one.unrounded_minor


def test_a_share_is_named_by_its_ratio():
    assert Share(Fraction(1, 10)) == share("10")


OCTOBER = Facts(money("745.00 EUR"), period_ms=745 * HOUR_MS, period_days=31)
"""A month in Berlin, with an hour twice."""


@pytest.mark.parametrize(
    ("function", "changes", "unrounded"),
    [
        pytest.param(Flat(Time(DAY_MS)), {}, Fraction(74_500, 31), id="a day is one of the 31"),
        pytest.param(Flat(Time(31 * DAY_MS)), {}, Fraction(74_500), id="all days are the base"),
        pytest.param(Flat(Time(HOUR_MS)), {}, Fraction(100), id="an hour is one of the 745"),
        pytest.param(Blocks(HOUR_MS, Time(HOUR_MS)), {}, Fraction(2_400), id="24 hours are no day"),
        pytest.param(Multiple(whole_ms=DAY_MS), {}, Fraction(74_500, 31), id="made whole to days"),
        pytest.param(Multiple(whole_ms=HOUR_MS), {}, Fraction(2_400), id="made whole to hours"),
        pytest.param(Multiple(), {}, Fraction(2_400), id="pro rata is a ratio of lengths"),
        pytest.param(
            Flat(share("100")), {"caps": (Cap(15 * DAY_MS),)}, Fraction(74_500 * 15, 31), id="a cap in days"
        ),
        pytest.param(Flat(share("100")), {"caps": (Cap(HOUR_MS),)}, Fraction(100), id="a cap of an hour"),
        pytest.param(
            Flat(Time(DAY_MS)), {"base": Base(covers_ms=30 * DAY_MS)}, Fraction(74_500, 30), id="as the contract covers"
        ),
    ],
)  # fmt: skip
def test_whole_days_are_days_of_the_calendar_and_hours_are_real(function, changes, unrounded):
    day_out = outages((0, 24 * 60))
    measurement = Measurement(day_out.bad_ppm_ms, 745 * HOUR_MS, day_out.outages)
    policy = a_policy(credit=function, gate=Gate.NONE, **changes)
    assert assess(policy, measurement, OCTOBER).unrounded_minor == unrounded


@pytest.mark.parametrize(
    ("period", "hours", "pay", "unrounded"),
    [
        pytest.param(EachDay(), 25, share("100"), Fraction(74_500, 31), id="the day of 25 hours has a day's fee"),
        pytest.param(EachDay(), 24, share("100"), Fraction(74_500, 31), id="as any other day has"),
        pytest.param(EachDay(), 25, Time(HOUR_MS), Fraction(74_500, 31 * 25), id="of which an hour is a 25th"),
        pytest.param(EachDay(), 25, Time(DAY_MS), Fraction(74_500, 31), id="and a day is all"),
        pytest.param(EachHour(), 1, share("100"), Fraction(100), id="an hour has its part of the real length"),
        pytest.param(EachHour(), 1, Time(DAY_MS), Fraction(74_500, 31), id="a day that an hour pays is a day"),
    ],
)
def test_a_day_that_is_assessed_by_itself_is_one_of_the_period_s_days(period, hours, pay, unrounded):
    part = Part(Measurement(MINUTE_MS * SHARE_FULL_PPM, hours * HOUR_MS, HOUR_OUT.outages))
    measurement = Measurement(MINUTE_MS * SHARE_FULL_PPM, 745 * HOUR_MS, HOUR_OUT.outages, (part,))
    policy = a_policy(credit=Flat(pay), gate=Gate.NONE, period=period)
    assert assess(policy, measurement, OCTOBER).unrounded_minor == unrounded


def test_a_cap_of_a_fee_that_is_not_known_cuts_nothing_and_a_fee_of_nothing_is_known():
    policy = a_policy(credit=Flat(share("10")), base=Base(("recurring",)), caps=(Cap(percent("50")),), gate=Gate.NONE)
    charged = (Charge("recurring", Fraction(10_000)),)
    nothing = money("0.00 USD")
    unknown = assess(policy, HOUR_OUT, Facts(nothing, charges=charged, is_fee_known=False))
    known = assess(policy, HOUR_OUT, Facts(nothing, charges=charged))
    assert (str(unknown.amount), unknown.steps[0].limit) == ("USD 10.00", None)
    assert (str(known.amount), known.steps[0].limit) == ("USD 0.00", 0)
