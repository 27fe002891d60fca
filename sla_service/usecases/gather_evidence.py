"""Everything that a period is measured from: subjects under the policies in force, and what happened to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.bulk import rows_of
from sla_service.db.evidence import load_contracts, load_exclusions, load_impacts, load_units, load_usage
from sla_service.db.incidents import list_incidents
from sla_service.domain.accounting.detail import reach
from sla_service.domain.accounting.grants import Grants
from sla_service.domain.cycles import months_in
from sla_service.domain.error_budget import BURN_ALERTS
from sla_service.domain.incidents import Incident, usage_incident
from sla_service.domain.instants import DAY_MS
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import BillingMonth, RollingDays, Week
from sla_service.domain.policies.downtime import Affected
from sla_service.domain.policies.indicators import SubjectKind, is_of_usage
from sla_service.domain.windows import Window
from sla_service.usecases.contract_periods import ContractPeriods, Row, Subject, park_overlaps
from sla_service.usecases.policies_in_force import published_policies

ZONES_MARGIN_MS = DAY_MS
"""A local month begins up to 14 hours before or 12 after the same month in UTC; a day covers both."""

BURN_MS = max(alert.long_ms for alert in BURN_ALERTS)
"""On a month's first day the longest burn window lies in the month before."""


@dataclass(slots=True)
class Gathered:
    """What measuring needs, and what is needed again to read its result."""

    month: Month
    subjects: list[Subject] = field(default_factory=list)
    """Sorted by merchant, service, first day and period; the index is the subject's number."""
    policies: list[Policy] = field(default_factory=list)
    """Those in use."""
    incidents: list[Incident] = field(default_factory=list)
    """By start; the index is the incident's number."""
    impacts: pa.Table | None = None
    exclusions: pa.Table | None = None
    usage: pa.Table | None = None
    as_of_ms: int = 0


def gather(
    session: Session, month: Month, *, as_of_ms: int, merchant_id: str | None = None, due: bool = True
) -> Gathered:
    """Read everything for a month.

    Args:
        session: Open; only reads.
        month: The month that is closed; each subject's bounds follow from its policy's period and zone and from its
            contract's days.
        as_of_ms: Where open incidents are cut.
        merchant_id: Only this merchant, if given.
        due: The periods that end in the month; otherwise those that are running at its end.
    """
    gathered = Gathered(month, as_of_ms=as_of_ms)
    _add_subjects(session, gathered, published_policies(session), merchant_id, due=due)
    add_happenings(session, gathered, merchant_id)
    return gathered


def add_happenings(session: Session, gathered: Gathered, merchant_id: str | None = None) -> None:
    """Read what happened within the reach of the gathered subjects."""
    near = within_reach(gathered)
    gathered.incidents = list_incidents(session, near=near)
    gathered.impacts = load_impacts(session, near=near, merchant_id=merchant_id)
    gathered.exclusions = load_exclusions(session, near=near, merchant_id=merchant_id)
    if any(reads_usage(policy) for policy in gathered.policies):
        gathered.usage = load_usage(session, near, merchant_id)
        add_usage_incidents(gathered)


def add_usage_incidents(gathered: Gathered) -> None:
    """Give what is measured from usage a name among the incidents."""
    services = sorted({policy.service for policy in gathered.policies if reads_usage(policy)})
    gathered.incidents = [*gathered.incidents, *map(usage_incident, services)]


def reads_usage(policy: Policy) -> bool:
    """Whether a policy is measured from usage, or asks usage whom an outage hit."""
    return is_of_usage(policy.indicator) or policy.qualify.affected is not Affected.EVERYONE


def around(month: Month) -> Window:
    """The month in every zone, and some time on both sides, for runs and burn windows that reach over its edge."""
    utc = month.window("UTC")
    margin = ZONES_MARGIN_MS + BURN_MS
    return Window(utc.start_ms - margin, utc.end_ms + margin)


def within_reach(gathered: Gathered) -> Window:
    """From when to when something may matter to a gathered subject."""
    month = around(gathered.month)
    start_ms, end_ms = month.start_ms, month.end_ms
    known = {(s.policy.digest, s.period, s.time_zone): s for s in gathered.subjects if s.policy and s.period}
    for subject in known.values():
        if subject.policy and subject.period:
            one = reach_of(subject.policy, subject.period, subject.time_zone)
            start_ms, end_ms = min(start_ms, one.start_ms), max(end_ms, one.end_ms)
    return Window(start_ms, end_ms)


def reach_of(policy: Policy, period: Window, zone: str) -> Window:
    """From when to when evidence is read for a period of a policy."""
    return reach(policy, period, Grants(policy, zone, period).first_ms(period))


def _add_subjects(
    session: Session, gathered: Gathered, policies: list[Policy], merchant_id: str | None, *, due: bool
) -> None:
    months = max((months_in(policy.period).__ceil__() for policy in policies), default=1)
    first = gathered.month.first_day
    for _ in range(months - 1 if months > 1 else 0):
        first = (first - timedelta(days=1)).replace(day=1)
    # A week or billing cycle that ends in the month may have begun before it.
    first_day = (first - timedelta(days=31)).isoformat() if _is_offset(policies) else first.isoformat()
    end_day = gathered.month.next.first_day.isoformat()
    units = _units(session, policies, first_day, end_day, merchant_id)
    making = ContractPeriods(gathered.month, policies, units, due=due)
    rows = load_contracts(session, first_day=first_day, end_day=end_day, merchant_id=merchant_id)
    for row in rows_of(rows):
        gathered.subjects += making.subjects(row)
    used = {subject.policy.digest: subject.policy for subject in gathered.subjects if subject.policy is not None}
    gathered.policies = sorted(used.values(), key=lambda policy: (policy.policy, policy.version))
    park_overlaps(gathered.subjects)


def _is_offset(policies: Iterable[Policy]) -> bool:
    return any(isinstance(policy.period, Week | BillingMonth | RollingDays) for policy in policies)


def _units(
    session: Session, policies: Iterable[Policy], first_day: str, end_day: str, merchant_id: str | None
) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    if any(policy.subject is not SubjectKind.MERCHANT for policy in policies):
        rows = load_units(session, first_day=first_day, end_day=end_day, merchant_id=merchant_id)
        for row in rows_of(rows):
            found[row["merchant_id"], row["service"]].append(row)
    return found
