"""One period of one service of a merchant, as the portal and the API show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sla_service.domain.assessment import Measurement, Outcome, is_met
from sla_service.domain.error_budget import ErrorBudget
from sla_service.domain.incidents import Incident
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Gate
from sla_service.domain.statements import ImpactStep
from sla_service.domain.windows import Window
from sla_service.usecases.read_burn import BurnReading

OWED = {Outcome.CREDITED, Outcome.UNCLAIMED, Outcome.BELOW_MINIMUM}
"""Outcomes that only a broken promise has."""


@dataclass(frozen=True, slots=True)
class ServiceMonth:
    """One period of one service of a merchant, as it is shown with a month."""

    service: str
    policy: Policy | None
    time_zone: str
    window: Window | None
    """The part of the period in which the contract is in force."""
    as_of_ms: int
    """Until when it was measured: the end of the window, or now in a period that is not over."""
    issued: bool
    """Whether these are issued figures; otherwise an estimate from the evidence so far."""
    measurement: Measurement | None
    """Up to ``as_of``; None where it cannot be measured, and ``reason`` says why."""
    budgets: tuple[ErrorBudget, ...]
    """Over the whole window: the target's first, then one per tier edge; empty where a budget means nothing."""
    burn: tuple[BurnReading, ...]
    lines: tuple[dict[str, Any], ...]
    steps: tuple[ImpactStep, ...]
    incidents: tuple[Incident, ...]
    """Those of the lines, in order."""
    outcome: str
    """A value of ``Outcome``, ``parked`` or ``open`` (the period is not over)."""
    reason: str
    amount: Money
    statement_number: str | None = None
    service_ms: int = 0
    """Service time, where credits extend the term."""
    rights: tuple[str, ...] = ()
    claim_until: str = ""
    """The last day for a claim, as an ISO date, or its last instant, where one is needed."""
    decided_by: str = ""
    """Who decided, where the contract gives no answer."""
    decisive: Fraction | None = None
    """Over the whole window, what promise and table look at: a rounded availability, or a metric."""

    @property
    def is_credited(self) -> bool:
        """Whether something is credited: expected, or issued and not taken back since."""
        return self.outcome == Outcome.CREDITED or (self.issued and bool(self.amount.minor or self.service_ms))

    @property
    def is_missed(self) -> bool:
        """Whether the promise is broken, whatever else the period brings."""
        if self.policy is None or self.outcome in {Outcome.MET, "open", "parked"}:
            return False
        if self.outcome in OWED:
            return True
        if self.outcome == Outcome.NOTHING_OWED and self.policy.target is not None and self.policy.gate != Gate.NONE:
            return True
        if self.policy.target is None or self.decisive is None:
            return False
        promise = self.policy if self.policy.gate != Gate.NONE else replace(self.policy, gate=Gate.AT_LEAST)
        return not is_met(promise, self.decisive)
