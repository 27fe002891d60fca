"""Every way to pay is said in rungs that a pocket calculator can follow, with the figures that were computed."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sla_service.domain.assessment import Measurement, Part
from sla_service.domain.cycles import periods_ending_in
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from sla_service.domain.money import Money, Rounding, round_to_money
from sla_service.domain.periods import Month
from sla_service.domain.policies.credits import Gate
from sla_service.domain.policies.downtime import Qualify
from sla_service.domain.policies.indicators import Events, Metric, ScoredEvents, SlotMean
from sla_service.domain.stated_terms import HowMeasured, HowPaid, StatedMetric, StatedPay
from sla_service.domain.statements import ImpactLine, LineStatus, statement_from_json, statement_to_json
from sla_service.formats.texts import credit_words, load_texts, measure_words, term_words
from sla_service.formats.texts.conventions import conventions_for
from sla_service.formats.texts.credit_words import Words
from sla_service.formats.texts.ladder_words import Rung, head, ladder, total
from sla_service.formats.texts.time_words import exact_time, length, service_time
from tests.formats.credit_samples import (
    OUTAGES,
    PROMISE,
    TABLE,
    THREE_OUTAGES,
    every_credit,
    requests,
    stated,
    stated_by,
)
from tests.formats.statement_samples import SHANGHAI, line, statement_for
from tests.policy_strategies import policies

WORDS = Words(load_texts(), conventions_for("en_GB", SHANGHAI, "en"))
CREDITS = every_credit()


def rungs(name):
    """Words and amounts, without the division before them and the rounding after them."""
    return [(rung.words, rung.amount) for rung in ladder(CREDITS[name], WORDS)]


FEE = ("Monthly fee for storefront", "800.00")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "a share of the fee",
            [FEE, ("Availability 99.4907% is below 99.95% and at least 99%: 10% of the fee (4.2)", "80.00")],
        ),
        ("a fixed amount", [("Availability 99.4907% is below 99.95%: USD 5.00 (4.2)", "5.00")]),
        (
            "a row that pays time",
            [FEE, ("Availability 99.4907% is below 99.95%: 3 of the 30 days that USD 800.00 pays for", "80.00")],
        ),
        (
            "service time",
            [
                ("Availability 99.4907% is below 99.95%: 3 days of service", "3 days"),
                ("At most 2 days: applied", "2 days"),
            ],
        ),
        ("flat", [FEE, ("For the period: 5% of USD 800.00", "40.00")]),
        ("flat per outage", [("3 interruptions, USD 7.50 each", "22.50")]),
        (
            "ten times the fee",
            [
                ("Fee for the period for storefront, 3 × USD 3,000.00", "9,000.00"),
                ("10 × USD 9,000.00 × 13 ÷ 132,480 minutes", "8.831521…"),
            ],
        ),
        (
            "excess in whole days",
            [
                FEE,
                (
                    "198.4 minutes down beyond what the promise allows, made whole upwards to "
                    "multiples of 1 day: 1 day, "
                    "that is 1 of the 30 days that USD 800.00 pays for",
                    "26.666666…",
                ),
            ],
        ),
        (
            "blocks begun",
            [FEE, ("6 blocks of 30 minutes begun, 5% of USD 800.00 each, counted beyond the first 1 hour", "240.00")],
        ),
        (
            "blocks per outage",
            [
                FEE,
                ("10 full blocks of 30 minutes, 2% of USD 800.00 each", "160.00"),
                ("At most 10% of the monthly fee for each interruption: applied", "128.00"),
                ("At most 100% of the monthly fee, USD 800.00: not reached", "128.00"),
            ],
        ),
        (
            "bands",
            [
                FEE,
                ("1 interruption of at least 10 minutes and less than 1 hour: 1% of USD 800.00", "8.00"),
                ("2 interruptions of at least 1 hour, 5% of USD 800.00 each (4.3)", "80.00"),
                ("All of these together", "88.00"),
            ],
        ),
        ("bands of the total", [FEE, ("Downtime in all is at least 5 hours: 5% of USD 800.00", "40.00")]),
        ("days hit", [FEE, ("4 days hit, 10 of the 720 hours that USD 800.00 pays for, each", "44.444444…")]),
        ("hours hit", [("8 clock hours hit by more than 5 minutes of downtime, USD 1.00 each", "8.00")]),
        (
            "points",
            [
                FEE,
                (
                    "5 steps of 0.1%, each full or begun, by which the promise was missed, 2% of USD 800.00 each",
                    "80.00",
                ),
            ],
        ),
        (
            "a sum",
            [
                FEE,
                ("For the period: USD 5.00", "5.00"),
                ("3 full blocks of 1 hour, 2% of USD 800.00 each", "48.00"),
                ("Availability 99.4907% is below 99.95%: 10% of USD 800.00", "80.00"),
                ("All of these together", "133.00"),
            ],
        ),
        (
            "the largest",
            [
                FEE,
                ("For the period: USD 5.00", "5.00"),
                ("4 full steps of 0.1% by which the promise was missed, 2% of USD 800.00 each", "64.00"),
                ("Of these the largest is paid, and that one only", "64.00"),
            ],
        ),
        (
            "charges",
            [
                (
                    "Base for storefront: 1/12 of the charges “recurring” and the charges “support” "
                    "of the month before",
                    "100.00",
                ),
                ("Availability 99.4907% is below 99.95% and at least 99%: 10% of the base (4.2)", "10.00"),
                ("At most 50% of the fee, USD 400.00: not reached", "10.00"),
            ],
        ),
        (
            "caps in order",
            [
                FEE,
                ("For the period: 80% of USD 800.00", "640.00"),
                ("At most 50% of the monthly fee, USD 400.00: applied", "400.00"),
                (
                    "At most USD 600.00 for all credits of a calendar year, of which earlier credits left USD 350.00: "
                    "applied",
                    "350.00",
                ),
                (
                    "At most 100% of the invoice that receives the credit, which is not known yet: nothing cut here",
                    "350.00",
                ),
                ("Smallest credit that is paid, USD 1.00: reached", "350.00"),
            ],
        ),
        (
            "a cap of the year",
            [
                FEE,
                ("Availability 99.4907% is below 99.95% and at least 99%: 10% of the fee (4.2)", "80.00"),
                (
                    "At most 12% of the monthly fee for all credits of a calendar year, of which earlier credits left "
                    "USD 46.00: applied",
                    "46.00",
                ),
            ],
        ),
        (
            "a decision",
            [
                (
                    "Decided by ann on behalf of Northlight Commerce: The contract is silent on "
                    "double outages; half a week, "
                    "as in May",
                    "123.45",
                ),
            ],
        ),
        (
            "requests, pro rata",
            [("Monthly fee for api", "800.00"), ("2 × USD 800.00 × 4,321 ÷ 1,200,000 requests", "5.761333…")],
        ),
        (
            "a metric",
            [
                ("Monthly fee for api", "800.00"),
                ("latency 411.5 ms is above 200 ms and at most 500 ms: 10% of the fee", "80.00"),
            ],
        ),
        (
            "rounded",
            [
                ("For promise and credit, this counts as 99%", ""),
                FEE,
                ("Availability 99% is below 99.95% and at least 99%: 10% of the fee (4.2)", "80.00"),
            ],
        ),
        ("each incident", [FEE, ("USD 800.00 × 337 ÷ 43,200 minutes", "6.240740…")]),
        (
            "each hour",
            [
                FEE,
                ("For every period in which the promise was missed: 100% of its own share of the fee", ""),
                (
                    "Together, for 8 clock hours that missed the promise, each with its own share of the fee of 1/720",
                    "8.888888…",
                ),
            ],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_credit_is_made_of_is_said_in_rungs(name, said):
    found = [rung for rung in rungs(name)[1:] if not rung[0].startswith("Rounded")]
    assert found == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flat", "43,200 minutes less 220 counted: 42,980 of 43,200 is 99.4907% available"),
        (
            "a fixed month",
            "43,830 minutes, the length that the contract fixes, less 220 counted: 43,610 of 43,830 "
            "is 99.4980% available",
        ),
        ("requests", "1,200,000 requests less 4,321 that failed: 1,195,679 of 1,200,000 is 99.6399% served well"),
        (
            "requests, pro rata",
            "1,200,000 requests less 4,321 lost, one that was merely tolerated counting in part: "
            "1,195,679 of 1,200,000 is 99.6399%",
        ),
        ("a metric", "latency 411.5 ms; promised was at most 200 ms"),
        ("rounded", "43,200 minutes less 420 counted: 42,780 of 43,200 is 99.0277% available"),
    ],
)
def test_the_first_rung_is_the_measurement(name, said):
    assert rungs(name)[0] == (said, "")


@pytest.mark.parametrize("name", CREDITS)
def test_the_last_rungs_come_to_the_credit(name):
    credit = CREDITS[name]
    found = ladder(credit, WORDS)
    assert found[-1].amount == total(credit, WORDS)
    assert head(credit, WORDS) == ("Service time" if name == "service time" else "Amount (USD)")
    rounded = round_to_money(Fraction(credit.unrounded_minor), "USD", Rounding.HALF_UP)
    assert rounded == credit.amount


@pytest.mark.parametrize("name", CREDITS)
def test_terms_that_are_listed_come_to_what_was_computed(name):
    paid = CREDITS[name].paid
    if not (paid.is_listed and paid.terms and any(term.amount for term in paid.terms)):
        return
    amounts = [Fraction(term.time_ms or term.amount) for term in paid.terms]
    first_cap = next((Fraction(cap.before) for cap in paid.caps), Fraction(CREDITS[name].before_cap_minor))
    assert (max(amounts) if paid.stacking == "largest" else sum(amounts)) == first_cap


@pytest.mark.parametrize("name", CREDITS)
def test_a_ladder_needs_nothing_but_the_snapshot(name):
    statement = statement_for(CREDITS[name])
    again = statement_from_json(statement_to_json(statement))
    assert again == statement
    assert ladder(again.credits[0], WORDS) == ladder(CREDITS[name], WORDS)


def test_a_plain_credit_says_no_more_than_it_ever_did():
    credit = CREDITS["a share of the fee"]
    assert (credit.measured, credit.paid) == (HowMeasured(), type(credit.paid)())


def test_figures_that_cannot_be_redone_are_not_shown():
    # Two outages that the stored lines show as one: what they come to is not what was computed.
    terms = "credit: {kind: flat, pay: 7.50 USD, per: outage}"
    credit = stated(PROMISE + terms, row={"before_cap_minor": "1500", "unrounded_minor": "1500", "amount_minor": 1500})
    assert not credit.paid.is_listed
    assert ladder(credit, WORDS)[1:3] == [
        Rung("For every interruption: USD 7.50", ""),
        Rung("Together, by these rules of the contract", "15.00"),
    ]


def test_a_group_s_cap_is_the_last_rung_after_the_rounding_of_each():
    terms = PROMISE + TABLE + "group: {name: network, rule: sum, cap: {at: 100%}}"
    steps = {"base_minor": "80000", "count": None, "caps": [], "group": [10_000, 7_000, 8_000, 7_000]}
    cut = stated(terms, row={"steps": json.dumps(steps), "amount_minor": 7_000})
    assert [rung.amount for rung in ladder(cut, WORDS)[-2:]] == ["80.00", "70.00"]
    assert ladder(cut, WORDS)[-1].words == (
        "All credits of the group “network” for one month are at most USD 100.00 together, of which USD 70.00 was left"
        ": applied"
    )
    kept = stated(terms, row={"steps": json.dumps({**steps, "group": [10_000, 9_000, 8_000, 8_000]})})
    assert ladder(kept, WORDS)[-1].words.endswith("of which USD 90.00 was left: not reached")
    assert total(kept, WORDS) == ladder(kept, WORDS)[-1].amount == "80.00"
    statement = statement_for(cut)
    assert statement_from_json(statement_to_json(statement)) == statement


def test_days_are_told_by_the_calendar_where_the_clocks_change_and_hours_by_their_length():
    pays = {"days": StatedPay("time", str(3 * DAY_MS)), "hours": StatedPay("time", str(10 * HOUR_MS))}
    paid = HowPaid(base_covers_ms=str(745 * HOUR_MS), base_covers_days="31")
    credit = replace(CREDITS["a share of the fee"], paid=paid)
    assert {name: term_words.pay(one, credit, WORDS) for name, one in pays.items()} == {
        "days": "3 of the 31 days that USD 800.00 pays for",
        "hours": "10 of the 745 hours that USD 800.00 pays for",
    }


def test_caps_of_quarters_and_years_are_those_of_the_policy_s_own_year():
    caps = "cap: [{at: 50%, per: quarter}, {at: 60%, per: year}, {at: 70%, per: contract_year}]"
    said = {
        name: [one.words.partition(" for all ")[2].partition(",")[0] for one in ladder(credit, WORDS)[-4:-1]]
        for name, credit in {
            "calendar": stated(PROMISE + TABLE + caps),
            "fiscal": stated(
                PROMISE + TABLE + caps, period="period: {kind: quarter, first_month: 7, time_zone: Asia/Shanghai}"
            ),
        }.items()
    }
    kept = ["credits of a quarter of the calendar", "credits of a calendar year", "credits of a year of the contract"]
    assert said["calendar"] == kept
    assert said["fiscal"] == ["credits of a fiscal quarter", "credits of a fiscal year", kept[2]]


def test_units_are_reckoned_one_by_one():
    worst = Measurement(220 * MINUTE_MS * 1_000_000, 43_200 * MINUTE_MS)
    fine = Measurement(0, 43_200 * MINUTE_MS)
    measured = replace(worst, parts=(Part(worst, Fraction(1, 4), "north"), Part(fine, Fraction(3, 4), "south")))
    terms = "subject: unit\n" + PROMISE + "credit: {kind: flat, pay: 5%}"
    unit = stated(terms, measured=measured)
    assert unit.amount == Money("USD", 1_000)
    assert measure_words.opening(unit, WORDS) == (
        "The unit of your storefront that was hit most was available 99.4907% of the month; we "
        "promised 99.95% for each."
    )
    said = [rung.words for rung in ladder(unit, WORDS)]
    assert said[0].startswith("The unit that was hit most: 43,200 minutes less 220 counted")
    assert "For every period in which the promise was missed: 5% of its own share of the fee" in said
    assert "Together, reckoned for each unit by itself, with its own share of the fee" in said


def test_bad_time_that_is_not_credited_is_said():
    excluded = "exclude: [{kind: upstream, effect: not_credited}]\n"
    credit = replace(stated(excluded + PROMISE + TABLE), measured=HowMeasured(credited_ms=str(100 * MINUTE_MS)))
    assert "Of the minutes counted, 100 are credited by the contract" in [rung.words for rung in ladder(credit, WORDS)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flat", "Your storefront was available 99.4907% of the month; we promised 99.95%."),
        ("flat per outage", "Your storefront was available 99.2199% of the month; we promised 99.95%."),
        ("bands", "Your storefront was available 99.2199% of the month."),
        (
            "a week",
            "Your storefront was available 98.2142% of the time from 4 September 2023 to 10 "
            "September 2023; we promised 99.95%.",
        ),
        (
            "ten times the fee",
            "Your storefront was available 99.9901% of the time from 1 July 2023 to 30 September 2023.",
        ),
        ("requests", "Of the requests to your api in September 2023, 99.6399% were served well; we promised 99.95%."),
        ("a metric", "The latency of your api was 411.5 ms in September 2023; we promised at most 200 ms."),
    ],
)
def test_the_first_sentence_fits_what_was_measured_and_promised(name, said):
    assert measure_words.opening(CREDITS[name], WORDS).replace("\u00a0", " ") == said


def test_a_metric_whose_value_is_known_is_told_with_it():
    metric = StatedMetric("latency", "ms", value="823/2")
    credit = replace(CREDITS["a metric"], measured=HowMeasured(indicator="metric", metric=metric))
    assert measure_words.opening(credit, WORDS) == (
        "The latency of your api was 411.5 ms in September 2023; we promised at most 200 ms."
    )
    assert ladder(credit, WORDS)[0].words == "latency 411.5 ms; promised was at most 200 ms"
    assert not credit_words.is_kept(credit)
    lower = replace(metric, worse="lower")
    assert credit_words.is_kept(replace(credit, measured=HowMeasured(indicator="metric", metric=lower)))


@pytest.mark.parametrize(
    ("gate", "target", "is_kept"),
    [("", "42980/43200", True), ("above", "42980/43200", False), ("none", "42980/43200", False), ("none", "", False)],
    ids=["at the target", "not above it", "the credit alone decides", "nothing promised"],
)
def test_whether_the_promise_was_kept_follows_the_gate(gate, target, is_kept):
    credit = replace(CREDITS["flat"], target=target, measured=HowMeasured(gate=gate))
    assert credit_words.is_kept(credit) is is_kept


@pytest.mark.parametrize(
    ("names", "answer"),
    [
        (["service time"], "We are adding 2 days to your term for September 2023."),
        (
            ["flat", "service time"],
            "We are crediting USD 40.00 to your account and adding 2 days to your term for September 2023.",
        ),
        (
            ["service time", "service time"],
            "We are adding service time for September 2023: 2 days to storefront and 2 days to storefront.",
        ),
        (["a week"], "We are crediting USD 74.75 to your account for 4 September 2023 to 10 September 2023."),
        (["a week", "flat"], "We are crediting USD 114.75 to your account for periods that ended in September 2023."),
        (["a decision"], "We are crediting USD 123.45 to your account for September 2023."),
    ],
)
def test_the_answer_says_money_and_service_time(names, answer):
    statement = statement_for(*(CREDITS[name] for name in names))
    assert measure_words.answer(statement, WORDS).replace("\u00a0", " ") == answer


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (LineStatus.GRACE, "", "the first 3 minutes of every interruption do not count"),
        (LineStatus.NOT_AFFECTED, "", "no request of yours was affected by it"),
        (LineStatus.PARTIAL_SLOT, "", "it did not fill a whole slot of the clock"),
        (LineStatus.TOO_SHORT, "", "it was not longer than the 5 minutes beyond which an interruption counts"),
        (LineStatus.EXCLUDED, "recurring", "it was in the time that your contract keeps for regular maintenance"),
        (LineStatus.EXCLUDED, "topology", "your set-up was not the one that the promise asks for"),
        (LineStatus.EXCLUDED, "other", "the contract excludes it"),
        (LineStatus.EXCLUDED, "strike", "it is excluded by the contract: strike"),
    ],
)
def test_why_time_does_not_count(status, reason, said):
    measured = HowMeasured(grace_ms=3 * MINUTE_MS, minimum_run_strict=True)
    credit = replace(CREDITS["flat"], measured=measured, minimum_run_ms=5 * MINUTE_MS)
    stretch: ImpactLine = line("09-14T09:00", "09-14T09:04", 1_000_000, status, reason=reason)
    assert credit_words.reason(stretch, credit, WORDS) == said


def test_rights_are_said_by_name():
    credit = replace(CREDITS["flat"], rights=("terminate", "free migration"))
    assert measure_words.rights(credit, WORDS) == [
        "You may also terminate your contract for storefront because of this.",
        "Your contract for storefront also gives you this right: free migration.",
    ]


def test_every_step_of_rounding_is_a_sentence():
    assert measure_words.roundings(CREDITS["rounded"], WORDS) == [
        "Every interruption is rounded up to whole multiples of 1 hour.",
        "For promise and credit, the availability is rounded to the nearest whole multiple of 0.1%, a half upwards.",
    ]


@pytest.mark.parametrize(
    ("time_ms", "said"),
    [
        (DAY_MS, "1 day"),
        (36 * HOUR_MS, "1 day and 12 hours"),
        (DAY_MS + MINUTE_MS + 1, "1 day, 1 minute and 1 millisecond"),
        (0, "0 days"),
    ],
)
def test_service_time_is_said_as_it_is_lived(time_ms, said):
    assert service_time(time_ms, WORDS) == said


def test_lengths_are_said_in_their_largest_whole_unit():
    assert [length(ms, WORDS) for ms in (90_000, 30 * MINUTE_MS, 72 * HOUR_MS, 30 * DAY_MS)] == [
        "90 seconds", "30 minutes", "72 hours", "30 days",
    ]  # fmt: skip
    assert length(DAY_MS, WORDS, in_days=True) == "1 day"
    assert exact_time(Fraction(20_500), WORDS) == "0.341… minutes"


def test_a_base_whose_amount_is_not_known_is_left_out():
    credit = CREDITS["charges"]
    unknown = replace(credit, paid=replace(credit.paid, base=replace(credit.paid.base, minor="")))
    assert term_words.base_minor(unknown) is None
    assert [rung for rung in ladder(unknown, WORDS) if rung.words.startswith("Base for")] == []


def test_bad_requests_are_exact_where_a_part_of_one_is_lost():
    measured = Measurement(Fraction(8_641, 2) * 1_000_000, 1_200_000)
    credit = stated(
        PROMISE + TABLE, (), indicator="{kind: scored_events, tolerated: 1/2}", service="api", measured=measured
    )
    assert credit.measurement.availability == measured.availability
    assert "1,200,000 requests less 4,320.5 lost" in ladder(credit, WORDS)[0].words


def test_a_prorated_fee_is_said_with_the_part_that_is_due():
    prorated = "base: {of: monthly_fee, prorated: yes}\ncap: [{at: 100%}, {at: 100%, per: year}]"
    credit = stated(PROMISE + TABLE + prorated, since="09-16T00:00")
    fee = "Monthly fee for storefront, of which 50% is due: the contract was in force for that part of the period"
    year = (
        "At most 100% of the monthly fee for all credits of a calendar year, of which earlier credits left USD 800.00"
    )
    year += ": not reached"
    assert [(rung.words, rung.amount) for rung in ladder(credit, WORDS)][1:5] == [
        (fee, "400.00"),
        ("Availability 98.9814% is below 99%: 25% of the base", "100.00"),
        ("At most 100% of the monthly fee, USD 400.00: not reached", "100.00"),
        (year, "100.00"),
    ]
    whole = [rung.words for rung in ladder(stated(PROMISE + TABLE + prorated), WORDS)]
    assert whole[1] == "Monthly fee for storefront"


def test_blocks_beyond_the_promise_are_said_to_be_so():
    credit = stated(PROMISE + "credit: {kind: blocks, block: 30 min, pay: 5%, of: excess}")
    assert [(rung.words, rung.amount) for rung in ladder(credit, WORDS)][2] == (
        "6 full blocks of 30 minutes, 5% of USD 800.00 each, counting only what goes beyond the promise",
        "240.00",
    )


def test_caps_of_units_are_shares_of_their_own_share():
    caps = "cap: [{at: 20%, per: outage}, {at: 100%, per: unit}, {at: 50%, of: rent, per: unit}, {at: 30%}]\n"
    unit = "subject: unit\nperiod: {kind: month, time_zone: Asia/Shanghai}"
    credit = stated(PROMISE + TABLE + caps + "base: {of: monthly_fee, prorated: yes}", period=unit)
    assert [rung.words for rung in ladder(credit, WORDS)][1:8] == [
        "Monthly fee for storefront",
        "Availability 99.4907% is below 99.95% and at least 99%: 10% of its own share of the fee (4.2)",
        "Together, reckoned for each unit by itself, with its own share of the fee, for the time that it was there",
        "At most 20% of its own share of the fee for each interruption",
        "At most 100% of its own share of the fee for each unit",
        "At most 50% of its own share of the charges “rent” for each unit",
        "At most 30% of the monthly fee, USD 240.00: not reached",
    ]


def test_a_promised_amount_in_another_currency_is_the_contract_s():
    terms = PROMISE + "credit: [{below: 99.95%, pay: [5.00 USD, 4.50 EUR]}]"
    assert "EUR 4.50" in ladder(stated(terms, fee=Money("EUR", 80_000)), WORDS)[1].words


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(policies(), st.sampled_from([OUTAGES, THREE_OUTAGES]))
def test_whatever_the_language_can_say_a_statement_can(policy, outages):
    policy = replace(policy, qualify=Qualify(), gate=Gate.NONE, claim=None, minimums=(), denominator_ms=None)
    measured = None
    if isinstance(policy.indicator, SlotMean | Events | ScoredEvents):
        measured = requests(120_000, 4_321)
    elif isinstance(policy.indicator, Metric):
        measured = Measurement(0, 43_200 * MINUTE_MS, figure=policy.target or Fraction(300))
    assume(bool(periods_ending_in(policy.period, Month(2023, 9), SHANGHAI)))
    credit = stated_by(policy, outages, measured=measured, row={"outcome": "credited"})
    statement = statement_for(credit)
    assert statement_from_json(statement_to_json(statement)) == statement
    assert all(rung.words for rung in ladder(credit, WORDS))
    assert head(credit, WORDS)
    assert total(credit, WORDS)
    assert measure_words.answer(statement, WORDS)
    assert measure_words.opening(credit, WORDS)
    assert measure_words.why(credit, WORDS)
    assert credit_words.method(credit, WORDS)


@pytest.mark.parametrize("kind", ["hour", "day"])
def test_hours_and_days_that_are_measured_from_requests_are_not_said_to_be_none(kind):
    part = Part(requests(100, 30), length_ms={"hour": HOUR_MS, "day": DAY_MS}[kind])
    credit = stated(
        "target: 99%\ncredit: [{below: 99%, pay: 100%}]\n",
        (),
        period=f"period: {{kind: {kind}, time_zone: Asia/Shanghai}}",
        indicator="{kind: events}",
        measured=replace(requests(1_000, 30), parts=(part,)),
        service="api",
    )
    said = [rung.words for rung in ladder(credit, WORDS)]
    noun = {"hour": "clock hours", "day": "days"}[kind]
    assert f"Together, for the {noun} that missed the promise, each with its own share of the fee" in said
    assert not any(" 0 " in one for one in said)
