"""Shares and ratios: exact inside, and never shown better than they are."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.shares import (
    format_floored,
    format_floored_between,
    format_percent,
    parse_available_percent,
    parse_percent,
    parse_share,
)

SHARES = [
    pytest.param("0", 0, id="nothing"),
    pytest.param("1", 1_000_000, id="all of it"),
    pytest.param("0.5", 500_000, id="half"),
    pytest.param("0.000001", 1, id="the smallest share"),
    pytest.param("1.000000", 1_000_000, id="all of it with decimals"),
]
NO_SHARES = [
    pytest.param("1.000001", "range", id="more than all of it"),
    pytest.param("50", "range", id="a percentage by mistake"),
    pytest.param("-0.5", "range", id="less than nothing"),
    pytest.param("0.0000001", "range", id="more than six decimals"),
    pytest.param("50%", "number_format", id="a percentage with its sign"),
    pytest.param(".5", "number_format", id="no digit before the point"),
    pytest.param("0,5", "number_format", id="a decimal comma"),
    pytest.param("０.5", "number_format", id="digits of another script"),
    pytest.param("0.5\n", "number_format", id="a line end"),
    pytest.param("", "number_format", id="an empty field"),
]


@pytest.mark.parametrize(("text", "ppm"), SHARES)
def test_a_share_is_read(text, ppm):
    assert parse_share(text) == ppm


@pytest.mark.parametrize(("text", "rule"), NO_SHARES)
def test_a_share_is_refused(text, rule):
    with pytest.raises(InvalidValueError, match="write a share from 0 to 1") as refused:
        parse_share(text)
    assert refused.value.problems[0].rule == rule


@pytest.mark.parametrize(
    ("text", "ppm"),
    [
        pytest.param("50", 500_000, id="half"),
        pytest.param("50%", 500_000, id="half, with its sign"),
        pytest.param("50 %", 500_000, id="half, with a space before the sign"),
        pytest.param("0", 0, id="nothing"),
        pytest.param("100", 1_000_000, id="all of it"),
        pytest.param("99.9999", 999_999, id="the smallest step"),
    ],
)
def test_an_available_percentage_is_read(text, ppm):
    assert parse_available_percent(text) == ppm


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("100.0001", "percent_range", id="more than all of it"),
        pytest.param("-1", "percent_range", id="less than nothing"),
        pytest.param("99.99999", "percent_range", id="more than four decimals"),
        pytest.param("1e2", "number_format", id="an exponent"),
        pytest.param("50%%", "number_format", id="two signs"),
        pytest.param("%", "number_format", id="a sign alone"),
        pytest.param("half", "number_format", id="a word"),
    ],
)
def test_an_available_percentage_is_refused(text, rule):
    with pytest.raises(InvalidValueError, match="from 0 to 100") as refused:
        parse_available_percent(text)
    assert refused.value.problems[0].rule == rule


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("99.95%", Fraction(1999, 2000)),
        ("100%", Fraction(1)),
        ("0%", Fraction(0)),
        ("99.9 %", Fraction(999, 1000)),
        ("99.999999999%", 1 - Fraction(1, 10**11)),
        ("1000%", Fraction(10)),
    ],
)
def test_a_percentage_is_read_exactly(text, ratio):
    assert parse_percent(text) == ratio


@pytest.mark.parametrize("text", ["99.95", "0.9995", "99,95%", "%", "-1%", "1e2%", "099%", "99.95%\n", "99.95  %", ""])
def test_a_percentage_is_refused(text):
    with pytest.raises(InvalidValueError, match=r"write a percentage with its sign, such as 99\.95%"):
        parse_percent(text)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Fraction(1999, 2000), "99.95%"),
        (Fraction(1), "100%"),
        (Fraction(0), "0%"),
        (Fraction(1, 1000), "0.1%"),
        (Fraction(10), "1000%"),
    ],
)
def test_a_term_is_written_without_trailing_zeros(ratio, text):
    assert format_percent(ratio) == text


def test_a_ratio_without_finite_decimal_is_no_term():
    with pytest.raises(ValueError, match="8579/8640 is not a decimal percentage"):
        format_percent(Fraction(8579, 8640))


@given(st.integers(0, 10**9))
def test_a_term_that_is_written_is_read_back(billionths):
    ratio = Fraction(billionths, 10**9)
    assert parse_percent(format_percent(ratio)) == ratio


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        pytest.param(Fraction(8579, 8640), "99.2939%", id="the outage of 19 September 2023"),
        pytest.param(Fraction(9999996, 10**7), "99.9999%", id="99.99996 % does not read as 100 %"),
        pytest.param(Fraction(1), "100.0000%", id="all of it"),
        pytest.param(Fraction(0), "0.0000%", id="nothing"),
        pytest.param(Fraction(-1, 31), "-3.2259%", id="below nothing it is floored too"),
        pytest.param(Fraction(-1, 10**9), "-0.0001%", id="a crumb below nothing"),
        pytest.param(Fraction(1, 20), "5.0000%", id="one digit before the point"),
    ],
)
def test_a_result_is_floored(ratio, text):
    assert format_floored(ratio) == text


@given(st.fractions(-2, 2), st.integers(0, 9))
def test_a_result_never_reads_as_more_than_it_is_nor_a_step_less(ratio, digits):
    shown = Fraction(format_floored(ratio, digits).rstrip("%")) / 100
    assert shown <= ratio < shown + Fraction(1, 100 * 10**digits)


@pytest.mark.parametrize(
    ("ratio", "edge", "text"),
    [
        pytest.param("0.99949", "0.9995", "99.9490%", id="four digits tell them apart"),
        pytest.param("0.9994999", "0.9995", "99.9499%", id="just under the edge"),
        pytest.param("0.999500001", "0.9995", "99.9500001%", id="just over the edge"),
        pytest.param("0.9995", "0.9995", "99.9500%", id="exactly on the edge"),
        pytest.param("0.99999999", "1", "99.9999%", id="under an edge of 100 %"),
        pytest.param("0.99950000000001", "0.9995", "99.950000000%", id="closer than nine digits can say"),
    ],
)
def test_a_result_beside_an_edge_gets_the_digits_that_tell_them_apart(ratio, edge, text):
    assert format_floored_between(Fraction(ratio), Fraction(edge)) == text


@given(st.fractions(0, 1), st.sampled_from(["0.9995", "0.99", "0.95", "1"]).map(Fraction))
def test_a_result_reads_on_its_own_side_of_the_edge(ratio, edge):
    shown = Fraction(format_floored_between(ratio, edge).rstrip("%")) / 100
    assert shown <= ratio
    if ratio - edge > Fraction(1, 10**10):
        assert shown > edge
    if ratio < edge:
        assert shown < edge
