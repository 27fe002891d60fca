"""Error budgets: the same arithmetic as availability, seen from what is left."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.assessment import Measurement
from sla_service.domain.error_budget import BURN_ALERTS, budgets, burn_alerts, burn_rate, error_budget
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from tests.builders import a_policy, a_tier, down, percent
from tests.strategies import EDGES, measurements


@pytest.mark.parametrize(
    ("bad", "consumed", "left_minutes"),
    [
        pytest.param("0", "0", "21.6", id="untouched"),
        pytest.param("5.4", "1/4", "16.2", id="a quarter"),
        pytest.param("21.6", "1", "0", id="spent exactly"),
        pytest.param("216", "10", "-194.4", id="overspent ten times"),
    ],
)
def test_a_budget_of_99_95_per_cent_of_thirty_days(bad, consumed, left_minutes):
    budget = error_budget(down(bad), percent("99.95"))
    assert budget.budget_ms == Fraction("21.6") * MINUTE_MS
    assert budget.consumed_ratio == Fraction(consumed)
    assert budget.left_ms == Fraction(left_minutes) * MINUTE_MS


@pytest.mark.parametrize("bad", ["0", "1"])
def test_a_target_of_100_per_cent_has_no_budget(bad):
    budget = error_budget(down(bad), Fraction(1))
    assert budget.budget_ms == 0
    assert budget.consumed_ratio is None
    assert burn_rate(down(bad), a_policy(target=Fraction(1))) is None


def test_there_is_one_budget_for_the_target_and_one_for_each_edge_below_it():
    found = budgets(a_policy(), down("305"))
    assert [budget.edge for budget in found] == [percent("99.95"), percent("99"), percent("95")]
    assert [budget.budget_ms for budget in found] == [
        Fraction(minutes) * MINUTE_MS for minutes in ("21.6", "432", "2160")
    ]
    assert [budget.left_ms for budget in found] == [
        Fraction(minutes) * MINUTE_MS for minutes in ("-283.4", "127", "1855")
    ]


def test_edges_above_the_target_have_no_budget_and_holes_have_both_of_theirs():
    policy = a_policy(a_tier("99", "99.99", "10"), a_tier("90", "95", "25"), target=percent("99.9"))
    found = [budget.edge for budget in budgets(policy, down("0"))]
    assert found == [percent(edge) for edge in ("99.9", "99", "95", "90")]


@given(measurements(), st.sampled_from(EDGES))
def test_a_budget_is_overspent_exactly_where_the_availability_is_below_the_edge(measurement, edge):
    budget = error_budget(measurement, edge)
    assert (budget.left_ms < 0) == (measurement.availability < edge)
    assert budget.left_ms + budget.consumed_ms == budget.budget_ms == (1 - edge) * measurement.total_ms


@pytest.mark.parametrize(
    ("bad", "minutes", "target", "rate"),
    [
        pytest.param("0", 60, "99.9", "0", id="nothing is burnt"),
        pytest.param("0.06", 60, "99.9", "1", id="as fast as the budget allows"),
        pytest.param("0.864", 60, "99.9", "14.4", id="two per cent of a month's budget in an hour"),
        pytest.param("60", 60, "99.9", "1000", id="wholly down"),
        pytest.param("60", 60, "0", "1", id="a target of nothing"),
    ],
)
def test_burn_rate(bad, minutes, target, rate):
    assert burn_rate(down(bad, minutes), a_policy(target=percent(target))) == Fraction(rate)


@given(st.sampled_from([edge for edge in EDGES if edge < 1]), st.integers(0, 10**12))
def test_a_burn_rate_of_one_over_the_whole_period_spends_the_budget(edge, bad_ppm_ms):
    measurement = Measurement(bad_ppm_ms, 30 * DAY_MS)
    assert burn_rate(measurement, a_policy(target=edge)) == error_budget(measurement, edge).consumed_ratio


def test_the_alerts_for_thirty_days_are_those_of_the_workbook():
    assert burn_alerts(30 * DAY_MS) == list(BURN_ALERTS)
    assert [(alert.rate, alert.long_ms, alert.short_ms) for alert in BURN_ALERTS] == [
        (Fraction("14.4"), HOUR_MS, 5 * MINUTE_MS),
        (6, 6 * HOUR_MS, 30 * MINUTE_MS),
        (3, DAY_MS, 2 * HOUR_MS),
        (1, 3 * DAY_MS, 6 * HOUR_MS),
    ]


@pytest.mark.parametrize("days", [7, 28, 30, 31, 90])
def test_alerts_are_scaled_to_the_same_share_of_the_period_s_budget(days):
    period_ms = days * DAY_MS
    spent = [alert.rate * alert.long_ms / period_ms for alert in burn_alerts(period_ms)]
    assert spent == [Fraction(2, 100), Fraction(5, 100), Fraction(10, 100), Fraction(10, 100)]
