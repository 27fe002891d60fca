"""A merchant's month as the portal and the API show it: availability, error budget, burn, incidents and credit.

An issued month is read as it was issued; any other month is measured now, and is an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from sla_service.db.credits import list_lines, list_merchant_credits
from sla_service.db.incidents import list_incidents
from sla_service.db.parties import load_merchant
from sla_service.db.tables import CreditRecord
from sla_service.domain.assessment import Measurement, Outcome, assess
from sla_service.domain.error_budget import BurnAlert, ErrorBudget, budgets, burn_alerts, burn_rate
from sla_service.domain.incidents import Curve, Incident
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.statements import ImpactStep
from sla_service.domain.windows import Window
from sla_service.usecases.gather_evidence import Gathered, around, gather, published_policies
from sla_service.usecases.measure_merchant import MeasuredSubject, measure_gathered
from sla_service.usecases.state_credits import impact_steps


@dataclass(frozen=True, slots=True)
class BurnReading:
    """How fast the budget burned over one alert's two windows before ``as_of``; None where there is no budget."""

    alert: BurnAlert
    long_rate: Fraction | None
    short_rate: Fraction | None

    @property
    def firing(self) -> bool:
        """Whether both windows burn faster than the alert's rate."""
        rates = (self.long_rate, self.short_rate)
        return all(rate is not None and rate > self.alert.rate for rate in rates)


@dataclass(frozen=True, slots=True)
class ServiceMonth:
    """One service of a merchant in one month."""

    service: str
    policy: Policy | None
    time_zone: str
    window: Window | None
    """The part of the month in which the contract is in force."""
    as_of_ms: int
    """Until when it was measured: the end of the window, or now in a month that is not over."""
    issued: bool
    """Whether these are issued figures; otherwise an estimate from the evidence so far."""
    measurement: Measurement | None
    """Up to ``as_of``; None where it cannot be measured, and ``reason`` says why."""
    budgets: tuple[ErrorBudget, ...]
    """Over the whole window: the target's first, then one per tier edge."""
    burn: tuple[BurnReading, ...]
    lines: tuple[dict[str, Any], ...]
    steps: tuple[ImpactStep, ...]
    incidents: tuple[Incident, ...]
    """Those of the lines, in order."""
    outcome: str
    """A value of ``Outcome``, ``parked`` or ``open`` (the month is not over)."""
    reason: str
    amount: Money
    statement_number: str | None = None


def read_month(session: Session, merchant_id: str, month: Month, *, now_ms: int) -> list[ServiceMonth]:
    """Every service that a merchant had a contract for in a month; empty if there was none.

    Raises:
        NotFoundError: There is no such merchant.
    """
    load_merchant(session, merchant_id)
    issued = {
        (credit.service, credit.contract_starts_on): (credit, number)
        for credit, run, number in list_merchant_credits(session, merchant_id)
        if run.period == str(month)
    }
    gathered = gather(session, month, as_of_ms=now_ms, merchant_id=merchant_id)
    incidents = {incident.incident_id: incident for incident in list_incidents(session, near=around(month))}
    policies = {policy.digest: policy for policy in published_policies(session)}
    found = [_issued(session, credit, number, policies, incidents) for credit, number in issued.values()]
    gathered.subjects = [
        subject
        for subject in gathered.subjects
        if (subject.contract.service, subject.contract.starts_on.isoformat()) not in issued
    ]
    found += [_estimated(one, now_ms, incidents) for one in _measured_so_far(gathered, now_ms)]
    burns = _burns(session, merchant_id, month, now_ms, found)
    return sorted(burns, key=lambda one: (one.service, one.window.start_ms if one.window else 0))


def _measured_so_far(gathered: Gathered, now_ms: int) -> list[MeasuredSubject]:
    measured = []
    for one in measure_gathered(gathered):
        if one.window is None or one.window.end_ms <= now_ms or one.measurement is None:
            measured.append(one)
        elif one.window.start_ms < now_ms:
            # Nothing is known of the time to come: it is in the budget, not in the availability.
            elapsed = now_ms - one.window.start_ms - one.unmeasured_ms
            so_far = Measurement(one.measurement.bad_ppm_ms, elapsed) if elapsed > 0 else None
            measured.append(
                MeasuredSubject(one.subject, one.window, so_far, one.excluded_ppm_ms, one.unmeasured_ms, one.lines),
            )
    return measured


