"""What an assessment needs besides the measurement, from the contract, its charges, its claims and its past."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from sla_service.db.bulk import rows_of
from sla_service.db.evidence import load_charges, load_claims
from sla_service.db.history import load_history
from sla_service.domain.accounting.detail import pays_shares_only
from sla_service.domain.accounting.rounding import rounded_figure
from sla_service.domain.assessment import is_whole
from sla_service.domain.claims import claim_days
from sla_service.domain.cycles import months_in
from sla_service.domain.facts import Charge, Facts
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import minor_digits
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.payment import MONTHLY_FEE, PERIOD_FEE, Cap, CapPer, ChargeMonth, Chronic
from sla_service.usecases.business_days import business_days
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.gather_evidence import Gathered

Key = tuple[str, str]
"""Merchant and service."""
Row = Mapping[str, Any]

Charged = tuple[str, Fraction, str, str]
"""Kind, amount in major units, currency, month."""

YEAR_MONTHS = 12


@dataclass(slots=True)
class Surroundings:
    """What is known about the contracts of a month besides their evidence; empty where no policy asks for it."""

    month: Month
    charges: dict[Key, list[Charged]] = field(default_factory=dict)
    claims: dict[Key, Row] = field(default_factory=dict)
    """``claimed_ms`` (None: not yet) and ``aware_ms``."""
    history: dict[Key, list[Row]] = field(default_factory=dict)
    plain: dict[str, bool] = field(default_factory=dict)
    """By policy's digest: whether it needs nothing but the fee."""


def surroundings(session: Session, gathered: Gathered, merchant_id: str | None = None) -> Surroundings:
    """Read what the policies in use ask for."""
    found = Surroundings(gathered.month)
    if any(_asks_charges(policy) for policy in gathered.policies):
        found.charges = _charges(session, gathered, merchant_id)
    if any(policy.claim for policy in gathered.policies):
        rows = rows_of(load_claims(session, str(gathered.month), merchant_id))
        found.claims = {(row["merchant_id"], row["service"]): row for row in rows}
    if any(_asks_history(policy) for policy in gathered.policies):
        earlier: dict[Key, list[Row]] = defaultdict(list)
        for row in rows_of(load_history(session, str(gathered.month), merchant_id=merchant_id)):
            earlier[row["merchant_id"], row["service"]].append(row)
        found.history = dict(earlier)
    return found


def facts_of(subject: Subject, policy: Policy, measurement: Measurement, known: Surroundings) -> Facts:
    """The facts for one subject.

    Policies that need only the fee get nothing else, so that merchants with one fee are one case.
    """
    fee = subject.contract.monthly_fee
    if policy.digest not in known.plain:
        known.plain[policy.digest] = _is_plain(policy)
    if known.plain[policy.digest] or subject.period is None:
        return Facts(fee)
    key = (subject.contract.merchant_id, subject.contract.service)
    until, claimed = _claim(subject, policy, measurement, known.claims.get(key))
    past = [row for row in known.history.get(key, []) if row["currency"] == fee.currency]
    return Facts(
        fee,
        months_in(policy.period),
        subject.period.duration_ms,
        subject.time_zone,
        tuple(_charges_of(subject, policy, known.month, known.charges.get(key, []))),
        tuple(_before(policy, past, "amount_minor", subject, known.month)),
        tuple(_before(policy, past, "service_ms", subject, known.month)),
        tuple(_figure(policy, row) for row in past if row["policy"] == policy.policy and row["availability"]),
        claimed,
        until,
    )


def after_this_run(policy: Policy, facts: Facts, minor: int, service_ms: int, figures: Iterable[Fraction]) -> Facts:
    """The facts after earlier periods of the same run: weeks of one month share caps and a past.

    Args:
        policy: The terms.
        facts: From the months before.
        minor: Credited for the earlier periods.
        service_ms: The same in service time.
        figures: What decided about them, in order.
    """
    if looks_back(policy):
        facts = replace(facts, history=(*facts.history, *figures))
    pers = sorted({cap.per for cap in policy.caps} - {CapPer.PERIOD, CapPer.OUTAGE})
    if not pers or not (minor or service_ms):
        return facts
    credited, served = dict(facts.credited_before), dict(facts.served_before)
    return replace(
        facts,
        credited_before=tuple((per, credited.get(per, Fraction(0)) + minor) for per in pers),
        served_before=tuple((per, served.get(per, Fraction(0)) + service_ms) for per in pers),
    )


