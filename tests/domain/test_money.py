"""Money: whole minor units, read without rounding and rounded once."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import (
    MAX_MINOR,
    MINOR_DIGITS,
    Money,
    Rounding,
    format_exact,
    minor_digits,
    round_to_money,
    totals,
)
from tests.builders import money
from tests.oracle import round_slowly
from tests.strategies import amounts, currencies, exact_minor, roundings


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        pytest.param("29.90", "USD", 2990, id="two decimals"),
        pytest.param("30000", "JPY", 30_000, id="a currency without decimals"),
        pytest.param("10.000", "KWD", 10_000, id="a currency with three decimals"),
        pytest.param("1.5", "USD", 150, id="fewer decimals than the currency has"),
        pytest.param("7", "USD", 700, id="no decimals"),
        pytest.param("0", "USD", 0, id="nothing"),
        pytest.param("0.01", "USD", 1, id="the smallest amount"),
        pytest.param("-29.90", "USD", -2990, id="an amount taken back"),
        pytest.param("10000000000000.00", "USD", MAX_MINOR, id="the largest amount"),
    ],
)
def test_an_amount_is_read_exactly(amount, currency, minor):
    assert Money.parse(amount, currency) == Money(currency, minor)


@pytest.mark.parametrize(
    ("amount", "currency", "rule"),
    [
        pytest.param("29.905", "USD", "minor_units", id="more decimals than the currency has"),
        pytest.param("29.900", "USD", "minor_units", id="more decimals, even if they are zeros"),
        pytest.param("1.0", "JPY", "minor_units", id="decimals in a currency without any"),
        pytest.param("1,299.50", "USD", "number_format", id="a separator of thousands"),
        pytest.param("29,90", "USD", "number_format", id="a decimal comma"),
        pytest.param("1E5", "JPY", "number_format", id="an exponent"),
        pytest.param("１２", "JPY", "number_format", id="digits of another script"),
        pytest.param("NaN", "USD", "number_format", id="not a number"),
        pytest.param("+1", "USD", "number_format", id="a plus sign"),
        pytest.param(" 1", "USD", "number_format", id="a space"),
        pytest.param("1\n", "USD", "number_format", id="a line end"),
        pytest.param("01", "USD", "number_format", id="a leading zero"),
        pytest.param(".5", "USD", "number_format", id="no digit before the point"),
        pytest.param("5.", "USD", "number_format", id="no digit after the point"),
        pytest.param("", "USD", "number_format", id="an empty field"),
        pytest.param("-", "USD", "number_format", id="a sign alone"),
        pytest.param("10000000000000.01", "USD", "amount_range", id="above the largest amount"),
        pytest.param("-10000000000000.01", "USD", "amount_range", id="below the smallest amount"),
        pytest.param("1", "usd", "currency_case", id="a currency in small letters"),
        pytest.param("1", "XYZ", "currency_unknown", id="a currency that does not exist"),
        pytest.param("1", "XAU", "currency_unknown", id="a metal"),
        pytest.param("1", "", "currency_unknown", id="no currency"),
    ],
)
def test_an_amount_is_refused(amount, currency, rule):
    with pytest.raises(InvalidValueError) as refused:
        Money.parse(amount, currency)
    assert [problem.rule for problem in refused.value.problems] == [rule]


@pytest.mark.parametrize(
    ("amount", "hint"),
    [
        pytest.param("1,299.50", "use . and no separators", id="separators"),
        pytest.param("1 299", "use . and no separators", id="spaces between digits"),
        pytest.param("a lot", "write a plain decimal", id="words"),
    ],
)
def test_a_refused_amount_says_how_to_write_it(amount, hint):
    with pytest.raises(InvalidValueError, match=hint):
        Money.parse(amount, "USD")


def test_a_currency_in_small_letters_is_told_its_code():
    with pytest.raises(InvalidValueError, match="write the currency as USD"):
        minor_digits("usd")


@pytest.mark.parametrize(("currency", "digits"), [("JPY", 0), ("USD", 2), ("EUR", 2), ("KWD", 3), ("CLP", 0)])
def test_a_currency_has_its_decimals(currency, digits):
    assert minor_digits(currency) == digits


def test_every_currency_code_is_three_capitals():
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in MINOR_DIGITS)
    assert len(MINOR_DIGITS) > 140
    assert set(MINOR_DIGITS.values()) == {0, 2, 3}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Money("USD", 2990), "USD 29.90"),
        (Money("USD", 5), "USD 0.05"),
        (Money("USD", -5), "USD -0.05"),
        (Money("JPY", 3000), "JPY 3000"),
        (Money("JPY", 0), "JPY 0"),
        (Money("KWD", 10_000), "KWD 10.000"),
        (Money("KWD", 1), "KWD 0.001"),
    ],
)
def test_an_amount_is_written_in_its_currency_s_decimals(value, text):
    assert str(value) == text


@given(amounts)
def test_what_is_written_is_read_back(value):
    assert Money.parse(value.amount, value.currency) == value


@pytest.mark.parametrize(
    ("minor", "half_up", "half_even", "down", "up"),
    [
        pytest.param("2.5", 3, 2, 2, 3, id="half above an even number"),
        pytest.param("3.5", 4, 4, 3, 4, id="half above an odd number"),
        pytest.param("2.499999", 2, 2, 2, 3, id="just under a half"),
        pytest.param("2.500001", 3, 3, 2, 3, id="just over a half"),
        pytest.param("0.5", 1, 0, 0, 1, id="half of the smallest unit"),
        pytest.param("0.001", 0, 0, 0, 1, id="a crumb"),
        pytest.param("7", 7, 7, 7, 7, id="a whole number"),
        pytest.param("0", 0, 0, 0, 0, id="nothing"),
        pytest.param("-2.5", -3, -2, -2, -3, id="half below zero goes away from zero"),
    ],
)
def test_rounding(minor, half_up, half_even, down, up):
    rounded = {rule: round_to_money(Fraction(minor), "USD", rule).minor for rule in Rounding}
    assert rounded == {
        Rounding.HALF_UP: half_up,
        Rounding.HALF_EVEN: half_even,
        Rounding.DOWN: down,
        Rounding.UP: up,
    }


@given(exact_minor, currencies, roundings)
def test_rounding_is_what_the_reference_says_and_less_than_one_unit_away(minor, currency, rule):
    rounded = round_to_money(minor, currency, rule)
    assert rounded == Money(currency, round_slowly(minor, rule))
    assert abs(rounded.minor - minor) < 1


def test_rounding_beyond_the_largest_amount_is_refused():
    assert round_to_money(Fraction(MAX_MINOR), "USD", Rounding.UP).minor == MAX_MINOR
    with pytest.raises(InvalidValueError):
        round_to_money(MAX_MINOR + Fraction(1, 2), "USD", Rounding.UP)


def test_totals_are_per_currency_in_order_of_the_code():
    added = totals([money("1.00 USD"), money("300 JPY"), money("2.50 USD"), money("-1.00 EUR")])
    assert list(map(str, added)) == ["EUR -1.00", "JPY 300", "USD 3.50"]


def test_totals_of_nothing_are_nothing():
    assert totals([]) == []


@given(st.lists(amounts.map(lambda m: Money(m.currency, m.minor // 1000)), max_size=20), st.randoms())
def test_totals_do_not_depend_on_order(values, order: random.Random):
    shuffled = order.sample(values, len(values))
    assert totals(shuffled) == totals(values)
    assert sum(m.minor for m in totals(values)) == sum(m.minor for m in values)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        pytest.param("2990", "USD", "29.90", id="whole units keep the currency's decimals"),
        pytest.param("2990.5", "USD", "29.905", id="a half is exact"),
        pytest.param("10000/3", "USD", "33.333333…", id="what has no end is cut, and says so"),
        pytest.param("20000/3", "USD", "66.666666…", id="and never rounded up"),
        pytest.param("3000", "JPY", "3000", id="a currency without decimals"),
        pytest.param("3000.5", "JPY", "3000.5", id="half of one"),
        pytest.param("9999.5", "KWD", "9.9995", id="a currency with three decimals"),
        pytest.param("0", "KWD", "0.000", id="nothing"),
        pytest.param("-10000/3", "USD", "-33.333333…", id="an amount taken back"),
        pytest.param("1/1000", "USD", "0.00001", id="a crumb"),
        pytest.param("1/1000000", "USD", "0.000000…", id="a crumb too small to show"),
    ],
)
def test_an_unrounded_amount_is_written_exactly_or_says_that_it_is_cut(minor, currency, text):
    assert format_exact(Fraction(minor), currency) == text


@given(exact_minor, currencies)
def test_an_unrounded_amount_is_never_written_larger_than_it_is(minor, currency):
    text = format_exact(minor, currency)
    written = Fraction(text.rstrip("…")) * 10 ** MINOR_DIGITS[currency]
    assert abs(written) <= abs(minor) < abs(written) + Fraction(10 ** MINOR_DIGITS[currency], 10**6)
    assert (written == minor) == (not text.endswith("…"))
