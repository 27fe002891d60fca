"""From a measurement to a credit: gate, table, cap, minimum, and one rounding."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.assessment import Measurement, Outcome, assess
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money, Rounding
from sla_service.domain.policies.payment import Cap
from sla_service.domain.shares import format_floored
from tests.builders import a_minimum, a_policy, a_tier, available, down, money, percent
from tests.oracle import credit_slowly
from tests.strategies import fees, measurements, monotone_tables, policies, tables_as_written

FEE = money("299.00 USD")


def credit_of(policy, ratio: str, fee: Money = FEE) -> tuple[Outcome, str]:
    """What an availability in per cent comes to."""
    assessed = assess(policy, available(percent(ratio)), fee)
    return assessed.outcome, str(assessed.amount)


# The worked table


@pytest.mark.parametrize(
    ("bad_minutes", "shown", "credit"),
    [
        pytest.param("220", "99.4907%", "29.90", id="only full outage counts"),
        pytest.param("279.5", "99.3530%", "29.90", id="linear between two reports"),
        pytest.param("305", "99.2939%", "29.90", id="a report holds until the next"),
        pytest.param("570", "98.6805%", "74.75", id="any impact counts as down"),
        pytest.param("630", "98.5416%", "74.75", id="the status page's own window"),
    ],
)
def test_the_outage_of_19_september_2023(bad_minutes, shown, credit):
    assessed = assess(a_policy(), down(bad_minutes), FEE)
    assert format_floored(assessed.availability) == shown
    assert str(assessed.amount) == f"USD {credit}"
    assert assessed.outcome is Outcome.CREDITED


def test_the_availability_is_an_exact_ratio():
    assert down(305).availability == Fraction(8579, 8640)


@pytest.mark.parametrize(
    ("fee", "credit"),
    [
        pytest.param("299.00 USD", "USD 29.90", id="two decimals"),
        pytest.param("30000 JPY", "JPY 3000", id="a currency without decimals"),
        pytest.param("99.995 KWD", "KWD 10.000", id="three decimals, half up"),
        pytest.param("0.05 USD", "USD 0.01", id="half a cent is a cent"),
        pytest.param("-299.00 USD", "USD -29.90", id="a fee taken back"),
    ],
)
def test_a_tenth_of_the_fee(fee, credit):
    assert str(assess(a_policy(), down(305), money(fee)).amount) == credit


@pytest.mark.parametrize(
    ("rounding", "credit"),
    [
        (Rounding.HALF_UP, "KWD 10.000"),
        (Rounding.HALF_EVEN, "KWD 10.000"),
        (Rounding.DOWN, "KWD 9.999"),
        (Rounding.UP, "KWD 10.000"),
    ],
)
def test_the_policy_s_rounding_is_used(rounding, credit):
    # A tenth of KWD 99.995 is KWD 9.9995, half a fils above an odd number of them.
    assert str(assess(a_policy(rounding=rounding), down(305), money("99.995 KWD")).amount) == credit


# The gate and the edges


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        pytest.param("100", (Outcome.MET, "USD 0.00"), id="no downtime is met"),
        pytest.param("99.95", (Outcome.MET, "USD 0.00"), id="exactly on the commitment is met"),
        pytest.param("99.949999", (Outcome.CREDITED, "USD 29.90"), id="just below the commitment is missed"),
        pytest.param("99", (Outcome.CREDITED, "USD 29.90"), id="exactly on the first edge is the first row"),
        pytest.param("98.999999", (Outcome.CREDITED, "USD 74.75"), id="just below the first edge is the second row"),
        pytest.param("95", (Outcome.CREDITED, "USD 74.75"), id="exactly on the second edge is the second row"),
        pytest.param("94.999999", (Outcome.CREDITED, "USD 299.00"), id="just below the second edge is the last row"),
        pytest.param("0", (Outcome.CREDITED, "USD 299.00"), id="nothing at all is the last row"),
    ],
)
def test_edges_with_from_and_below(ratio, expected):
    assert credit_of(a_policy(), ratio) == expected


@pytest.mark.parametrize(
    ("ratio", "credit"),
    [
        pytest.param("99.949999", "USD 29.90", id="just below the commitment"),
        pytest.param("99.000001", "USD 29.90", id="just above the edge is the first row"),
        pytest.param("99", "USD 299.00", id="exactly on the edge is the second row"),
        pytest.param("98.999999", "USD 299.00", id="just below the edge is the second row"),
    ],
)
def test_edges_with_above_and_up_to(ratio, credit):
    policy = a_policy(
        a_tier("99", "99.95", "10", lower_inclusive=False), a_tier("0", "99", "100", upper_inclusive=True)
    )
    assert credit_of(policy, ratio) == (Outcome.CREDITED, credit)


def test_a_target_below_the_table_is_a_gate_of_its_own():
    policy = a_policy(target=percent("99.5"))
    assert credit_of(policy, "99.9") == (Outcome.MET, "USD 0.00")
    assert credit_of(policy, "99.5") == (Outcome.MET, "USD 0.00")
    assert credit_of(policy, "99.499") == (Outcome.CREDITED, "USD 29.90")


def test_an_availability_below_zero_is_in_the_last_row():
    # A fixed month of 30 days can hold 31 days of outage.
    assessed = assess(a_policy(), down(44_640), FEE)
    assert assessed.availability == Fraction(-1, 30)
    assert str(assessed.amount) == "USD 299.00"


def test_an_availability_below_zero_is_not_in_a_row_that_ends_above_it():
    policy = a_policy(a_tier("10", "99.95", "10"))
    assert assess(policy, down(44_640), FEE).outcome is Outcome.UNDEFINED


# Holes and overlaps


@pytest.mark.parametrize(
    ("rows", "ratio", "reason"),
    [
        pytest.param(
            [("99", "99.9", "10"), ("0", "99", "100")],
            "99.92",
            "no row of the credit table of storefront-plus v3 covers 99.9200%, which is below the target",
            id="between the target and the table",
        ),
        pytest.param(
            [("99.5", "99.95", "10"), ("0", "99", "100")],
            "99.2",
            "no row of the credit table of storefront-plus v3 covers 99.2000%, which is below the target",
            id="a hole between two rows",
        ),
        pytest.param(
            [("99", "99.95", "10"), ("95", "99", "25")],
            "94",
            "no row of the credit table of storefront-plus v3 covers 94.0000%, which is below the target",
            id="below the table",
        ),
        pytest.param(
            [("99", "99.95", "10"), ("0", "99.5", "100")],
            "99.2",
            "rows 1 and 2 of the credit table of storefront-plus v3 both cover 99.2000%",
            id="two rows that overlap",
        ),
    ],
)
def test_what_the_table_does_not_say_goes_to_a_person(rows, ratio, reason):
    assessed = assess(a_policy(*(a_tier(*row) for row in rows)), available(percent(ratio)), FEE)
    assert assessed.outcome is Outcome.UNDEFINED
    assert assessed.reason == reason
    assert str(assessed.amount) == "USD 0.00"
    assert assessed.tier is assessed.rate is None


@pytest.mark.parametrize(
    ("upper_inclusive", "lower_inclusive", "outcome"),
    [
        pytest.param(False, True, Outcome.CREDITED, id="the upper row has the edge"),
        pytest.param(True, False, Outcome.CREDITED, id="the lower row has the edge"),
        pytest.param(False, False, Outcome.UNDEFINED, id="no row has the edge"),
        pytest.param(True, True, Outcome.UNDEFINED, id="both rows have the edge"),
    ],
)
def test_an_edge_can_be_a_hole_or_an_overlap_by_itself(upper_inclusive, lower_inclusive, outcome):
    policy = a_policy(
        a_tier("99", "99.95", "10", lower_inclusive=lower_inclusive),
        a_tier("0", "99", "25", upper_inclusive=upper_inclusive),
    )
    assert assess(policy, available(percent("99")), FEE).outcome is outcome
    assert assess(policy, available(percent("99.1")), FEE).outcome is Outcome.CREDITED
    assert assess(policy, available(percent("98.9")), FEE).outcome is Outcome.CREDITED


def test_above_the_target_a_hole_does_not_matter():
    assert credit_of(a_policy(a_tier("0", "99", "10")), "99.95") == (Outcome.MET, "USD 0.00")


# Cap


def test_a_cap_makes_the_credit_smaller_and_says_so():
    policy = a_policy(a_tier("0", "99.95", "1000"), cap=Cap(percent("100")))
    assessed = assess(policy, down(305), FEE)
    assert str(assessed.amount) == "USD 299.00"
    assert assessed.before_cap_minor == 299_000
    assert assessed.cap_minor == assessed.unrounded_minor == 29_900
    assert assessed.cap_applied


def test_a_cap_that_is_reached_exactly_takes_nothing():
    assessed = assess(a_policy(cap=Cap(percent("10"))), down(305), FEE)
    assert str(assessed.amount) == "USD 29.90"
    assert not assessed.cap_applied


def test_without_a_cap_a_multiple_credits_more_than_the_fee():
    assessed = assess(a_policy(a_tier("0", "99.95", "1000")), down(305), FEE)
    assert str(assessed.amount) == "USD 2990.00"
    assert assessed.cap_minor is None
    assert not assessed.cap_applied


def test_the_cap_is_not_rounded_before_the_credit_is():
    # A third of 1.00 is 33.33… cents; it is capped exactly and rounded up once.
    policy = a_policy(a_tier("0", "99.95", "100"), cap=Cap(Fraction(1, 3)), rounding=Rounding.UP)
    assessed = assess(policy, down(305), money("1.00 USD"))
    assert assessed.unrounded_minor == Fraction(100, 3)
    assert str(assessed.amount) == "USD 0.34"


# Minimum


@pytest.mark.parametrize(
    ("fee", "minimum", "strict", "expected"),
    [
        pytest.param("10.00 USD", "1.00 USD", False, (Outcome.CREDITED, "USD 1.00"), id="the minimum itself is paid"),
        pytest.param(
            "10.00 USD", "1.00 USD", True, (Outcome.BELOW_MINIMUM, "USD 0.00"), id="more than 1.00 withholds 1.00"
        ),
        pytest.param("10.01 USD", "1.00 USD", True, (Outcome.CREDITED, "USD 1.00"), id="more than 1.00 issues 1.001"),
        pytest.param(
            "9.99 USD", "1.00 USD", False, (Outcome.BELOW_MINIMUM, "USD 0.00"), id="0.999 is below, and rounds to 1"
        ),
        pytest.param("9.99 USD", "1.00 EUR", False, (Outcome.CREDITED, "USD 1.00"), id="another currency's minimum"),
        pytest.param("9 JPY", "1 JPY", False, (Outcome.BELOW_MINIMUM, "JPY 0"), id="a currency without decimals"),
        pytest.param("9.995 KWD", "1.000 KWD", False, (Outcome.BELOW_MINIMUM, "KWD 0.000"), id="three decimals"),
    ],
)
def test_a_minimum_is_tested_before_rounding(fee, minimum, strict, expected):
    policy = a_policy(minimums=(a_minimum(minimum, strict=strict),))
    assessed = assess(policy, down(305), money(fee))
    assert (assessed.outcome, str(assessed.amount)) == expected


def test_the_minimum_is_the_one_of_the_fee_s_currency():
    policy = a_policy(minimums=(a_minimum("1000.00 EUR"), a_minimum("1.00 USD")))
    assert assess(policy, down(305), FEE).minimum == money("1.00 USD")
    assert assess(policy, down(305), money("30000 JPY")).minimum is None


def test_the_minimum_is_tested_after_the_cap():
    policy = a_policy(cap=Cap(percent("1")), minimums=(a_minimum("3.00 USD"),))
    assert assess(policy, down(305), FEE).outcome is Outcome.BELOW_MINIMUM


# Nothing owed


@pytest.mark.parametrize(
    ("policy", "fee"),
    [
        pytest.param(a_policy(a_tier("0", "99.95", "0")), "299.00 USD", id="the row pays nothing"),
        pytest.param(a_policy(), "0.00 USD", id="the service is free"),
        pytest.param(a_policy(), "0.04 USD", id="nothing is left after rounding"),
        pytest.param(a_policy(cap=Cap(Fraction(0))), "299.00 USD", id="the cap is nothing"),
    ],
)
def test_nothing_is_owed_where_nothing_is_left(policy, fee):
    assessed = assess(policy, down(305), money(fee))
    assert assessed.outcome is Outcome.NOTHING_OWED
    assert assessed.amount.minor == 0


# What a result carries


def test_a_credit_carries_its_steps():
    policy = a_policy(cap=Cap(percent("50")), minimums=(a_minimum("1.00 USD", strict=True),))
    assessed = assess(policy, down(570), money("99.99 USD"))
    assert assessed.tier == 1
    assert assessed.rate == Fraction(1, 4)
    assert assessed.before_cap_minor == Fraction(9999, 4)
    assert assessed.cap_minor == Fraction(9999, 2)
    assert assessed.unrounded_minor == Fraction(9999, 4)
    assert assessed.minimum == money("1.00 USD")
    assert str(assessed.amount) == "USD 25.00"
    assert assessed.reason == ""


# Measurements


@pytest.mark.parametrize(
    ("bad_ppm_ms", "total_ms", "rule"),
    [
        pytest.param(0, 0, "nothing_measured", id="nothing is left to measure"),
        pytest.param(0, -1, "nothing_measured", id="less than nothing is left to measure"),
        pytest.param(-1, 1, "range", id="negative downtime"),
    ],
)
def test_a_measurement_is_refused(bad_ppm_ms, total_ms, rule):
    with pytest.raises(InvalidValueError) as refused:
        Measurement(bad_ppm_ms, total_ms)
    assert refused.value.problems[0].rule == rule


def test_a_measurement_of_no_downtime_is_all_of_it():
    assert Measurement(0, 1).availability == 1


def test_downtime_in_milliseconds_of_full_outage_is_exact():
    assert Measurement(1_500_000, 10).bad_ms == Fraction(3, 2)


# Properties


@given(policies(tables_as_written()) | policies(monotone_tables()), measurements(), fees)
def test_every_table_credits_as_the_reference_does(policy, measurement, fee):
    assessed = assess(policy, measurement, fee)
    expected = credit_slowly(policy, measurement.availability, fee)
    assert (None if assessed.outcome is Outcome.UNDEFINED else assessed.amount.minor) == expected
    assert assessed.amount.currency == fee.currency
    assert (assessed.outcome is Outcome.CREDITED) == (assessed.amount.minor != 0)
    assert bool(assessed.reason) == (assessed.outcome is Outcome.UNDEFINED)


@given(policies(monotone_tables()), measurements(), st.integers(0, 10**10), fees)
def test_more_downtime_never_lowers_a_credit(policy, measurement, more_ppm_ms, fee):
    worse = Measurement(measurement.bad_ppm_ms + more_ppm_ms, measurement.total_ms)
    less, more = assess(policy, measurement, fee), assess(policy, worse, fee)
    assert Outcome.UNDEFINED not in {less.outcome, more.outcome}
    assert more.amount >= less.amount


@given(policies(monotone_tables()), measurements(), st.integers(2, 1000), fees)
def test_the_unit_in_which_time_is_counted_does_not_matter(policy, measurement, factor, fee):
    finer = Measurement(measurement.bad_ppm_ms * factor, measurement.total_ms * factor)
    assert assess(policy, finer, fee) == assess(policy, measurement, fee)


def test_a_row_that_pays_nothing_owes_nothing_whatever_the_minimum():
    policy = a_policy(a_tier("0", "99.95", "0"), minimums=(a_minimum("1.00 USD"),))
    assert assess(policy, down(100), FEE).outcome is Outcome.NOTHING_OWED
