"""What a naive engine gets wrong: each trap with what it would say, and what the contract says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import mean

import pytest

from sla_service.usecases.policies import PolicyCheck, check_policy

POLICY = """
policy: trap
version: 1
effective: {{from: 2020-01-01}}
service: storefront
{terms}
examples:
{examples}
"""
MONTH = "period: {kind: month, time_zone: UTC}"
WINDOWS = "indicator: {kind: windows, curve: any_impact}"
TABLE = "target: 99.9%\ncredit:\n  - {below: 99.9%, from: 99%, pay: 10%}\n  - {below: 99%, pay: 25%}"
APRIL_MINUTES = 43_200


def check(*terms: str, examples: str) -> PolicyCheck:
    """Read a policy and run its examples."""
    return check_policy(POLICY.format(terms="\n".join(terms), examples=examples))


def assert_holds(*terms: str, examples: str) -> None:
    failed = check(*terms, examples=examples).failed
    assert not failed, [result.differences for result in failed]


def test_1_the_mean_of_ratios_is_not_the_ratio_of_sums():
    slots = [(1_000_000, 500_000)] + [(10, 0)] * 8639
    naive = 1 - Fraction(sum(failed for _, failed in slots), sum(requests for requests, _ in slots))
    exact = 1 - mean(Fraction(failed, requests) for requests, failed in slots)
    assert (exact, f"{float(naive):.2%}") == (Fraction(17279, 17280), "53.98%")
    assert_holds(
        MONTH,
        "indicator: {kind: slot_mean, slot: 5 min}",
        TABLE,
        examples=f"""
  - name: one busy slot among quiet ones
    fee: 230.00 USD
    period: 2026-04
    usage:
      - {{from: 2026-04-01T00:00Z, to: 2026-04-01T00:05Z, requests: 1000000, failed: 500000}}
      - {{from: 2026-04-01T00:05Z, to: 2026-05-01T00:00Z, every: 5 min, requests: 10, failed: 0}}
    expect: {{availability: {exact}, credit: 0.00 USD}}
""",
    )


def test_2_an_outage_in_pieces_below_the_minimum_is_none():
    pieces = [9] * 5
    naive = 1 - Fraction(sum(pieces), APRIL_MINUTES)
    assert naive < Fraction(999, 1000), "whoever adds up the pieces pays"
    assert_holds(
        MONTH,
        WINDOWS,
        "qualify: {minimum_run: 10 min}",
        TABLE,
        examples="""
  - name: five times nine minutes
    fee: 100.00 USD
    period: 2026-04
    impact: {from: 2026-04-10T12:00Z, to: 2026-04-10T12:09Z, times: 5, every: 1 h}
    expect: {availability: 1/1, credit: 0.00 USD}
  - name: ten minutes at a stretch count whole
    fee: 100.00 USD
    period: 2026-04
    impact: {from: 2026-04-10T12:00Z, to: 2026-04-10T12:10Z, times: 5, every: 1 h}
    expect: {availability: 863/864, credit: 10.00 USD}
""",
    )


@pytest.mark.parametrize(
    ("words", "availability", "credit"),
    [pytest.param("above", "1/1", "0.00", id="more than 5 %"), pytest.param("at_least", "719/720", "10.00", id="5 %")],
)
def test_3_exactly_five_per_cent_is_down_in_one_contract_and_up_in_another(words, availability, credit):
    assert_holds(
        MONTH,
        f"indicator: {{kind: slots, slot: 1 min, bad_when: {{figure: error_rate, {words}: 5%}}}}",
        TABLE,
        examples=f"""
  - name: an hour of exactly five per cent
    fee: 100.00 USD
    period: 2026-04
    usage: {{from: 2026-04-10T12:00Z, to: 2026-04-10T13:00Z, every: 1 min, requests: 60, failed: 3}}
    expect: {{availability: {availability}, credit: {credit} USD}}
