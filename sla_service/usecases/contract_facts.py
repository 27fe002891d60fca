"""What an assessment needs besides the measurement, from the contract, its charges, its claims and its past."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.bulk import rows_of
from sla_service.db.evidence import load_charges, load_claims
from sla_service.db.history import load_history
from sla_service.domain.accounting.rounding import rounded_figure
from sla_service.domain.claims import claim_days
from sla_service.domain.credited_outages import credited_outages
from sla_service.domain.cycles import months_in
from sla_service.domain.facts import Charge, Facts
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import minor_digits
from sla_service.domain.periods import Month, day_count
from sla_service.domain.plain import needs_only_fee
from sla_service.domain.policies import Policy
from sla_service.domain.policies.payment import MONTHLY_FEE, PERIOD_FEE, ChargeMonth, Chronic
from sla_service.usecases.business_days import business_days
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.credited_before import earlier_of, looks_back, with_earlier
from sla_service.usecases.gather_evidence import Gathered

Key = tuple[str, str]
"""Merchant and service."""
Row = Mapping[str, Any]

Charged = tuple[str, Fraction, str, str]
"""Kind, amount in major units, currency, month."""


@dataclass(slots=True)
class Surroundings:
    """What is known about the contracts of a month besides their evidence; empty where no policy asks for it."""

    month: Month
    charges: dict[Key, list[Charged]] = field(default_factory=dict)
    claims: dict[Key, Row] = field(default_factory=dict)
    """``claimed_ms`` (None: not yet) and ``aware_ms``."""
    history: dict[Key, list[Row]] = field(default_factory=dict)
    rows: dict[str, pa.Table] = field(default_factory=dict)
    """What was read, by noun, as it was read."""
    plain: dict[str, bool] = field(default_factory=dict)
    """By policy's digest: whether it needs nothing but the fee."""


def surroundings(session: Session, gathered: Gathered) -> Surroundings:
    """Read what the policies in use ask for, about the merchants that were gathered."""
    found = Surroundings(gathered.month)
    if any(_asks_charges(policy) for policy in gathered.policies):
        found.rows["charges"] = _charges(session, gathered)
        found.charges = _by_contract(found.rows["charges"])
    if any(policy.claim for policy in gathered.policies):
        rows = found.rows["claims"] = load_claims(session, str(gathered.month), gathered.among)
        found.claims = {(row["merchant_id"], row["service"]): row for row in rows_of(rows)}
    if any(_asks_history(policy) for policy in gathered.policies):
        earlier: dict[Key, list[Row]] = defaultdict(list)
        found.rows["history"] = load_history(session, str(gathered.month), among=gathered.among)
        for row in rows_of(found.rows["history"]):
            earlier[row["merchant_id"], row["service"]].append(row)
        found.history = dict(earlier)
    return found


def facts_of(subject: Subject, policy: Policy, measurement: Measurement, known: Surroundings) -> Facts:
    """The facts for one subject.

    Policies that need only the fee get nothing else, so that merchants with one fee are one case.
    """
    fee = subject.contract.monthly_fee
    if policy.digest not in known.plain:
        known.plain[policy.digest] = needs_only_fee(policy)
    if known.plain[policy.digest] or subject.period is None:
        return Facts(fee)
    key = (subject.contract.merchant_id, subject.contract.service)
    until, claimed = _claim(subject, policy, measurement, known.claims.get(key))
    past = [row for row in known.history.get(key, []) if row["currency"] == fee.currency]
    facts = Facts(
        fee,
        months_in(policy.period),
        subject.period.duration_ms,
        subject.time_zone,
        tuple(_charges_of(subject, policy, known.month, known.charges.get(key, []))),
        history=tuple(_figure(policy, row) for row in past if row["policy"] == policy.policy and row["availability"]),
        is_claimed=claimed,
        claim_until=until,
        period_days=day_count(subject.period, subject.time_zone),
        in_force=_in_force(subject) if policy.base.prorated else Fraction(1),
    )
    earlier = [earlier_of(row, subject.time_zone) for row in past] if looks_back(policy) else []
    return with_earlier(policy, facts, earlier, subject, known.month) if earlier else facts


def _in_force(subject: Subject) -> Fraction:
    """The part of the period in which the contract is in force, by real time."""
    if subject.window is None or subject.period is None:
        return Fraction(1)
    return Fraction(subject.window.duration_ms, subject.period.duration_ms)


def _figure(policy: Policy, row: Row) -> Fraction:
    """What decided about a past period: a metric's value, or its availability, rounded where this period's is."""
    figure = json.loads(row["steps"]).get("figure") if row["steps"] else None
    return Fraction(figure) if figure else rounded_figure(policy, Fraction(row["availability"]))


def _asks_charges(policy: Policy) -> bool:
    return bool({*policy.base.of, *(cap.of for cap in policy.caps)} - {MONTHLY_FEE, PERIOD_FEE})


def _asks_history(policy: Policy) -> bool:
    return looks_at_history(policy) or bool(looks_back(policy))


def looks_at_history(policy: Policy) -> bool:
    """Whether it matters how the periods before were."""
    return policy.due_after is not None or any(isinstance(rule, Chronic) for rule in policy.chronic)


def _charges(session: Session, gathered: Gathered) -> pa.Table:
    """The charges of every month that a policy in use may ask for."""
    longest = max(months_in(policy.period).__ceil__() for policy in gathered.policies)
    months = [gathered.month.next, gathered.month]
    for _ in range(2 * longest + 1):
        months.append(months[-1].previous)
    return load_charges(session, [str(month) for month in months], gathered.among)


def _by_contract(charges: pa.Table) -> dict[Key, list[Charged]]:
    found: dict[Key, list[Charged]] = defaultdict(list)
    for row in rows_of(charges):
        charge = (row["kind"], Fraction(row["amount"]), row["currency"], row["month"])
        found[row["merchant_id"], row["service"]].append(charge)
    return dict(found)


def charge_months(policy: Policy, month: Month) -> dict[str, ChargeMonth]:
    """The months whose charges a period that is due with a month may ask for, the latest first.

    Those of the period itself, as many before them, and the one after them. A week has the month with which it is due,
    90 rolling days have three.
    """
    which = {str(month.next): ChargeMonth.NEXT}
    for when in (ChargeMonth.THIS, ChargeMonth.PREVIOUS):
        for _ in range(max(1, round(months_in(policy.period)))):
            which[str(month)] = when
            month = month.previous
    return which


def _charges_of(subject: Subject, policy: Policy, month: Month, charges: Sequence[Charged]) -> Iterable[Charge]:
    which = charge_months(policy, month) if charges else {}
    for kind, amount, currency, charged in charges:
        if currency == subject.contract.monthly_fee.currency and charged in which:
            yield Charge(kind, amount * 10 ** minor_digits(currency), which[charged])


def _claim(subject: Subject, policy: Policy, measurement: Measurement, claim: Row | None) -> tuple[str, bool]:
    """The last day or instant for a claim, and whether there was one in time; nothing and yes where none is needed."""
    if policy.claim is None or subject.period is None:
        return "", True
    asks = policy.claim.looks_at_outages
    currency = subject.contract.monthly_fee.currency
    days = claim_days(
        policy.claim,
        credited_outages(policy, measurement, currency, subject.time_zone) if asks else (),
        subject.period,
        subject.time_zone,
        aware_at_ms=claim["aware_ms"] if claim else None,
        is_business_day=business_days(policy.claim.holidays),
    )
    claimed_ms = claim["claimed_ms"] if claim else None
    claimed = claimed_ms is not None and days.has(claimed_ms, subject.time_zone)
    return days.until, claimed
