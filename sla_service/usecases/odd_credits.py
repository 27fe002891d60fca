"""Credits that an approver should look at first, and those that should be impossible."""

from __future__ import annotations

from sqlmodel import Session

from sla_service.db.credits import policies_of_run
from sla_service.db.odd_credits import Known, find_odd
from sla_service.db.tables import RunRecord
from sla_service.domain.cycles import months_in
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.most import most_of
from sla_service.domain.policies.payment import MONTHLY_FEE
from sla_service.domain.review import Oddity
from sla_service.usecases.policies_in_force import published_policies

SHOWN_LINES = 5
"""Of each kind; the rest is counted."""


def odd_credits(session: Session, run: RunRecord) -> list[Oddity]:
    """What is odd in a run, by kind, impossible credits first."""
    digests = set(policies_of_run(session, run.run_id).values())
    policies = [policy for policy in published_policies(session) if policy.digest in digests]
    known = Known(
        [policy.digest for policy in policies if not policy.is_metric],
        [policy.digest for policy in policies if _is_at_most_the_fee(policy)],
        Month.parse(run.period).next.first_day.isoformat(),
    )
    return find_odd(session, run.run_id, known, at_most=SHOWN_LINES)


def _is_at_most_the_fee(policy: Policy) -> bool:
    """Whether no more than a month's fee can be owed: no multiple of it, no other base, no longer period."""
    most = most_of(policy, policy.credit)
    of_fee = set(policy.base.of) == {MONTHLY_FEE} and months_in(policy.period) <= 1
    return of_fee and most is not None and most <= 1
