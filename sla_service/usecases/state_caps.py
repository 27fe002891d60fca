"""The caps of a policy as a statement says them: what each was, and what it left of a credit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Stack, Stacking
from sla_service.domain.policies.cycles import is_fiscal
from sla_service.domain.policies.payment import BY_ITSELF, MONTHLY_FEE, Cap, CapPer, SettleForm
from sla_service.domain.stated_terms import StatedCap, StatedGroupCap
from sla_service.usecases.redo_credit import Redone, steps_of

Row = Mapping[str, Any]


def is_plain_cap(policy: Policy) -> bool:
    """Whether there is no cap, or one that is a share of the monthly fee for the period."""
    plain = (isinstance(c.at, Fraction) and c.of == MONTHLY_FEE and c.per is CapPer.PERIOD for c in policy.caps)
    return len(policy.caps) <= 1 and all(plain)


def state_caps(policy: Policy, row: Row, redone: Redone) -> Iterator[StatedCap]:
    """The caps in order; those for each outage or unit come first, because they were applied before the sum.

    Before these, what was owed is only said where it is known.
    """
    before = str(_before_caps(policy, row, redone)) if redone.is_sure else ""
    for cap in policy.caps:
        if cap.per in BY_ITSELF:
            yield _cap(policy, cap, row, redone, None, before, row["before_cap_minor"] or "0")
    steps = steps_of(row)
    if "caps" not in steps:
        # One cap at most, on a row's share: the row's own columns are its step.
        for cap in policy.caps:
            if cap.per not in BY_ITSELF and policy.settlement.form is not SettleForm.TERM_EXTENSION:
                yield _cap(policy, cap, row, redone, row["cap_minor"], row["before_cap_minor"], row["unrounded_minor"])
        return
    for index, limit, owed, after in steps["caps"]:
        yield _cap(policy, policy.caps[index], row, redone, limit, owed, after)


def state_group_cap(policy: Policy, row: Row) -> StatedGroupCap | None:
    """The cap of the policy's group, where it has one in the credit's currency."""
    step = steps_of(row).get("group")
    if step is None or policy.group is None:
        return None
    limit, left, before, _ = step
    return StatedGroupCap(policy.group.name, limit, left, before)


def _before_caps(policy: Policy, row: Row, redone: Redone) -> Fraction:
    """What all functions give before the caps for single outages, which are applied before the others."""
    each = [found.minor for _, _, found in redone.found]
    if not each:
        return Fraction(row["before_cap_minor"] or 0)
    rule = policy.credit.rule if isinstance(policy.credit, Stack) else Stacking.SUM
    if rule is Stacking.SUM:
        return sum(each, Fraction(0))
    return max(each) if rule is Stacking.LARGEST else next((one for one in each if one), Fraction(0))


def _per(policy: Policy, cap: Cap) -> str:
    """Over what a cap holds; years and quarters that do not begin as the calendar's do are fiscal ones."""
    if is_fiscal(policy.period) and cap.per in {CapPer.QUARTER, CapPer.YEAR}:
        return f"fiscal_{cap.per}"
    return cap.per.value


def _cap(policy: Policy, cap: Cap, row: Row, redone: Redone, limit: str | None, before: str, after: str) -> StatedCap:
    whole = None
    if isinstance(cap.at, Fraction):
        kind, at = "share", str(cap.at)
        due = row["fee_minor"] * (1 if cap.per.looks_back else redone.terms.in_force)
        whole = cap.at * due if cap.of == MONTHLY_FEE else None
    elif isinstance(cap.at, int):
        kind, at = "time", str(cap.at)
    else:
        kind, at = "amount", next((str(one.minor) for one in cap.at if one.currency == row["currency"]), "")
        whole = Fraction(at) if at else None
    return StatedCap(
        kind,
        at,
        before,
        after,
        limit=limit or "",
        of="" if cap.of == MONTHLY_FEE else cap.of,
        per=_per(policy, cap),
        whole=str(whole) if whole is not None and limit and whole != Fraction(limit) else "",
    )
