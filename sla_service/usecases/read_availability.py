"""A merchant's month: availability, error budget, burn, incidents and credit.

An issued period is read as it was issued; any other is measured now, and is an estimate.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from sla_service.db.credits import list_lines, list_merchant_credits
from sla_service.db.incidents import list_incidents
from sla_service.db.parties import load_merchant
from sla_service.db.tables import CreditRecord
from sla_service.domain.accounting.rounding import rounded_availability
from sla_service.domain.assessment import Assessment, Measurement, Outcome, assess
from sla_service.domain.error_budget import budgets
from sla_service.domain.incidents import Curve, Incident, usage_incident
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.usecases.contract_facts import Surroundings, facts_of, surroundings
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.decide_credit import decisions_of
from sla_service.usecases.gather_evidence import Gathered
from sla_service.usecases.measure_merchant import MeasuredSubject, measure_gathered
from sla_service.usecases.measure_so_far import measure_so_far
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.read_burn import has_budget, read_burns
from sla_service.usecases.service_month import ServiceMonth
from sla_service.usecases.shown_periods import gather_shown
from sla_service.usecases.state_credits import impact_steps

Decisions = Mapping[tuple[str, str, str, int], Mapping[str, Any]]
Incidents = Mapping[str, Incident]


@dataclass(frozen=True, slots=True)
class _Issued:
    """A credit of an issued run."""

    credit: CreditRecord
    period: str
    number: str | None
    """Of the statement."""

    @property
    def contract(self) -> tuple[str, str]:
        """Which of the merchant's contracts."""
        return self.credit.service, self.credit.contract_starts_on

    @property
    def window(self) -> Window | None:
        """The part of the period that was measured; None for a parked case."""
        start_ms, end_ms = self.credit.period_start_ms, self.credit.period_end_ms
        return None if start_ms is None or end_ms is None else Window(start_ms, end_ms)


@dataclass(frozen=True, slots=True)
class _Now:
    """What the estimates of one merchant share."""

    now_ms: int
    incidents: Incidents
    surroundings: Surroundings
    decisions: Decisions


def read_month(session: Session, merchant_id: str, month: Month, *, now_ms: int) -> list[ServiceMonth]:
    """Every service that a merchant had a contract for in a month; empty if there was none.

    Returns:
        The periods that end with the month, and those that go on now; of a contract of which neither is there, the
        period that the month is a part of.

    Raises:
        NotFoundError: There is no such merchant.
    """
    load_merchant(session, merchant_id)
    gathered = gather_shown(session, month, now_ms=now_ms, merchant_id=merchant_id, also_running=True)
    every = [_Issued(*row) for row in _stored(session, merchant_id)]
    issued, left = _apart(every, gathered.subjects, month, now_ms)
    incidents = _incidents(session, gathered, issued)
    policies = {policy.digest: policy for policy in published_policies(session)} if issued else {}
    found = [_read(session, one, policies, incidents) for one in issued]
    if left:
        rest = replace(gathered, subjects=left, places=[])
        known = _Now(now_ms, incidents, surroundings(session, rest), decisions_of(session, str(month)))
        found += _estimates(rest, known)
    return sorted(_with_burns(gathered, found), key=lambda one: (one.service, one.window.start_ms if one.window else 0))


def _stored(session: Session, merchant_id: str) -> Iterable[tuple[CreditRecord, str, str | None]]:
    return ((credit, run.period, number) for credit, run, number in list_merchant_credits(session, merchant_id))


def _apart(
    every: Sequence[_Issued], subjects: Iterable[Subject], month: Month, now_ms: int
) -> tuple[list[_Issued], list[Subject]]:
    """What is issued of a month, and what is still to be measured.

    A period that was issued with another month, such as the quarter that this month is a part of, is read as issued.
    """
    issued = [one for one in every if one.period == str(month)]
    contracts = {one.contract for one in issued}
    left = []
    for subject in subjects:
        contract, window = (subject.contract.service, subject.contract.starts_on.isoformat()), subject.window
        elsewhere = next((one for one in every if window and one.contract == contract and one.window == window), None)
        if elsewhere is not None:
            issued += [] if elsewhere in issued else [elsewhere]
        elif contract not in contracts or (window is not None and window.end_ms > now_ms):
            left.append(subject)
    return issued, left


def _incidents(session: Session, gathered: Gathered, issued: Sequence[_Issued]) -> Incidents:
    """Every incident that a line may name."""
    known = {incident.incident_id: incident for incident in gathered.incidents}
    windows = [one.window for one in issued if one.window]
    if windows:
        near = Window(min(one.start_ms for one in windows), max(one.end_ms for one in windows))
        known |= {incident.incident_id: incident for incident in list_incidents(session, near=near)}
        known |= {(usage := usage_incident(one.credit.service)).incident_id: usage for one in issued}
    return known


