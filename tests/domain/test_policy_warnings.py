"""What a policy's author is warned of: each table says what is odd, and its twin that nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.coverage import covered_by, holes_of, overlaps_of
from sla_service.domain.policies.credits import (
    Amount,
    Band,
    Bands,
    BlockCount,
    Blocks,
    Flat,
    Gate,
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
from sla_service.domain.policies.cycles import EachDay, EachHour, EachIncident
from sla_service.domain.policies.downtime import (
    ExclusionEffect,
    ExclusionRule,
    RoundAvailability,
    RoundOutage,
    RoundTotal,
    TimeRounding,
)
from sla_service.domain.policies.examples import PolicyExample
from sla_service.domain.policies.indicators import (
    BadWhen,
    Comparison,
    Events,
    Metric,
    Needed,
    Slots,
    SubjectKind,
    UsageFigure,
    Windows,
    Worse,
)
from sla_service.domain.policies.payment import (
    Base,
    Cap,
    CapPer,
    Claim,
    ClaimFrom,
    ClaimUnit,
    Minimum,
    SettleForm,
    Settlement,
)
from sla_service.domain.policies.warnings import warnings_of


def pct(text):
    return Fraction(text) / 100


def usd(minor):
    return Money("USD", minor)


def row(above_or_at, below, pays="10", **changes):
    """From the first percentage (included) to below the second; None for no edge."""
    lower, upper = (None if edge is None else pct(edge) for edge in (above_or_at, below))
    return Tier(**{"pays": Share(pct(pays)), "upper": upper, "lower": lower, **changes})


def band(from_minutes, below_minutes=None, pays="10", **changes):
    upper_ms = None if below_minutes is None else below_minutes * MINUTE_MS
    return Band(**{"pays": Share(pct(pays)), "lower_ms": from_minutes * MINUTE_MS, "upper_ms": upper_ms, **changes})


GOOD = (row("99", "99.9"), row("95", "99", "25"), row(None, "95", "100"))


def a_policy(*rows, **changes):
    values = {
        "policy": "storefront",
        "version": 1,
        "title": "Storefront",
        "service": "storefront",
        "effective_from": date(2023, 1, 1),
        "time_zone": "UTC",
        "indicator": Windows(),
        "target": pct("99.9"),
        "credit": Table(rows or GOOD),
        "examples": (PolicyExample("an hour", date(2023, 9, 1)),),
    }
    return Policy(**{**values, **changes})


def told(policy):
    return [(warning.rule, warning.path, warning.message) for warning in warnings_of(policy)]


LATENCY = {"indicator": Metric("latency", "ms"), "target": Fraction(200)}
THROUGHPUT = {"indicator": Metric("throughput", worse=Worse.LOWER), "target": Fraction(200)}


def slow(above_or_at, below, **changes):
    lower, upper = (None if edge is None else Fraction(edge) for edge in (above_or_at, below))
    return Tier(**{"pays": Share(pct("10")), "upper": upper, "lower": lower, **changes})


BUSINESS = ClaimUnit.BUSINESS_DAYS
ODD = [
    pytest.param(
        a_policy(row("99", "99.9"), row(None, "98", "20")),
        [("hole", "credit", "no row says what availability at least 98% and below 99% pays")],
        id="a hole between two rows",
    ),
    pytest.param(
        a_policy(row("99", "99.9", lower_inclusive=False), row(None, "99", "20")),
        [("hole", "credit", "no row says what availability of exactly 99% pays")],
        id="a hole of a single availability",
    ),
    pytest.param(
        a_policy(row("99", "99.9"), row("95", "99", "20")),
        [("hole", "credit", "no row says what availability below 95% pays")],
        id="no row for the worst",
    ),
    pytest.param(
        a_policy(row("98", "99.9"), row(None, "99", "20")),
        [("overlap", "credit[2]", "rows 1 and 2 both say what availability at least 98% and below 99% pays")],
        id="two rows for the same",
    ),
    pytest.param(
        a_policy(row("99", "99.9"), row(None, "99", "20", upper_inclusive=True)),
        [("overlap", "credit[2]", "rows 1 and 2 both say what availability of exactly 99% pays")],
        id="two rows for the edge between them",
    ),
    pytest.param(
        a_policy(row("99", "99.9", "20"), row(None, "99", "10")),
        [("pays_less", "credit[2].pay", "row 2 pays less than row 1, which is for better service")],
        id="worse service pays less",
    ),
    pytest.param(
        a_policy(row(None, "99", "10"), row("99", "99.9", "20")),
        [("pays_less", "credit[1].pay", "row 1 pays less than row 2, which is for better service")],
        id="worse service pays less, rows from the worst",
    ),
    pytest.param(
        a_policy(credit=Table((row(None, "99.9", "20"), row(None, "99", "10")), Overlap.DEEPEST)),
        [("pays_less", "credit.rows[2].pay", "row 2 pays less than row 1, which is for better service")],
        id="the deepest row pays less",
    ),
    pytest.param(
        a_policy(row("99", "99.5"), row(None, "99", "20")),
        [
            (
                "target_beyond_rows",
                "target",
                "availability at least 99.5% and below 99.9% misses the target, but no row says what it pays",
            )
        ],
        id="a target above the first row",
    ),
    pytest.param(
        a_policy(gate=Gate.ABOVE),
        [
            (
                "target_beyond_rows",
                "target",
                "availability of exactly 99.9% misses the target, but no row says what it pays",
            )
        ],
        id="exactly the target is missed, and pays nothing",
    ),
    pytest.param(
        a_policy(row("99", "99.95"), row(None, "99", "20")),
        [
            (
                "row_beyond_target",
                "credit[1].below",
                "row 1 also covers availability at least 99.9% and below 99.95%, which meets the target",
            )
        ],
        id="a row beyond the target",
    ),
    pytest.param(
        a_policy(row("99", "99.9", upper_inclusive=True), row(None, "99", "20")),
        [
            (
                "row_beyond_target",
                "credit[1].up_to",
                "row 1 also covers availability of exactly 99.9%, which meets the target",
            )
        ],
        id="a row that includes the target",
    ),
    pytest.param(
        a_policy(row("99.9", "99.95", "5"), *GOOD),
        [("row_never_applies", "credit[1]", "row 1 never applies: all that it covers meets the target")],
        id="a row above the target",
    ),
    pytest.param(
        a_policy(*GOOD, row("99", "98", "100")),
        [("row_never_applies", "credit[4]", "row 4 never applies: its edges leave nothing between them")],
        id="a row with its edges exchanged",
    ),
    pytest.param(
        a_policy(slow("300", None), **LATENCY),
        [
            (
                "target_beyond_rows",
                "target",
                "latency above 200 ms and below 300 ms misses the target, but no row says what it pays",
            )
        ],
        id="a metric's target below its first row",
    ),
    pytest.param(
        a_policy(slow("200", None), **LATENCY),
        [
            (
                "row_beyond_target",
                "credit[1].from",
                "row 1 also covers latency of exactly 200 ms, which meets the target",
            )
        ],
        id="a metric's row that includes the target",
    ),
    pytest.param(
        a_policy(slow("200", "300", lower_inclusive=False), slow("300", None, pays=Share(pct(5))), **LATENCY),
        [("pays_less", "credit[2].pay", "row 2 pays less than row 1, which is for better service")],
        id="a higher latency pays less",
    ),
    pytest.param(
        a_policy(slow("200", "300", lower_inclusive=False), **LATENCY),
        [("hole", "credit", "no row says what latency at least 300 ms pays")],
        id="no row for the highest latency",
    ),
    pytest.param(
        a_policy(slow(None, "150"), **THROUGHPUT),
        [
            (
                "target_beyond_rows",
                "target",
                "throughput at least 150 and below 200 misses the target, but no row says what it pays",
            )
        ],
        id="a metric that is worse when lower",
    ),
    pytest.param(
        a_policy(
            credit=Stack(
                Stacking.SUM, (Table(GOOD), Stack(Stacking.LARGEST, (Table((row("99", "99.9"), row(None, "98"))),)))
            )
        ),
        [("hole", "credit.of[2].of[1]", "no row says what availability at least 98% and below 99% pays")],
        id="a hole in a table within a stack",
    ),
    pytest.param(
        a_policy(credit=Stack(Stacking.SUM, (Flat(Share(pct(5))), Table((row("98", "99.9"), row(None, "99", "20")))))),
        [
            (
                "overlap",
                "credit.of[2].rows[2]",
                "rows 1 and 2 both say what availability at least 98% and below 99% pays",
            )
        ],
        id="an overlap in a table within a stack",
    ),
    pytest.param(
        a_policy(credit=Bands((band(10, 60), band(90, pays="20")), Per.PERIOD)),
        [("hole", "credit", "no row says what downtime at least 1 h and below 90 min pays")],
        id="a hole between bands",
    ),
    pytest.param(
        a_policy(credit=Bands((band(10, 60), band(60, 1440, "20")), Per.PERIOD)),
        [("hole", "credit", "no row says what downtime at least 1 d pays")],
        id="no band for the longest outage",
    ),
    pytest.param(
        a_policy(credit=Bands((band(10), band(60, pays="5")), Per.PERIOD)),
        [
            ("overlap", "credit.rows[2]", "rows 1 and 2 both say what downtime at least 1 h pays"),
            ("pays_less", "credit.rows[2].pay", "row 2 pays less than row 1, which is for better service"),
        ],
        id="bands that overlap, the longer one paying less",
    ),
    pytest.param(
        a_policy(caps=(Cap(pct(50)),)),
        [("row_above_cap", "credit[3].pay", "row 3 pays more than cap 1 ever lets be paid")],
        id="a row above the cap",
    ),
    pytest.param(
        a_policy(credit=Flat(Amount((usd(500), Money("EUR", 450)))), caps=(Cap((Money("EUR", 400),)),)),
        [("row_above_cap", "credit.pay", "it pays more than cap 1 ever lets be paid")],
        id="an amount above the cap in its currency",
    ),
    pytest.param(
        a_policy(credit=Bands((Band(Time(DAY_MS)),)), caps=(Cap(HOUR_MS, per=CapPer.OUTAGE),)),
        [("row_above_cap", "credit.rows[1].pay", "row 1 pays more than cap 1 ever lets be paid")],
        id="time above the cap of an outage",
    ),
    pytest.param(
        a_policy(caps=(Cap(pct(50)),), subject=SubjectKind.UNIT),
        [],
        id="a share of a unit's fee is not held against a share of the whole",
    ),
    pytest.param(
        a_policy(caps=(Cap(pct(50), per=CapPer.UNIT),), subject=SubjectKind.UNIT),
        [("row_above_cap", "credit[3].pay", "row 3 pays more than cap 1 ever lets be paid")],
        id="a row above the cap of a unit",
    ),
    pytest.param(
        a_policy(credit=Multiple(Fraction(10))),
        [("no_cap", "credit", "there is no cap: a long outage credits more than the whole base")],
        id="ten times the fee for the time down",
    ),
    pytest.param(
        a_policy(credit=Blocks(30 * MINUTE_MS, Share(pct(5)))),
        [("no_cap", "credit", "there is no cap: a long outage credits more than the whole base")],
        id="a share for every half hour",
    ),
    pytest.param(
        a_policy(credit=Stack(Stacking.SUM, (Hits(Span.HOUR, Share(pct(1))), Points(pct("0.1"), Share(pct(1)))))),
        [
            ("no_cap", "credit.of[1]", "there is no cap: a long outage credits more than the whole base"),
            ("no_cap", "credit.of[2]", "there is no cap: a long outage credits more than the whole base"),
        ],
        id="a share for every hour, and for every point",
    ),
    pytest.param(
        a_policy(credit=Multiple(Fraction(10)), settlement=Settlement(SettleForm.TERM_EXTENSION)),
        [("no_cap", "credit", "there is no cap: a long outage extends the term by more than the period itself")],
        id="ten times the time down, as service time",
    ),
    pytest.param(
        a_policy(credit=Multiple(Fraction(2)), period=EachHour()),
        [("no_cap", "credit", "there is no cap: a long outage credits more than the fee of its hour")],
        id="twice the fee of each hour",
    ),
    pytest.param(
        a_policy(credit=Multiple(), base=Base(covers_ms=28 * DAY_MS)),
        [("no_cap", "credit", "there is no cap: a long outage credits more than the whole base")],
        id="a fee for 28 days, and a month of 31",
    ),
    pytest.param(
        a_policy(credit=Blocks(HOUR_MS, Time(DAY_MS), BlockCount.PART, Per.OUTAGE)),
        [("no_cap", "credit", "there is no cap: a long outage credits more than the whole base")],
        id="a day for every hour begun",
    ),
    pytest.param(
        a_policy(row("99", "99.9"), Tier(Time(DAY_MS), pct("99")), settlement=Settlement(SettleForm.TERM_EXTENSION)),
        [
            (
                "money_for_time",
                "credit[1].pay",
                "this pays money, though credits extend the term; where time is meant, write a time such as 3 d",
            )
        ],
        id="a share of the fee where the term is extended",
    ),
    pytest.param(
        a_policy(credit=Flat(Share(pct(5))), settlement=Settlement(SettleForm.TERM_EXTENSION)),
        [
            (
                "money_for_time",
                "credit.pay",
                "this pays money, though credits extend the term; where time is meant, write a time such as 3 d",
            )
        ],
        id="a flat share of the fee where the term is extended",
    ),
    pytest.param(
        a_policy(credit=Stack(Stacking.SUM, (Table((row("99", "99.5"), row(None, "99", "20"))), Flat(Share(pct(1)))))),
        [
            (
                "target_beyond_rows",
                "credit.of[1]",
                "availability at least 99.5% and below 99.9% misses the target, but no row says what it pays",
            )
        ],
        id="a target above the first row of a table in a sum",
    ),
    pytest.param(
        a_policy(
            credit=Bands((band(1, 9), band(10, pays="20")), Per.PERIOD),
            quantise=(RoundTotal(MINUTE_MS, TimeRounding.DOWN),),
        ),
        [("hole", "credit", "no row says what downtime at least 9 min and below 10 min pays")],
        id="a whole minute that no band has",
    ),
    pytest.param(
        a_policy(
            credit=Bands(
                (band(1, pays="5", upper_ms=9 * MINUTE_MS, upper_inclusive=True), band(10, pays="10")), Per.PERIOD
            ),
            quantise=(RoundTotal(MINUTE_MS, TimeRounding.DOWN),),
            exclude=(ExclusionRule(ExclusionKind.CUSTOMER, effect=ExclusionEffect.ADDED_BACK),),
        ),
        [("hole", "credit", "no row says what downtime above 9 min and below 10 min pays")],
        id="whole minutes less what is added back",
    ),
    pytest.param(
        a_policy(
            credit=Bands((band(1, pays="5", upper_ms=9 * MINUTE_MS, upper_inclusive=True), band(10, pays="10"))),
            quantise=(RoundTotal(MINUTE_MS, TimeRounding.DOWN),),
        ),
        [("hole", "credit", "no row says what downtime above 9 min and below 10 min pays")],
        id="outages that are not rounded, though their sum is",
    ),
    pytest.param(
        a_policy(examples=()),
        [("no_examples", "examples", "nothing tests these terms: write at least one example")],
        id="no examples",
    ),
    pytest.param(
        a_policy(caps=(Cap((usd(100),)),), minimums=(Minimum(Money("EUR", 500)), Minimum(usd(500)))),
        [("minimum_above_cap", "minimum[2]", "cap 1 stops at USD 1.00, so that no credit ever reaches this")],
        id="a minimum above the cap",
    ),
    pytest.param(
        a_policy(caps=(Cap((usd(100),)),), minimums=(Minimum(usd(100), strict=True),)),
        [("minimum_above_cap", "minimum[1]", "cap 1 stops at USD 1.00, so that no credit ever reaches this")],
        id="more than the cap is asked for",
    ),
    pytest.param(
        a_policy(claim=Claim(4, not_before_days=5)),
        [
            (
                "claim_impossible",
                "claim.not_before",
                "the deadline is before the first day to claim",
            )
        ],
        id="a deadline before the earliest day",
    ),
    *(
        pytest.param(
            a_policy(claim=claim),
            [("claim_impossible", "claim.not_before", "the deadline is before the first day to claim")],
            id=name,
        )
        for name, claim in {
            "fewer business days": Claim(4, BUSINESS, not_before_days=5, not_before_unit=BUSINESS),
            "as many days as business days less one": Claim(4, not_before_days=5, not_before_unit=BUSINESS),
            "hours before the second day": Claim(24, ClaimUnit.HOURS, not_before_days=2),
        }.items()
    ),
    *(
        pytest.param(
            a_policy(claim=replace(claim, since=ClaimFrom.AWARENESS, not_before_since=ClaimFrom.PERIOD_END)),
            [
                (
                    "claim_impossible",
                    "claim.not_before",
                    "nobody can claim for an outage early in the period: its deadline is before the first day to claim",
                )
            ],
            id=f"{claim.unit} of awareness, but not before the period's end",
        )
        for claim in (Claim(30), Claim(10, BUSINESS), Claim(72, ClaimUnit.HOURS))
    ),
]


@pytest.mark.parametrize(("policy", "warnings"), ODD)
def test_the_author_is_told(policy, warnings):
    assert told(policy) == warnings


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(a_policy(), id="rows that meet, down to the worst"),
        pytest.param(a_policy(row("99", "99.9"), row("0", "99")), id="a last row from 0%"),
        pytest.param(a_policy(credit=Table((row(None, "99.9"), row(None, "99", "20")), Overlap.DEEPEST)), id="deepest"),
        pytest.param(a_policy(row(None, None)), id="one row for everything"),
        pytest.param(a_policy(row("99", None), row(None, "99", "20")), id="a first row without upper edge"),
        pytest.param(a_policy(row("99", "99.9"), Tier(Right("terminate"), pct("99"))), id="a right after a share"),
        pytest.param(
            a_policy(row("99", "99.9", upper_inclusive=True), row(None, "99"), gate=Gate.ABOVE),
            id="exactly the target is missed, and the first row has it",
        ),
        pytest.param(
            a_policy(row("99", "99.5"), row(None, "99"), target=None, gate=Gate.NONE), id="a table without a target"
        ),
        pytest.param(
            a_policy(row("99", "99.95"), row(None, "99"), gate=Gate.NONE), id="a table that the target does not gate"
        ),
        pytest.param(a_policy(slow("200", None, lower_inclusive=False), **LATENCY), id="a metric from its target on"),
        pytest.param(a_policy(slow(None, "200"), **THROUGHPUT), id="a metric that is worse when lower"),
        pytest.param(a_policy(credit=Bands((band(10, 60), band(60, pays="20")))), id="bands that meet"),
        pytest.param(a_policy(caps=(Cap(Fraction(1)),)), id="a row that just reaches the cap"),
        pytest.param(
            a_policy(period=EachDay(), caps=(Cap(pct(10)),)), id="rows of a day's fee and a cap of the month's"
        ),
        pytest.param(a_policy(caps=(Cap(pct(50), "next_invoice"),)), id="a cap of something else"),
        pytest.param(a_policy(base=Base(share=Fraction(1, 12)), caps=(Cap(pct(50)),)), id="a base of a twelfth"),
        pytest.param(a_policy(caps=(Cap(pct(50), per=CapPer.OUTAGE),)), id="a cap for outages and rows for the period"),
        pytest.param(a_policy(credit=Multiple(Fraction(10)), caps=(Cap(Fraction(1)),)), id="a multiple with a cap"),
        pytest.param(a_policy(credit=Multiple()), id="the fee for the time down"),
        pytest.param(
            a_policy(credit=Multiple(), settlement=Settlement(SettleForm.TERM_EXTENSION)),
            id="the time down, as service time",
        ),
        pytest.param(
            a_policy(credit=Multiple(), base=Base(("hourly_rate",), covers_ms=HOUR_MS)),
            id="an hourly rate for each hour",
        ),
        pytest.param(a_policy(credit=Multiple(), indicator=Events()), id="the share of requests that were lost"),
        pytest.param(a_policy(credit=Blocks(HOUR_MS, Share(pct(5))), period=EachHour()), id="a block in each hour"),
        pytest.param(
            a_policy(credit=Blocks(30 * MINUTE_MS, Share(pct(50)), per=Per.OUTAGE), period=EachHour()),
            id="two halves of each hour's fee",
        ),
        pytest.param(
            a_policy(
                credit=Bands(
                    (band(1, pays="5", upper_ms=9 * MINUTE_MS, upper_inclusive=True), band(10, pays="10")), Per.PERIOD
                ),
                quantise=(RoundTotal(MINUTE_MS, TimeRounding.DOWN),),
            ),
            id="whole minutes between bands",
        ),
        pytest.param(
            a_policy(
                credit=Bands((band(1, pays="5", upper_ms=9 * MINUTE_MS, upper_inclusive=True), band(10, pays="10"))),
                quantise=(RoundOutage(MINUTE_MS, TimeRounding.DOWN),),
                period=EachIncident(),
            ),
            id="outages of whole minutes between bands",
        ),
        pytest.param(
            a_policy(
                row("99.9", "99.98", upper_inclusive=True),
                row("99.5", "99.89", "25", upper_inclusive=True),
                row(None, "99.5", "50"),
                target=pct("99.99"),
                quantise=(RoundAvailability(pct("0.01"), TimeRounding.NEAREST),),
            ),
            id="rows with two decimals, as availability has",
        ),
        pytest.param(
            a_policy(
                slow("200", "300", lower_inclusive=False, upper_inclusive=True),
                slow("301", None, pays=Share(pct(20))),
                quantise=(RoundAvailability(Fraction(1), TimeRounding.UP),),
                **LATENCY,
            ),
            id="a metric in whole numbers",
        ),
        pytest.param(a_policy(credit=Blocks(DAY_MS, Share(pct(1)))), id="one per cent a day"),
        pytest.param(a_policy(credit=Hits(Span.DAY, Time(DAY_MS))), id="a day for each day, however many there are"),
        pytest.param(a_policy(credit=Hits(Span.DAY, Amount((usd(500),)))), id="an amount a day"),
        pytest.param(a_policy(credit=Manual("at our discretion")), id="a manual decision"),
        pytest.param(
            a_policy(caps=(Cap((usd(100),)),), minimums=(Minimum(usd(100)),)), id="a minimum that the cap just reaches"
        ),
        pytest.param(a_policy(claim=Claim(5, not_before_days=5)), id="a single day to claim"),
        pytest.param(
            a_policy(claim=Claim(31, since=ClaimFrom.AWARENESS, not_before_since=ClaimFrom.PERIOD_END)),
            id="a month from awareness on",
        ),
        pytest.param(
            a_policy(claim=Claim(5, since=ClaimFrom.PERIOD_END, not_before_since=ClaimFrom.INCIDENT_END)),
            id="not before an outage ended",
        ),
        pytest.param(a_policy(claim=Claim(1, ClaimUnit.MONTHS, not_before_days=28)), id="a month to claim"),
        pytest.param(
            a_policy(claim=Claim(1, ClaimUnit.BUSINESS_DAYS, not_before_days=3)), id="business days over a holiday"
        ),
    ],
)
def test_nothing_is_told(policy):
    assert told(policy) == []


def test_without_a_gate_the_target_is_where_a_missing_row_matters():
    policy = a_policy(row("99", "99.5"), row(None, "99", "20"), gate=Gate.NONE)
    assert [warning.rule for warning in warnings_of(policy)] == ["hole"]


_edges = st.sampled_from([None, *(pct(edge) for edge in ("90", "95", "99", "99.5", "99.9", "100"))])
_rows = st.builds(
    Tier,
    st.just(Share(pct(10))),
    upper=_edges,
    upper_inclusive=st.booleans(),
    lower=_edges | st.just(Fraction(0)),
    lower_inclusive=st.booleans(),
)
_figures = st.sampled_from([pct(n) for n in ("-1", "0", "1", "90", "92", "95", "99", "99.4", "99.5", "99.9")])


def has(figures, figure):
    low, high = figures
    return low <= (0, figure, False) < high


@given(_rows, _figures)
def test_a_range_has_what_the_row_covers(tier, figure):
    assert has(covered_by(tier), figure) is tier.covers(figure)


@given(st.lists(_rows, max_size=4).map(tuple), _figures)
def test_what_misses_the_target_is_in_one_row_or_in_a_hole_or_in_an_overlap(rows, figure):
    policy = a_policy(credit=Table(rows))
    covering = [row for row in rows if row.covers(figure)]
    missed = figure < policy.target
    holes = [hole for hole in holes_of(policy, policy.credit) if has(hole, figure)]
    overlaps = [both for _, _, both in overlaps_of(policy, policy.credit) if has(both, figure)]
    assert len(holes) == (missed and not covering)
    assert bool(overlaps) is (missed and len(covering) > 1)
    assert overlaps_of(policy, replace(policy.credit, overlap=Overlap.DEEPEST)) == []


def when(comparison: Comparison, edge: int, figure: UsageFigure = UsageFigure.VALUE) -> BadWhen:
    return BadWhen(figure, comparison, Fraction(edge))


@pytest.mark.parametrize(
    ("conditions", "needed", "is_told"),
    [
        pytest.param((when(Comparison.BELOW, 30), when(Comparison.ABOVE, 60)), Needed.ALL, True, id="on both sides"),
        pytest.param((when(Comparison.BELOW, 30), when(Comparison.ABOVE, 60)), Needed.ANY, False, id="on either side"),
        pytest.param((when(Comparison.ABOVE, 30), when(Comparison.BELOW, 60)), Needed.ALL, False, id="in between"),
        pytest.param((when(Comparison.AT_LEAST, 5), when(Comparison.AT_MOST, 5)), Needed.ALL, False, id="exactly"),
        pytest.param((when(Comparison.ABOVE, 5), when(Comparison.AT_MOST, 5)), Needed.ALL, True, id="past the edge"),
        pytest.param(
            (when(Comparison.BELOW, 30), when(Comparison.ABOVE, 60, UsageFigure.FAILURES)),
            Needed.ALL,
            False,
            id="of two figures",
        ),
    ],
)
def test_conditions_that_never_hold_together_are_told(conditions, needed, is_told):
    policy = a_policy(indicator=Slots(MINUTE_MS, conditions, needed=needed))
    told = [(one.rule, one.path) for one in warnings_of(policy) if one.rule == "never_bad"]
    assert told == ([("never_bad", "indicator.bad_when")] if is_told else [])