""",
    )
    assert 3 / 60 >= 0.05, "and a float may well say either"


def test_4_a_fixed_month_can_be_down_for_longer_than_it_is():
    naive = max(Fraction(0), 1 - Fraction(31 * 1440, APRIL_MINUTES))
    assert naive == 0, "whoever cuts at nothing has lost an hour and a day"
    assert_holds(
        "period: {kind: month, time_zone: UTC, denominator: 43200 min}",
        WINDOWS,
        TABLE,
        examples="""
  - name: all of May
    fee: 100.00 USD
    period: 2026-05
    impact: {from: 2026-05-01T00:00Z, to: 2026-06-01T00:00Z}
    expect: {availability: -1/30, credit: 25.00 USD}
""",
    )


def test_5_two_halves_at_the_same_time_are_one_half():
    naive = 1 - Fraction(2 * 60, APRIL_MINUTES) / 2 * 2
    exact = 1 - Fraction(30, APRIL_MINUTES)
    assert naive != exact
    assert_holds(
        MONTH,
        "indicator: {kind: windows, curve: step}",
        TABLE,
        examples=f"""
  - name: two incidents of fifty per cent for the same hour
    fee: 100.00 USD
    period: 2026-04
    impact:
      - {{from: 2026-04-10T12:00Z, to: 2026-04-10T13:00Z, share: 50%}}
      - {{from: 2026-04-10T12:00Z, to: 2026-04-10T13:00Z, share: 50%}}
    expect: {{availability: {exact}, credit: 0.00 USD}}
""",
    )


def test_6_one_dead_database_in_ten_is_hidden_by_the_pool():
    impact = """
    fee: 4000.00 USD
    period: 2026-04
    units: 10
    impact: {from: 2026-04-10T12:00Z, to: 2026-04-10T12:04Z, unit: "3"}"""
    single, pooled = 1 - Fraction(4, APRIL_MINUTES), 1 - Fraction(4, 10 * APRIL_MINUTES)
    assert single < Fraction(99995, 100000) < pooled
    table = "target: 99.995%\ncredit: {below: 99.995%, pay: 10%}"
    pool = f"\n  - name: pooled{impact}\n    expect: {{availability: {pooled}, credit: 0.00 USD}}\n"
    assert_holds(MONTH, "subject: pool", WINDOWS, table, examples=pool)
    alone = f"\n  - name: by itself{impact}\n    expect: {{availability: {single}, credit: 40.00 USD}}\n"
    assert_holds(MONTH, "subject: unit", WINDOWS, table, examples=alone)


def test_7_a_yearly_allowance_makes_months_depend_on_each_other():
    maintenance = "{{kind: maintenance, from: {0}, to: {1}, announced: 2026-01-01T00:00Z}}"
    april = ("2026-04-20T01:00Z", "2026-04-20T03:00Z")
    january = ("2026-01-10T00:00Z", "2026-01-10T11:00Z")
    alone, both = [april], [january, april]
    examples = "".join(
        f"""
  - name: {len(windows)} maintenance windows in the year
    fee: 1000.00 USD
    period: 2026-04
    impact: [{", ".join(f"{{from: {start}, to: {end}}}" for start, end in windows)}]
    excluded: [{", ".join(maintenance.format(*window) for window in windows)}]
    expect: {{availability: {availability}, credit: {credit} USD}}
"""
        for windows, availability, credit in ((alone, "1/1", "0.00"), (both, "719/720", "100.00"))
    )
    assert_holds(
        MONTH,
        WINDOWS,
        "exclude: {kind: maintenance, notice: 5 d, allowance: 12 h per year}",
        TABLE,
        examples=examples,
    )


def test_8_a_local_window_follows_the_clocks():
    # On 8 March 2026 in Chicago the clock goes from 02:00 to 03:00: the window is two hours, from 08:00Z to 10:00Z.
    naive_end = datetime(2026, 3, 8, 8, tzinfo=UTC) + timedelta(hours=3)
    assert naive_end.hour == 11, "three hours later by UTC, which would leave out 90 of the 120 minutes"
    assert_holds(
        "period: {kind: month, time_zone: America/Chicago}",
        WINDOWS,
        "exclude: {kind: recurring, from: 02:00, to: 05:00, time_zone: America/Chicago}",
        TABLE,
        examples="""
  - name: thirty minutes inside the window and ninety outside
    fee: 100.00 USD
    period: 2026-03
    impact: {from: 2026-03-08T09:30Z, to: 2026-03-08T11:30Z}
    expect: {availability: 1483/1486, credit: 10.00 USD}
  - name: a month of 743 hours
    fee: 100.00 USD
    period: 2026-03
    impact: {from: 2026-03-20T12:00Z, to: 2026-03-20T19:25:48Z}
    expect: {availability: 99/100, credit: 10.00 USD}
