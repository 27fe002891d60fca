"""Everything that a period is measured from: subjects under the policies in force, and what happened to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.bulk import rows_of
from sla_service.db.evidence import load_contracts, load_exclusions, load_impacts
from sla_service.db.incidents import list_incidents
from sla_service.db.policies import list_policies
from sla_service.domain.incidents import Incident
from sla_service.domain.instants import DAY_MS
from sla_service.domain.money import Money
from sla_service.domain.parties import Contract
from sla_service.domain.periods import Month, midnight_ms
from sla_service.domain.policies import Policy
from sla_service.domain.windows import Window
from sla_service.formats.policy_yaml import parse_policy

ZONES_MARGIN_MS = DAY_MS
"""A local month begins up to 14 hours before or 12 after the same month in UTC; a day covers both."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A merchant's contract within the period, and how it is measured; or why it cannot be."""

    contract: Contract
    region: str
    partner_id: str | None
    time_zone: str = ""
    window: Window | None = None
    policy: Policy | None = None
    parked_reason: str = ""


@dataclass(slots=True)
class Gathered:
    """What measuring needs, and what is needed again to read its result."""

    month: Month
    subjects: list[Subject] = field(default_factory=list)
    """Sorted by merchant, service and first day; the index is the subject's number."""
    policies: list[Policy] = field(default_factory=list)
    """Those in use; the index is the number of the terms."""
    incidents: list[Incident] = field(default_factory=list)
    """By start; the index is the incident's number."""
    impacts: pa.Table | None = None
    exclusions: pa.Table | None = None
    as_of_ms: int = 0


def gather(session: Session, month: Month, *, as_of_ms: int, merchant_id: str | None = None) -> Gathered:
    """Read everything for a month.

    Args:
        session: Open; only reads.
        month: The period; each subject's bounds follow from its policy's zone and its contract's days.
        as_of_ms: Where open incidents are cut.
        merchant_id: Only this merchant, if given.
    """
    gathered = Gathered(month, as_of_ms=as_of_ms)
    near = around(month)
    gathered.incidents = list_incidents(session, near=near)
    _add_subjects(session, gathered, merchant_id)
    gathered.impacts = load_impacts(session, near=near, merchant_id=merchant_id)
    gathered.exclusions = load_exclusions(session, near=near, merchant_id=merchant_id)
    return gathered


def published_policies(session: Session) -> list[Policy]:
    """Every published version, read from the file as it was published."""
    return [_parsed(record.document) for record in list_policies(session)]


@lru_cache(maxsize=256)
def _parsed(document: str) -> Policy:
    return parse_policy(document)


def policy_in_force(policies: Iterable[Policy], name: str, day: date) -> Policy | None:
    """The version of a policy in force on a day: the latest one whose dates contain it."""
    found = [
        policy
        for policy in policies
        if policy.policy == name
        and policy.effective_from <= day
        and (policy.effective_to is None or day < policy.effective_to)
    ]
    return max(found, key=lambda policy: policy.version, default=None)


def around(month: Month) -> Window:
    """The month in every zone, and some time on both sides, for runs that reach over its edge."""
    utc = month.window("UTC")
    return Window(utc.start_ms - ZONES_MARGIN_MS - DAY_MS, utc.end_ms + ZONES_MARGIN_MS + DAY_MS)


def _add_subjects(session: Session, gathered: Gathered, merchant_id: str | None) -> None:
    first_day, end_day = gathered.month.first_day.isoformat(), gathered.month.next.first_day.isoformat()
    rows = load_contracts(session, first_day=first_day, end_day=end_day, merchant_id=merchant_id)
    policies = published_policies(session)
    in_force: dict[tuple[str, date], Policy | None] = {}
    used: dict[str, Policy] = {}
    for row in rows_of(rows):
        # The version of the month's first day holds for the month; a contract that begins later begins with its own.
        key = (row["policy"], max(gathered.month.first_day, date.fromisoformat(row["starts_on"])))
        if key not in in_force:
            in_force[key] = policy_in_force(policies, *key)
        policy = in_force[key]
        subject = _subject(row, policy, key[1])
        if subject is not None:
            gathered.subjects.append(subject)
            if policy is not None:
                used[policy.digest] = policy
    gathered.policies = sorted(used.values(), key=lambda policy: (policy.policy, policy.version))
    _park_overlaps(gathered.subjects)


def _subject(row: dict[str, Any], policy: Policy | None, day: date) -> Subject | None:
    month = Month(day.year, day.month)
    contract = Contract(
        merchant_id=row["merchant_id"],
        service=row["service"],
        policy=row["policy"],
        monthly_fee=Money(row["currency"], row["monthly_fee_minor"]),
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
    )
    region, partner_id = row["region"], row["partner_id"]
    if policy is None or policy.service != contract.service:
        reason = (
            f"no version of the policy {contract.policy} is in force on {day}; publish one"
            if policy is None
            else f"the policy {contract.policy} is for {policy.service}, the contract for {contract.service}"
        )
        return Subject(contract, region, partner_id, parked_reason=reason)
    zone = policy.zone_for(row["time_zone"])
    starts = max(row["starts_on"], row["active_from"])
    ends = min(filter(None, (row["ends_on"], row["active_to"])), default=None)
    window = _bounds(month, zone, starts, ends)
    return Subject(contract, region, partner_id, zone, window, policy) if window else None


@lru_cache(maxsize=100_000)
def _bounds(month: Month, zone: str, starts_on: str, ends_on: str | None) -> Window | None:
    """The part of a local month in which a contract is in force; None if that is no time at all."""
    whole = month.window(zone)
    start_ms = max(whole.start_ms, midnight_ms(date.fromisoformat(starts_on), zone))
    end_ms = min(whole.end_ms, midnight_ms(date.fromisoformat(ends_on), zone)) if ends_on else whole.end_ms
    return Window(start_ms, end_ms) if start_ms < end_ms else None


def _park_overlaps(subjects: list[Subject]) -> None:
    """Two contracts for the same service at the same time cannot both be right."""
    latest: dict[tuple[str, str], int] = {}
    for i, subject in enumerate(subjects):
        key = (subject.contract.merchant_id, subject.contract.service)
        before = latest.get(key)
        if (
            before is not None
            and (ends_on := subjects[before].contract.ends_on or date.max) > subject.contract.starts_on
        ):
            until = "has no end" if ends_on == date.max else f"ends on {ends_on}"
            reason = (
                f"the contract from {subjects[before].contract.starts_on} {until}, and the next one begins on "
                f"{subject.contract.starts_on}; end the first one"
            )
            for at in (before, i):
                one = subjects[at]
                subjects[at] = Subject(one.contract, one.region, one.partner_id, parked_reason=reason)
        latest[key] = i
