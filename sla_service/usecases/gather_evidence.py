"""Everything that a period is measured from: subjects under the policies in force, and what happened to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.among import Among, only
from sla_service.db.bulk import reading_on_one_connection, rows_of
from sla_service.db.evidence import (
    count_contracts,
    load_contracts,
    load_exclusions,
    load_impacts,
    load_units,
    load_usage,
    used_services,
)
from sla_service.db.incidents import list_incidents
from sla_service.domain.accounting.detail import reach
from sla_service.domain.accounting.grants import Grants
from sla_service.domain.cycles import months_in, periods_ending_in
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
from sla_service.usecases.plain_contracts import Kind, Plain, apart
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
    contracts: pa.Table | None = None
    """As they were read, with their merchants; units too, where a policy looks at them."""
    units: pa.Table | None = None
    impacts: pa.Table | None = None
    exclusions: pa.Table | None = None
    usage: pa.Table | None = None
    as_of_ms: int = 0
    among: Among | None = None
    """Whom it is about; None for everyone."""
    used_services: frozenset[str] | None = None
    """Services of which anybody's usage is known, not only that of these merchants; None where nobody asked."""
    plain: Plain | None = None
    """Contracts of which nothing but a sum is asked, beside the subjects; None where all are subjects."""
    places: list[int] = field(default_factory=list)
    """Of each subject its place, from 0, among all that the contracts that were read can have; see ``place_of``."""

    def place_of(self, i: int) -> int:
        """The place of a subject: that of its contract times the most periods that one has, and its period's.

        Contracts of which nothing is due leave a gap, so that the place of every other depends on the contracts alone.
        """
        return self.places[i] if self.places else i

    @property
    def count(self) -> int:
        """How many credits there will be."""
        return len(self.subjects) + (self.plain.rows.num_rows if self.plain else 0)

    @property
    def last_ms(self) -> int:
        """When the last period ends; 0 if there is none."""
        ends = {subject.window.end_ms for subject in self.subjects if subject.window}
        return max(ends | {kind.window.end_ms for kind in self.kinds}, default=0)

    @property
    def kinds(self) -> Sequence[Kind]:
        """Those of the plain contracts."""
        return self.plain.kinds if self.plain else ()


def gather(
    session: Session,
    month: Month,
    *,
    as_of_ms: int,
    merchant_id: str | None = None,
    among: Among | None = None,
    due: bool = True,
    in_columns: bool = False,
) -> Gathered:
    """Read everything for a month.

    Args:
        session: Open; only reads.
        month: The month that is closed; each subject's bounds follow from its policy's period and zone and from its
            contract's days.
        as_of_ms: Where open incidents are cut.
        merchant_id: Only this merchant, if given.
        among: Only the merchants in this range, if given: what is found for them is what is found with all others.
        due: The periods that end in the month; otherwise those that are running at its end.
        in_columns: Keep plain contracts apart, as columns: for many merchants at a time.
    """
    published = published_policies(session)
    gathered = Gathered(month, as_of_ms=as_of_ms, among=among or only(merchant_id))
    with reading_on_one_connection(session):
        _add_subjects(session, gathered, published, due=due, in_columns=in_columns and due)
        add_happenings(session, gathered, published)
    return gathered


def gather_subjects(session: Session, month: Month, *, as_of_ms: int, among: Among | None = None) -> Gathered:
    """Read which contracts and periods are due in a month, and nothing of what happened to them."""
    gathered = Gathered(month, as_of_ms=as_of_ms, among=among)
    _add_subjects(session, gathered, published_policies(session), due=True, in_columns=False)
    return gathered


def add_happenings(session: Session, gathered: Gathered, published: Sequence[Policy]) -> None:
    """Read what happened within the reach of the gathered subjects.

    Args:
        session: Open; only reads.
        gathered: With its subjects and policies.
        published: All policies, for what is asked about everyone's usage and not about these subjects'.
    """
    near, among = within_reach(gathered), gathered.among
    gathered.incidents = list_incidents(session, near=near, among=among)
    gathered.impacts = load_impacts(session, near=near, among=among)
    gathered.exclusions = load_exclusions(session, near=near, among=among)
    if any(reads_usage(policy) for policy in gathered.policies):
        gathered.usage = load_usage(session, near, among)
        add_usage_incidents(gathered)
    asking = [policy for policy in (*published, *gathered.policies) if policy.qualify.affected is not Affected.EVERYONE]
    if asking:
        services = sorted({policy.service for policy in asking})
        gathered.used_services = used_services(session, services, _ever_within_reach(gathered.month, asking))