""",
    )


def test_9_twelve_minutes_of_one_clock_hour_pay_it_and_split_over_two_nothing():
    assert_holds(
        MONTH,
        WINDOWS,
        "gate: none",
        "target: 99%",
        "credit: {kind: hits, span: hour, longer_than: 10 min, pay: 1 h}",
        examples="""
  - name: within one hour
    fee: 720.00 USD
    period: 2026-04
    impact: {from: 2026-04-10T12:10Z, to: 2026-04-10T12:22Z}
    expect: {availability: 3599/3600, credit: 1.00 USD}
  - name: six and six over two hours
    fee: 720.00 USD
    period: 2026-04
    impact: {from: 2026-04-10T12:54Z, to: 2026-04-10T13:06Z}
    expect: {availability: 3599/3600, credit: 0.00 USD}
""",
    )


def test_10_the_minimum_is_tested_before_rounding():
    earned = Decimal("10.01") * Decimal("0.1")
    naive = earned.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert earned > 1
    assert not naive > 1, "whoever rounds first withholds it"
    assert_holds(
        MONTH,
        WINDOWS,
        TABLE,
        "minimum: {above: 1.00 USD}",
        examples="""
  - name: exactly a dollar is not more than a dollar
    fee: 10.00 USD
    period: 2026-04
    impact: {from: 2026-04-10T12:00Z, to: 2026-04-10T13:00Z}
    expect: {credit: 0.00 USD, unrounded: 0}
  - name: a tenth of a cent more is
    fee: 10.01 USD
    period: 2026-04
    impact: {from: 2026-04-10T12:00Z, to: 2026-04-10T13:00Z}
    expect: {credit: 1.00 USD, unrounded: 1001/1000}
""",
    )


@pytest.mark.parametrize(
    ("cap", "credit"),
    [
        pytest.param("", "300.00", id="without a cap it is the contract, not a bug"),
        pytest.param("cap: {at: 100%}", "100.00", id="the cap comes after stacking"),
    ],
)
def test_11_a_multiple_may_pay_more_than_the_fee(cap, credit):
    credits = (
        "credit: {kind: sum, of: [{kind: multiple, times: 100}, {kind: flat, pay: 100%}, {kind: flat, pay: 100%}]}"
    )
    assert_holds(
        MONTH,
        WINDOWS,
        "target: 99.9%",
        credits,
        cap,
        examples=f"""
  - name: a hundredth of the month, a hundred times over
    fee: 100.00 USD
    period: 2026-04
    impact: {{from: 2026-04-10T12:00Z, to: 2026-04-10T19:12Z}}
    expect: {{availability: 99/100, credit: {credit} USD}}
""",
    )


def test_12_the_invoice_that_receives_the_credit_is_not_known_yet():
    impact = """
    fee: 1500.00 USD
    period: 2026-04
    impact: {from: 2026-04-10T12:00Z, to: 2026-04-10T13:00Z}"""
    assert_holds(
        MONTH,
        WINDOWS,
        TABLE,
        "cap: {of: next_invoice, at: 100%}",
        examples=f"""
  - name: before the invoice is known nothing is cut{impact}
    expect: {{credit: 150.00 USD}}
  - name: an invoice of 120 takes no more than 120{impact}
    charges: {{next_invoice: 120.00 USD}}
    expect: {{credit: 120.00 USD}}
""",
    )
