"""How fast error budgets burn: the bad time in the windows of each alert, by the code that measures the period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sla_service.domain.error_budget import BURN_ALERTS, BurnAlert, burn_alerts, burn_rate
from sla_service.domain.policies import Policy
from sla_service.domain.windows import Window
from sla_service.usecases.gather_evidence import Gathered
from sla_service.usecases.measure_merchant import MeasuredSubject, measure_gathered

BurnKey = tuple[str, str, int]
"""Service, digest of the policy, and the end of the windows."""


@dataclass(frozen=True, slots=True)
class BurnReading:
    """How fast the budget burned over one alert's two windows before ``as_of``; None where nothing was measured."""

    alert: BurnAlert
    long_rate: Fraction | None
    short_rate: Fraction | None

    @property
    def firing(self) -> bool:
        """Whether both windows burn faster than the alert's rate."""
        rates = (self.long_rate, self.short_rate)
        return all(rate is not None and rate > self.alert.rate for rate in rates)


def has_budget(policy: Policy) -> bool:
    """Whether a policy has an error budget that can burn."""
    return policy.target is not None and not policy.is_metric


def read_burns(gathered: Gathered, ends: Iterable[int]) -> Mapping[BurnKey, tuple[BurnReading, ...]]:
    """The readings of everything gathered at some instants; policies without a budget have none."""
    found: dict[BurnKey, tuple[BurnReading, ...]] = {}
    for end_ms in sorted(set(ends)):
        windows = [Window(end_ms - length, end_ms) for one in BURN_ALERTS for length in (one.long_ms, one.short_ms)]
        measured = [one for one in measure_gathered(gathered, windows=windows) if one.window is not None]
        for at in range(0, len(measured), len(windows)):
            batch = measured[at : at + len(windows)]
            policy = batch[0].subject.policy
            if policy is not None and has_budget(policy):
                found[batch[0].subject.contract.service, policy.digest, end_ms] = _readings(policy, batch)
    return found


def _readings(policy: Policy, batch: Sequence[MeasuredSubject]) -> tuple[BurnReading, ...]:
    period = batch[0].subject.period or batch[0].subject.window
    alerts = burn_alerts(period.duration_ms) if period else BURN_ALERTS
    rates = [burn_rate(one.measurement, policy) if one.measurement else None for one in batch]
    return tuple(BurnReading(alert, rates[2 * i], rates[2 * i + 1]) for i, alert in enumerate(alerts))