def _is_plain(policy: Policy) -> bool:
    return (
        pays_shares_only(policy.credit)
        and is_whole(policy)
        and policy.claim is None
        and not policy.chronic
        and policy.due_after is None
        and set(policy.base.of) == {MONTHLY_FEE}
        and all(_is_plain_cap(cap) for cap in policy.caps)
    )


def _is_plain_cap(cap: Cap) -> bool:
    return cap.of == MONTHLY_FEE and cap.per is CapPer.PERIOD and not isinstance(cap.at, int)


def _figure(policy: Policy, row: Row) -> Fraction:
    """What decided about a past period: a metric's value, or its availability, rounded where this period's is."""
    figure = json.loads(row["steps"]).get("figure") if row["steps"] else None
    return Fraction(figure) if figure else rounded_figure(policy, Fraction(row["availability"]))


def _asks_charges(policy: Policy) -> bool:
    return bool({*policy.base.of, *(cap.of for cap in policy.caps)} - {MONTHLY_FEE, PERIOD_FEE})


def _asks_history(policy: Policy) -> bool:
    return looks_back(policy) or any(cap.per not in {CapPer.PERIOD, CapPer.OUTAGE} for cap in policy.caps)


def looks_back(policy: Policy) -> bool:
    """Whether it matters how the periods before were."""
    return policy.due_after is not None or any(isinstance(rule, Chronic) for rule in policy.chronic)


def _charges(session: Session, gathered: Gathered, merchant_id: str | None) -> dict[Key, list[Charged]]:
    """The charges of every month that a policy in use may ask for."""
    longest = max(months_in(policy.period).__ceil__() for policy in gathered.policies)
    months = [gathered.month.next, gathered.month]
    for _ in range(2 * longest + 1):
        months.append(months[-1].previous)
    found: dict[Key, list[Charged]] = defaultdict(list)
    for row in rows_of(load_charges(session, [str(month) for month in months], merchant_id)):
        charge = (row["kind"], Fraction(row["amount"]), row["currency"], row["month"])
        found[row["merchant_id"], row["service"]].append(charge)
    return dict(found)


def _charges_of(subject: Subject, policy: Policy, month: Month, charges: Iterable[Charged]) -> Iterable[Charge]:
    """Charges of the period's own months, of as many before them, and of the month after them."""
    long = max(1, months_in(policy.period).__floor__())
    which = {str(month.next): ChargeMonth.NEXT}
    for when in (ChargeMonth.THIS, ChargeMonth.PREVIOUS):
        for _ in range(long):
            which[str(month)] = when
            month = month.previous
    for kind, amount, currency, charged in charges:
        if currency == subject.contract.monthly_fee.currency and charged in which:
            yield Charge(kind, amount * 10 ** minor_digits(currency), which[charged])


def _before(
    policy: Policy, past: Iterable[Row], column: str, subject: Subject, month: Month
) -> Iterable[tuple[CapPer, Fraction]]:
    """What was credited earlier, as far as each kind of cap in the policy looks back."""
    rows = list(past)
    for per in sorted({cap.per for cap in policy.caps} - {CapPer.PERIOD, CapPer.OUTAGE}):
        first = _first_month(per, subject.contract.starts_on, month)
        yield per, sum((Fraction(row[column]) for row in rows if row["month"] >= first), Fraction(0))


def _first_month(per: CapPer, starts_on: date, month: Month) -> str:
    match per:
        case CapPer.YEAR:
            return f"{month.year:04d}-01"
        case CapPer.TERM:
            return f"{starts_on:%Y-%m}"
        case CapPer.ROLLING_12_MONTHS:
            # The eleven months before this one, and this one.
            return str(Month(month.year - (month.month < YEAR_MONTHS), month.month % YEAR_MONTHS + 1))
        case _:
            return str(month)


def _claim(subject: Subject, policy: Policy, measurement: Measurement, claim: Row | None) -> tuple[str, bool]:
    """The last day or instant for a claim, and whether there was one in time; nothing and yes where none is needed."""
    if policy.claim is None or subject.period is None:
        return "", True
    days = claim_days(
        policy.claim,
        measurement,
        subject.period,
        subject.time_zone,
        aware_at_ms=claim["aware_ms"] if claim else None,
        is_business_day=business_days(policy.claim.holidays),
    )
    claimed_ms = claim["claimed_ms"] if claim else None
    claimed = claimed_ms is not None and days.has(claimed_ms, subject.time_zone)
    return days.until, claimed