def _ever_within_reach(month: Month, policies: Iterable[Policy]) -> Window:
    """From when to when something may matter to anyone under these policies, in any zone."""
    near = around(month)
    for policy in policies:
        for period in periods_ending_in(policy.period, month, "UTC"):
            one = reach_of(policy, period, "UTC")
            start_ms, end_ms = one.start_ms - ZONES_MARGIN_MS, one.end_ms + ZONES_MARGIN_MS
            near = Window(min(near.start_ms, start_ms), max(near.end_ms, end_ms))
    return near


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
    asked = [(s.policy, s.period, s.time_zone) for s in known.values() if s.policy and s.period]
    for policy, period, zone in (*asked, *((kind.policy, kind.period, kind.zone) for kind in gathered.kinds)):
        one = reach_of(policy, period, zone)
        start_ms, end_ms = min(start_ms, one.start_ms), max(end_ms, one.end_ms)
    return Window(start_ms, end_ms)


def reach_of(policy: Policy, period: Window, zone: str) -> Window:
    """From when to when evidence is read for a period of a policy."""
    return reach(policy, period, Grants(policy, zone, period).first_ms(period))


def periods_per_contract(policies: Iterable[Policy], month: Month) -> int:
    """The most periods of one contract that end in a month: 1 for calendar months, up to 5 for weeks."""
    return max((len(periods_ending_in(policy.period, month, "UTC")) for policy in policies), default=1) or 1


def contract_counts(session: Session, month: Month, policies: Sequence[Policy]) -> pa.Table:
    """How many contracts ``gather`` reads of each merchant: merchant_id and contracts, sorted by code point."""
    first_day, end_day = _days_read(month, policies)
    return count_contracts(session, first_day=first_day, end_day=end_day)


def _days_read(month: Month, policies: Sequence[Policy]) -> tuple[str, str]:
    """Contracts are read that are in force on any day from the first of these until before the second."""
    months = max((months_in(policy.period).__ceil__() for policy in policies), default=1)
    first = month.first_day
    for _ in range(months - 1 if months > 1 else 0):
        first = (first - timedelta(days=1)).replace(day=1)
    # A week or billing cycle that ends in the month may have begun before it.
    first_day = (first - timedelta(days=31)).isoformat() if _is_offset(policies) else first.isoformat()
    return first_day, month.next.first_day.isoformat()


def _add_subjects(session: Session, gathered: Gathered, policies: list[Policy], *, due: bool, in_columns: bool) -> None:
    first_day, end_day = _days_read(gathered.month, policies)
    if any(policy.subject is not SubjectKind.MERCHANT for policy in policies):
        gathered.units = load_units(session, first_day=first_day, end_day=end_day, among=gathered.among)
    making = ContractPeriods(gathered.month, policies, _by_service(gathered.units), due=due)
    per_contract = periods_per_contract(policies, gathered.month)
    rows = gathered.contracts = load_contracts(session, first_day=first_day, end_day=end_day, among=gathered.among)
    places = pa.array(range(0, rows.num_rows * per_contract, per_contract), pa.int64())
    rows = rows.append_column("place", places)
    if in_columns:
        gathered.plain, rows = apart(rows, making, policies, (first_day, end_day))
    for row in rows_of(rows):
        subjects = list(making.subjects(row))
        gathered.subjects += subjects
        gathered.places += range(row["place"], row["place"] + len(subjects))
    in_use = [*(subject.policy for subject in gathered.subjects), *(kind.policy for kind in gathered.kinds)]
    used = {policy.digest: policy for policy in in_use if policy is not None}
    gathered.policies = sorted(used.values(), key=lambda policy: (policy.policy, policy.version))
    park_overlaps(gathered.subjects)


def _is_offset(policies: Iterable[Policy]) -> bool:
    return any(isinstance(policy.period, Week | BillingMonth | RollingDays) for policy in policies)


def _by_service(units: pa.Table | None) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows_of(units) if units is not None else ():
        found[row["merchant_id"], row["service"]].append(row)
    return found