def _estimated(one: MeasuredSubject, now_ms: int, incidents: dict[str, Incident]) -> ServiceMonth:
    subject, policy, window = one.subject, one.subject.policy, one.window
    fee = subject.contract.monthly_fee
    outcome, reason, amount = "parked", subject.parked_reason, Money(fee.currency, 0)
    found: Sequence[ErrorBudget] = ()
    if policy and window and one.measurement:
        whole = Measurement(one.measurement.bad_ppm_ms, window.duration_ms - one.unmeasured_ms)
        found = budgets(policy, whole)
        assessment = assess(policy, whole, fee)
        outcome, reason, amount = assessment.outcome.value, assessment.reason, assessment.amount
        if window.end_ms > now_ms and outcome == Outcome.MET:
            outcome = "open"
    return ServiceMonth(
        service=subject.contract.service,
        policy=policy,
        time_zone=subject.time_zone or "UTC",
        window=window,
        as_of_ms=min(now_ms, window.end_ms) if window else now_ms,
        issued=False,
        measurement=one.measurement,
        budgets=tuple(found),
        burn=(),
        lines=one.lines,
        steps=tuple(impact_steps(one.lines, incidents, policy.curve)) if policy else (),
        incidents=_told(one.lines, incidents),
        outcome=outcome,
        reason=reason,
        amount=amount,
    )


def _issued(
    session: Session,
    credit: CreditRecord,
    number: str | None,
    policies: dict[str, Policy],
    incidents: dict[str, Incident],
) -> ServiceMonth:
    lines = tuple(line.model_dump() for line in list_lines(session, credit.run_id, credit.credit_no))
    policy = policies.get(credit.policy_digest or "")
    measurement = None
    if credit.bad_ppm_ms is not None and credit.total_ms:
        measurement = Measurement(credit.bad_ppm_ms, credit.total_ms)
    window = None
    if credit.period_start_ms is not None and credit.period_end_ms is not None:
        window = Window(credit.period_start_ms, credit.period_end_ms)
    return ServiceMonth(
        service=credit.service,
        policy=policy,
        time_zone=credit.time_zone or "UTC",
        window=window,
        as_of_ms=window.end_ms if window else 0,
        issued=True,
        measurement=measurement,
        budgets=tuple(budgets(policy, measurement)) if policy and measurement else (),
        burn=(),
        lines=lines,
        steps=tuple(impact_steps(lines, incidents, Curve(credit.curve))) if credit.curve else (),
        incidents=_told(lines, incidents),
        outcome=credit.outcome,
        reason=credit.reason or "",
        amount=Money(credit.currency, credit.amount_minor),
        statement_number=number,
    )


def _told(lines: Sequence[dict[str, Any]], incidents: dict[str, Incident]) -> tuple[Incident, ...]:
    return tuple(incidents[i] for i in dict.fromkeys(line["incident_id"] for line in lines))


def _burns(
    session: Session,
    merchant_id: str,
    month: Month,
    now_ms: int,
    found: list[ServiceMonth],
) -> list[ServiceMonth]:
    """Add burn rates: the bad time in the windows that end where the measurement does."""
    ends = {one.as_of_ms for one in found if one.window and one.policy and one.measurement}
    if not ends:
        return found
    gathered = gather(session, month, as_of_ms=now_ms, merchant_id=merchant_id)
    burned: dict[tuple[str, int], tuple[BurnReading, ...]] = {}
    for end_ms in sorted(ends):
        alerts = burn_alerts(month.window("UTC").duration_ms)
        windows = [Window(end_ms - length, end_ms) for alert in alerts for length in (alert.long_ms, alert.short_ms)]
        measured = measure_gathered(gathered, windows=windows)
        for at in range(0, len(measured), len(windows)):
            batch = measured[at : at + len(windows)]
            if len(batch) == len(windows) and batch[0].subject.policy:
                burned[batch[0].subject.contract.service, end_ms] = _readings(batch, alerts)
    return [replace(one, burn=burned.get((one.service, one.as_of_ms), ())) for one in found]


def _readings(batch: Sequence[MeasuredSubject], alerts: Sequence[BurnAlert]) -> tuple[BurnReading, ...]:
    policy = batch[0].subject.policy
    target = policy.target if policy else Fraction(1)
    rates = [burn_rate(one.measurement, target) if one.measurement else None for one in batch]
    return tuple(BurnReading(alert, rates[2 * i], rates[2 * i + 1]) for i, alert in enumerate(alerts))
