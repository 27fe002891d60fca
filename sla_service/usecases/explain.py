"""Explain one merchant's month: every step from the evidence to the cent, and what other methods would have given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from sla_service.db.parties import load_merchant
from sla_service.domain.assessment import Assessment, Measurement, Outcome, assess
from sla_service.domain.error_budget import ErrorBudget, budgets, burn_rate
from sla_service.domain.errors import ConflictError, NotFoundError
from sla_service.domain.facts import Facts
from sla_service.domain.groups import Grouped, Member, grouped
from sla_service.domain.incidents import Curve, Incident
from sla_service.domain.parties import Merchant
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.indicators import Windows
from sla_service.usecases.contract_facts import Surroundings, facts_of, surroundings
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.decide_credit import decisions_of
from sla_service.usecases.measure_merchant import MeasuredSubject, measure_gathered
from sla_service.usecases.read_availability import read_month
from sla_service.usecases.service_month import ServiceMonth
from sla_service.usecases.shown_periods import gather_shown

Decisions = Mapping[tuple[str, str, str, int], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What one accounting method gives, with everything else of the policy unchanged."""

    curve: Curve
    measurement: Measurement
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Explanation:
    """One period of a contract. Without a measurement, the subject's ``parked_reason`` or its ``reason`` says why."""

    merchant: Merchant
    measured: MeasuredSubject
    facts: Facts | None
    """Fee, charges, claim and what came before, as far as the policy asks for them."""
    assessment: Assessment | None
    budgets: tuple[ErrorBudget, ...]
    """Empty where a budget means nothing."""
    burn_ratio: Fraction | None
    """Burn rate over the whole period; None without a budget."""
    methods: tuple[MethodResult, ...]
    """Empty where downtime is not read out of windows."""
    incidents: dict[str, Incident]
    is_estimate: bool
    """Whether the period is still running: time to come is taken as up."""
    stored: ServiceMonth | None
    """The issued figures, if the month is issued."""
    decision: Mapping[str, Any] | None = None
    """What a person decided, where the contract gives no answer: amount_minor, currency, reason, decided_by."""
    grouped: Grouped | None = None
    """What the policy's group leaves of the credit, where it is in one."""

    @property
    def own_minor(self) -> int:
        """The credit by itself: computed, or decided where the contract has no answer."""
        if self.assessment is None:
            return 0
        if self.assessment.outcome is Outcome.UNDEFINED and self.decision is not None:
            amount: int = self.decision["amount_minor"]
            return amount
        return self.assessment.amount.minor


@dataclass(frozen=True, slots=True)
class _Known:
    """What the periods of one merchant share."""

    merchant: Merchant
    surroundings: Surroundings
    incidents: dict[str, Incident]
    issued: list[ServiceMonth]
    decisions: Decisions
    now_ms: int


def explain(session: Session, merchant_id: str, month: Month, *, now_ms: int) -> list[Explanation]:
    """Recompute a merchant's month from the evidence as it is now.

    Returns:
        The periods that are due with the month; of a contract of which none is due, the one that is running.

    Raises:
        NotFoundError: There is no such merchant, or it had no contract in the month.
        ConflictError: The month has not begun.
    """
    merchant = load_merchant(session, merchant_id)
    gathered = gather_shown(session, month, now_ms=now_ms, merchant_id=merchant_id)
    if not gathered.subjects:
        raise NotFoundError(f"merchant {merchant_id} had no contract in {month}")
    if all(subject.window and subject.window.start_ms >= now_ms for subject in gathered.subjects):
        raise ConflictError("period_open", f"{month} has not begun; there is nothing to explain yet")
    known = _Known(
        merchant,
        surroundings(session, gathered),
        {incident.incident_id: incident for incident in gathered.incidents},
        [one for one in read_month(session, merchant_id, month, now_ms=now_ms) if one.issued],
        decisions_of(session, str(month)),
        now_ms,
    )
    own = measure_gathered(gathered)
    others: dict[Curve, list[MeasuredSubject]] = {}
    if any(isinstance(policy.indicator, Windows) for policy in gathered.policies):
        others = {curve: measure_gathered(gathered, curve=_always(curve)) for curve in Curve}
    found = [_explain(one, {curve: all_[i] for curve, all_ in others.items()}, known) for i, one in enumerate(own)]
    return _with_groups(found, month)


def _with_groups(found: list[Explanation], month: Month) -> list[Explanation]:
    """The explanations with what the groups of their policies leave of each that is due with the month."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, one in enumerate(found):
        subject = one.measured.subject
        if subject.policy is not None and subject.policy.group is not None and _is_due(subject, month):
            groups[subject.policy.group.name, subject.contract.monthly_fee.currency].append(i)
    told = list(found)
    for places in groups.values():
        for i, left in zip(places, grouped([_member(found[i]) for i in places]), strict=True):
            told[i] = replace(found[i], grouped=left)
    return told


def _is_due(subject: Subject, month: Month) -> bool:
    return subject.period is not None and Month.at(subject.period.end_ms - 1, subject.time_zone) == month


def _member(one: Explanation) -> Member:
    subject = one.measured.subject
    assert subject.policy is not None  # noqa: S101 - the caller's condition
    contract = subject.contract
    return Member(
        subject.policy, (contract.service, contract.starts_on.isoformat()), contract.monthly_fee, one.own_minor
    )


def _always(curve: Curve) -> Callable[[Policy], Curve]:
    return lambda _policy: curve


def _explain(one: MeasuredSubject, others: dict[Curve, MeasuredSubject], known: _Known) -> Explanation:
    subject, policy, measurement, contract = one.subject, one.subject.policy, one.measurement, one.subject.contract
    stored = next((s for s in known.issued if s.service == contract.service and s.window == one.window), None)
    is_estimate = one.window is not None and one.window.end_ms > known.now_ms
    if policy is None or measurement is None:
        nothing = (None, None, (), None, ())
        return Explanation(known.merchant, one, *nothing, known.incidents, is_estimate, stored)
    facts = facts_of(subject, policy, measurement, known.surroundings)
    start_ms = one.window.start_ms if one.window else 0
    return Explanation(
        known.merchant,
        one,
        facts,
        assess(policy, measurement, facts),
        tuple(budgets(policy, measurement)),
        burn_rate(measurement, policy),
        tuple(_methods(policy, others, known.surroundings)),
        known.incidents,
        is_estimate,
        stored,
        known.decisions.get((contract.merchant_id, contract.service, contract.starts_on.isoformat(), start_ms)),
    )


def _methods(policy: Policy, others: dict[Curve, MeasuredSubject], known: Surroundings) -> list[MethodResult]:
    """Other ways to read the same windows; there are none for what is not read out of windows."""
    if not isinstance(policy.indicator, Windows):
        return []
    return [
        MethodResult(
            curve,
            other.measurement,
            assess(policy, other.measurement, facts_of(other.subject, policy, other.measurement, known)),
        )
        for curve, other in others.items()
        if other.measurement is not None
    ]
