"""Policies whose answer depends on the fee alone and on which edges the availability lies between."""

from __future__ import annotations

from fractions import Fraction

from sla_service.domain.accounting.detail import needs_detail, pays_shares_only
from sla_service.domain.assessment import is_whole
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Credit, Stack, Table
from sla_service.domain.policies.cycles import CalendarMonths
from sla_service.domain.policies.payment import MONTHLY_FEE, Cap, CapPer, SettleForm


def needs_only_fee(policy: Policy) -> bool:
    """Whether nothing of a contract but its fee is needed to assess what was measured."""
    return (
        pays_shares_only(policy.credit)
        and is_whole(policy)
        and policy.claim is None
        and not policy.chronic
        and policy.due_after is None
        and set(policy.base.of) == {MONTHLY_FEE}
        and not policy.base.prorated
        and all(_is_plain_cap(cap) for cap in policy.caps)
    )


def _is_plain_cap(cap: Cap) -> bool:
    return cap.of == MONTHLY_FEE and cap.per is CapPer.PERIOD and not isinstance(cap.at, int)


def is_plain(policy: Policy) -> bool:
    """Whether all contracts of a fee whose availability lies between the same edges are owed the same for a month.

    Then a sum of bad time is all that is asked of the evidence, and time has no price of its own.
    """
    return (
        needs_only_fee(policy)
        and not needs_detail(policy)
        and not policy.is_metric
        and policy.period == CalendarMonths()
        and policy.settlement.form is not SettleForm.TERM_EXTENSION
        and policy.group is None
    )


def edges(policy: Policy) -> list[Fraction]:
    """Every figure with which a plain policy compares the availability, ascending."""
    found = _edges(policy.credit)
    return sorted(found | ({policy.target} if policy.target is not None else set()))


def _edges(credit: Credit) -> set[Fraction]:
    if isinstance(credit, Stack):
        return set().union(*map(_edges, credit.of))
    rows = credit.rows if isinstance(credit, Table) else ()
    return {edge for row in rows for edge in (row.upper, row.lower) if edge is not None}
