"""Indicators that are sums over usage: a metric's value is a figure of its own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.accounting.usage import UsageSum, measure_usage
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import RoundAvailability, TimeRounding
from sla_service.domain.policies.indicators import Metric, Statistic
from sla_service.domain.windows import Window
from tests.builders import a_policy

NANO = 10**9
MONTH_MS = 2_592_000_000


def values(*whole: Fraction) -> UsageSum:
    nano = [int(one * NANO) for one in whole]
    return UsageSum(0, -1, len(nano), 0, 0, 0, 0, sum(nano), len(nano), min(nano), max(nano))


def figure_of(found: UsageSum, statistic: Statistic = Statistic.MEAN, *steps: RoundAvailability) -> Fraction:
    policy = a_policy(indicator=Metric("loss", statistic=statistic), quantise=steps)
    measured = measured_by(policy, found)
    assert measured is not None
    return measured.decisive


def measured_by(policy: Policy, *found: UsageSum) -> Measurement | None:
    return measure_usage(policy, found, MONTH_MS, Window(0, MONTH_MS), lambda _: 0)


@pytest.mark.parametrize("statistic", Statistic)
def test_a_value_of_nothing_is_nothing_and_not_an_availability(statistic):
    assert figure_of(values(Fraction(0)), statistic) == 0


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=8))
def test_the_three_statistics_are_those_of_the_values(nano):
    found = values(*(Fraction(one, NANO) for one in nano))
    assert figure_of(found, Statistic.MEAN) == Fraction(sum(nano), len(nano) * NANO)
    assert figure_of(found, Statistic.MINIMUM) == Fraction(min(nano), NANO)
    assert figure_of(found, Statistic.MAXIMUM) == Fraction(max(nano), NANO)


@pytest.mark.parametrize(
    ("value", "rounding", "expected"),
    [
        ("2.5", TimeRounding.DOWN, 2),
        ("2.5", TimeRounding.UP, 3),
        ("2.5", TimeRounding.NEAREST, 3),
        ("2.4", TimeRounding.NEAREST, 2),
        ("0.4", TimeRounding.NEAREST, 0),
        ("0", TimeRounding.UP, 0),
    ],
)
def test_where_the_policy_rounds_a_value_the_rounded_one_decides(value, rounding, expected):
    step = RoundAvailability(Fraction(1), rounding)
    assert figure_of(values(Fraction(value)), Statistic.MEAN, step) == expected


def test_without_values_nothing_was_measured():
    policy = a_policy(indicator=Metric("loss"))
    assert measured_by(policy) is None
    assert measured_by(policy, replace(values(Fraction(1)), value_rows=0)) is None
