"""Explain one merchant's month: every step from the evidence to the cent, and what other methods would have given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from sla_service.db.incidents import list_incidents
from sla_service.db.parties import load_merchant
from sla_service.domain.assessment import Assessment, Measurement, assess
from sla_service.domain.error_budget import ErrorBudget, budgets, burn_rate
from sla_service.domain.errors import ConflictError, NotFoundError
from sla_service.domain.incidents import Curve, Incident
from sla_service.domain.parties import Merchant
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.usecases.gather_evidence import around, gather
from sla_service.usecases.measure_merchant import MeasuredSubject, measure_gathered
from sla_service.usecases.read_availability import ServiceMonth, read_month


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What one accounting method gives, with everything else of the policy unchanged."""

    curve: Curve
    measurement: Measurement
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Explanation:
    """One contract of the merchant in the month. Without a measurement, the subject's ``parked_reason`` says why."""

    merchant: Merchant
    measured: MeasuredSubject
    assessment: Assessment | None
    budgets: tuple[ErrorBudget, ...]
    burn_ratio: Fraction | None
    """Burn rate over the whole period; None without a budget."""
    methods: tuple[MethodResult, ...]
    incidents: dict[str, Incident]
    is_estimate: bool
    """Whether the period is still running: time to come is taken as up."""
    stored: ServiceMonth | None
    """The issued figures, if the month is issued."""


def explain(session: Session, merchant_id: str, month: Month, *, now_ms: int) -> list[Explanation]:
    """Recompute a merchant's month from the evidence as it is now.

    Raises:
        NotFoundError: There is no such merchant, or it had no contract in the month.
        ConflictError: The month has not begun.
    """
    merchant = load_merchant(session, merchant_id)
    gathered = gather(session, month, as_of_ms=now_ms, merchant_id=merchant_id)
    if not gathered.subjects:
        raise NotFoundError(f"merchant {merchant_id} had no contract in {month}")
    if all(subject.window and subject.window.start_ms >= now_ms for subject in gathered.subjects):
        raise ConflictError("period_open", f"{month} has not begun; there is nothing to explain yet")
    incidents = {incident.incident_id: incident for incident in list_incidents(session, near=around(month))}
    own = measure_gathered(gathered)
    others = {curve: measure_gathered(gathered, curve=_always(curve)) for curve in Curve}
    issued = [one for one in read_month(session, merchant_id, month, now_ms=now_ms) if one.issued]
    return [
        _explain(merchant, one, {curve: found[i] for curve, found in others.items()}, incidents, issued, now_ms)
        for i, one in enumerate(own)
    ]


def _always(curve: Curve) -> Callable[[Policy], Curve]:
    return lambda _policy: curve


def _explain(
    merchant: Merchant,
    one: MeasuredSubject,
    others: dict[Curve, MeasuredSubject],
    incidents: dict[str, Incident],
    issued: list[ServiceMonth],
    now_ms: int,
) -> Explanation:
    policy, measurement, contract = one.subject.policy, one.measurement, one.subject.contract
    stored = next((s for s in issued if s.service == contract.service and s.window == one.window), None)
    is_estimate = one.window is not None and one.window.end_ms > now_ms
    if policy is None or measurement is None:
        return Explanation(merchant, one, None, (), None, (), incidents, is_estimate, stored)
    fee = contract.monthly_fee
    methods = [
        MethodResult(curve, other.measurement, assess(policy, other.measurement, fee))
        for curve, other in others.items()
        if other.measurement is not None
    ]
    return Explanation(
        merchant,
        one,
        assess(policy, measurement, fee),
        tuple(budgets(policy, measurement)),
        burn_rate(measurement, policy.target),
        tuple(methods),
        incidents,
        is_estimate,
        stored,
    )