def _with_burns(gathered: Gathered, found: Sequence[ServiceMonth]) -> list[ServiceMonth]:
    """Add burn rates: the bad time in the windows that end where the measurement does."""
    burning = [one for one in found if one.policy and has_budget(one.policy) and one.measurement]
    burns = read_burns(gathered, [one.as_of_ms for one in burning])
    return [
        replace(one, burn=burns.get((one.service, one.policy.digest, one.as_of_ms), ())) if one.policy else one
        for one in found
    ]


def _estimates(gathered: Gathered, known: _Now) -> list[ServiceMonth]:
    whole = measure_gathered(gathered)
    so_far = measure_so_far(gathered, whole, known.now_ms)
    return [
        _estimated(one, until_now, known)
        for one, until_now in zip(whole, so_far, strict=True)
        if one.window is None or one.window.start_ms < known.now_ms
    ]


def _estimated(one: MeasuredSubject, until_now: Measurement | None, known: _Now) -> ServiceMonth:
    subject, policy, window, now_ms = one.subject, one.subject.policy, one.window, known.now_ms
    fee = subject.contract.monthly_fee
    blank = ServiceMonth(
        service=subject.contract.service,
        policy=policy,
        time_zone=subject.time_zone or "UTC",
        window=window,
        as_of_ms=min(now_ms, window.end_ms) if window else now_ms,
        issued=False,
        measurement=until_now,
        budgets=(),
        burn=(),
        lines=one.lines,
        steps=tuple(impact_steps(one.lines, known.incidents, policy.curve)) if policy else (),
        incidents=_told(one.lines, known.incidents),
        outcome="parked",
        reason=subject.parked_reason or one.reason,
        amount=Money(fee.currency, 0),
    )
    if policy is None or window is None or one.measurement is None:
        return blank
    facts = facts_of(subject, policy, one.measurement, known.surroundings)
    assessment = assess(policy, one.measurement, facts)
    shown = replace(blank, budgets=tuple(budgets(policy, one.measurement)), decisive=one.measurement.decisive)
    contract = subject.contract
    key = (contract.merchant_id, contract.service, contract.starts_on.isoformat(), window.start_ms)
    decision = known.decisions.get(key)
    if decision is not None and assessment.outcome is Outcome.UNDEFINED and decision["currency"] == fee.currency:
        return _decided(shown, decision)
    is_open = window.end_ms > now_ms and assessment.outcome is Outcome.MET
    return _assessed(shown, assessment, "open" if is_open else assessment.outcome.value)


def _assessed(shown: ServiceMonth, assessment: Assessment, outcome: str) -> ServiceMonth:
    return replace(
        shown,
        outcome=outcome,
        reason=assessment.reason,
        amount=assessment.amount,
        service_ms=assessment.service_ms.__ceil__() if assessment.outcome is Outcome.CREDITED else 0,
        rights=assessment.rights,
        claim_until=assessment.claim_until,
    )


def _decided(shown: ServiceMonth, decision: Mapping[str, Any]) -> ServiceMonth:
    """As the next calculation will have it."""
    minor = decision["amount_minor"]
    return replace(
        shown,
        outcome=(Outcome.CREDITED if minor else Outcome.NOTHING_OWED).value,
        reason=decision["reason"],
        amount=Money(shown.amount.currency, minor),
        decided_by=decision["decided_by"],
    )


def _read(session: Session, one: _Issued, policies: Mapping[str, Policy], incidents: Incidents) -> ServiceMonth:
    credit, window = one.credit, one.window
    lines = tuple(line.model_dump() for line in list_lines(session, credit.run_id, credit.credit_no))
    policy = policies.get(credit.policy_digest or "")
    measurement = issued_measurement(credit, policy)
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
        # What was credited in all, also where it would be less by what is known today.
        amount=Money(credit.currency, credit.before_minor + credit.stated_minor),
        statement_number=one.number,
        service_ms=credit.before_service_ms + credit.stated_service_ms,
        rights=tuple(filter(None, (credit.rights or "").split("; "))),
        claim_until=credit.claim_until or "",
        decided_by=credit.decided_by or "",
        decisive=measurement.decisive if measurement else None,
    )


def issued_measurement(credit: CreditRecord, policy: Policy | None) -> Measurement | None:
    """What a stored credit says was measured; None where nothing was, or for a metric whose value was not kept."""
    if credit.bad_ppm_ms is None or not credit.total_ms:
        return None
    kept = json.loads(credit.steps).get("figure") if credit.steps else None
    if policy is not None and policy.is_metric:
        return Measurement(0, credit.total_ms, figure=Fraction(kept)) if kept else None
    if credit.availability is None:
        return Measurement(credit.bad_ppm_ms, credit.total_ms)
    # Whole units of bad time may be cut; the ratio is exact.
    found = Measurement((1 - Fraction(credit.availability)) * credit.total_ms * SHARE_FULL_PPM, credit.total_ms)
    if policy is None:
        return found
    return replace(found, figure=Fraction(kept) if kept else rounded_availability(policy, found))


def _told(lines: Sequence[dict[str, Any]], incidents: Incidents) -> tuple[Incident, ...]:
    return tuple(incidents[i] for i in dict.fromkeys(line["incident_id"] for line in lines))
