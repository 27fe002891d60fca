"""The safety bounds, in numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sla_service.config import Settings
from sla_service.domain.bounds import Bounds, above_merchant, above_run, parse_bound
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money

BOUNDS = Bounds((parse_bound("USD 5000"),), (parse_bound("USD 1000000"),), 300)
MILLION = 100_000_000


@pytest.mark.parametrize(
    ("minor", "last", "said"),
    [
        (MILLION, None, []),
        (
            MILLION + 1,
            None,
            ["run total USD 1,000,000.01 is above the bound USD 1,000,000.00; no run was issued for the month before"],
        ),
        (4_000, {"USD": 1_000}, []),
        (
            4_010,
            {"USD": 1_000},
            ["run total USD 40.10 is 301 % off; last month it was USD 10.00, and the bound is 300 %"],
        ),
        (0, {"USD": 1_000}, []),
        (4_000, {"USD": 0}, []),
        (4_000, {}, []),
        (
            -MILLION - 1,
            None,
            ["run total USD -1,000,000.01 is above the bound USD 1,000,000.00; no run was issued for the month before"],
        ),
    ],
    ids=[
        "exactly at the bound is within it",
        "a cent more is above it",
        "300 percent more is within it",
        "a little more than that is not",
        "nothing is no reason to stop",
        "a quiet month is no measure of the next one",
        "nor is a currency that was not there",
        "what is taken back counts as much",
    ],
)
def test_a_run(minor, last, said):
    assert list(above_run(BOUNDS, [Money("USD", minor)], last)) == said


def test_a_merchant():
    assert above_merchant(BOUNDS, "m", Money("USD", 500_000)) is None
    assert above_merchant(BOUNDS, "m", Money("USD", 500_001)) == (
        "merchant m gets USD 5,000.01, above the bound USD 5,000.00 for one merchant"
    )


def test_a_currency_without_a_bound_has_none():
    assert above_merchant(BOUNDS, "m", Money("EUR", 10**14)) is None
    assert list(above_run(replace(BOUNDS, run=()), [Money("EUR", 10**14)], None)) == []


def test_bounds_are_settings():
    bounds = Settings.from_env({"SLA_BOUND_RUN": "USD 5|JPY 700", "SLA_BOUND_CHANGE": "50"}).bounds
    assert (bounds.run, bounds.change_percent) == ((Money("USD", 500), Money("JPY", 700)), 50)
    assert bounds.merchant == Bounds().merchant
    assert Settings.from_env({"SLA_BOUND_MERCHANT": ""}).bounds.merchant == ()


@pytest.mark.parametrize("text", ["5000", "USD", "USD -1", "USD 1,000", "usd 5", "USD 1.001"])
def test_a_bound_that_cannot_be_read_is_refused_with_what_to_write(text):
    with pytest.raises(InvalidValueError, match=r"SLA_BOUND_RUN: write .* USD 5000"):
        Settings.from_env({"SLA_BOUND_RUN": text})


def test_a_change_is_a_whole_number():
    for text in ("-1", "3x"):
        with pytest.raises(InvalidValueError, match="SLA_BOUND_CHANGE"):
            Settings.from_env({"SLA_BOUND_CHANGE": text})
