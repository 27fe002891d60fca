"""Error budgets and burn rates: the same arithmetic as availability, seen from what is left.

Multi-window alerts after the Google SRE workbook, chapter 5: a long and a short window, both above the same rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """How much downtime an edge allows in a period, and how much of it is gone."""

    edge: Fraction
    """The availability that must not be fallen below."""
    budget_ms: Fraction
    consumed_ms: Fraction

    @property
    def consumed_ratio(self) -> Fraction | None:
        """Consumed ÷ budget, above 1 when overspent; None where the edge is 100 % and there is no budget."""
        return self.consumed_ms / self.budget_ms if self.budget_ms else None

    @property
    def left_ms(self) -> Fraction:
        """What is left; negative when overspent."""
        return self.budget_ms - self.consumed_ms


def error_budget(measurement: Measurement, edge: Fraction) -> ErrorBudget:
    """Budget = (1 − edge) × denominator; consumed = counted downtime."""
    return ErrorBudget(edge, (1 - edge) * measurement.total_ms, measurement.bad_ms)


def budgets(policy: Policy, measurement: Measurement) -> list[ErrorBudget]:
    """The target's budget first, then one per tier edge below it, from the highest down.

    The time left until the next tier is the ``left_ms`` of the first one that is not overspent. Empty where a budget
    means nothing: no target, or a metric that is no share of anything.
    """
    target = policy.target
    if target is None or policy.is_metric:
        return []
    edges = {edge for tier in policy.tiers for edge in (tier.upper, tier.lower) if edge is not None and edge > 0}
    lower = sorted((edge for edge in edges if edge < target), reverse=True)
    return [error_budget(measurement, edge) for edge in (target, *lower)]


def consumed(policy: Policy, measurement: Measurement) -> Fraction | None:
    """The share of the target's error budget that is used up; None where there is no budget."""
    found = budgets(policy, measurement)
    return found[0].consumed_ratio if found else None


def burn_rate(measurement: Measurement, policy: Policy) -> Fraction | None:
    """(bad ÷ window) ÷ (1 − target): 1 spends the budget exactly over the period; None where there is no budget."""
    if policy.target is None or policy.is_metric or policy.target == 1:
        return None
    return (1 - measurement.availability) / (1 - policy.target)


@dataclass(frozen=True, slots=True)
class BurnAlert:
    """Alert when the burn rate is above ``rate`` over both windows."""

    rate: Fraction
    long_ms: int
    short_ms: int


BURN_ALERTS: Sequence[BurnAlert] = (
    BurnAlert(Fraction(144, 10), HOUR_MS, 5 * MINUTE_MS),
    BurnAlert(Fraction(6), 6 * HOUR_MS, 30 * MINUTE_MS),
    BurnAlert(Fraction(3), DAY_MS, 2 * HOUR_MS),
    BurnAlert(Fraction(1), 3 * DAY_MS, 6 * HOUR_MS),
)
"""For a period of 30 days: 2 %, 5 %, 10 % and 10 % of the budget gone within the long window."""
BURN_ALERT_PERIOD_MS = 30 * DAY_MS


def burn_alerts(period_ms: int) -> list[BurnAlert]:
    """The alerts for a period of another length: the same shares of its budget within the same windows."""
    scale = Fraction(period_ms, BURN_ALERT_PERIOD_MS)
    return [BurnAlert(alert.rate * scale, alert.long_ms, alert.short_ms) for alert in BURN_ALERTS]
