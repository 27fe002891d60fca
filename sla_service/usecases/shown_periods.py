"""Which periods of a merchant's contracts are looked at with a month: those that are due, and those that go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlmodel import Session

from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import BillingMonth, CalendarMonths, Week
from sla_service.domain.windows import Window
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.gather_evidence import Gathered, add_happenings, gather
from sla_service.usecases.policies_in_force import published_policies

ContractKey = tuple[str, date]
"""Service and first day: one of a merchant's contracts."""


def gather_shown(
    session: Session, month: Month, *, now_ms: int, merchant_id: str, also_running: bool = False
) -> Gathered:
    """Read everything about a merchant's periods that belong to a month.

    Args:
        session: Open; only reads.
        month: Periods that end in it are due with it.
        now_ms: Where open incidents are cut.
        merchant_id: Whose.
        also_running: Add the period that goes on, beside those that are due; otherwise it stands in only for a contract
            of which nothing is due, such as a quarter in its first months.
    """
    gathered = gather(session, month, as_of_ms=now_ms, merchant_id=merchant_id)
    published = published_policies(session)
    if not any(map(_reaches_over_months, published)):
        return gathered
    running = gather(session, month, as_of_ms=now_ms, merchant_id=merchant_id, due=False)
    due = {_contract(subject) for subject in gathered.subjects}
    known = {(_contract(subject), subject.period) for subject in gathered.subjects}
    more = [
        subject
        for subject in running.subjects
        if (_contract(subject), subject.period) not in known
        and (_contract(subject) not in due or (also_running and _goes_on(subject.window, now_ms)))
    ]
    if not more:
        return gathered
    policies = {policy.digest: policy for policy in (*gathered.policies, *running.policies)}
    found = replace(gathered, subjects=[*gathered.subjects, *more], places=[], policies=list(policies.values()))
    add_happenings(session, found, published)
    return found


def _reaches_over_months(policy: Policy) -> bool:
    """Whether a period may be running at the end of a month in which it is not due."""
    period = policy.period
    return isinstance(period, Week | BillingMonth) or (isinstance(period, CalendarMonths) and period.months > 1)


def _contract(subject: Subject) -> ContractKey:
    return subject.contract.service, subject.contract.starts_on


def _goes_on(window: Window | None, now_ms: int) -> bool:
    return window is not None and window.start_ms < now_ms < window.end_ms
