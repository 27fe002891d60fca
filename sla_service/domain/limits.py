"""Stage 9: what a share is of, and the most that a credit may be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from sla_service.domain.covered import Covered
from sla_service.domain.facts import Facts
from sla_service.domain.owed import Owed
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import EachDay, EachHour
from sla_service.domain.policies.payment import (
    BY_ITSELF,
    MONTHLY_FEE,
    NEXT_INVOICE,
    PERIOD_FEE,
    Cap,
    CapPer,
    ChargeMonth,
    SettleForm,
)


@dataclass(frozen=True, slots=True)
class LimitStep:
    """A cap as it was applied: what was owed before and after it, in minor units or milliseconds of service time."""

    cap: Cap
    limit: Fraction | None
    """What the cap left room for, after earlier credits; None where it is not known yet, and nothing was cut."""
    before: Fraction
    after: Fraction
    is_time: bool = False


def base_minor(policy: Policy, facts: Facts) -> Fraction | None:
    """What shares are of, in minor units; None where the charge that it is made of is not known.

    Where credits extend the term nothing has a price, and an example need not name a fee.
    """
    base = policy.base
    if not facts.is_fee_known and policy.settlement.form is SettleForm.TERM_EXTENSION:
        facts = replace(facts, is_fee_known=True)
    found = [amount for kind in base.of if (amount := _amount_of(kind, base.month, facts)) is not None]
    return sum(found, Fraction(0)) * base.share * facts.in_force if found else None


def _amount_of(kind: str, month: ChargeMonth, facts: Facts) -> Fraction | None:
    if kind in {MONTHLY_FEE, PERIOD_FEE}:
        months = facts.months if kind == PERIOD_FEE else Fraction(1)
        return facts.fee.minor * months if facts.is_fee_known else None
    found = [charge.minor for charge in facts.charges if charge.kind == kind and charge.month == month]
    return sum(found, Fraction(0)) if found else None


def limited(
    policy: Policy,
    owed: Owed,
    facts: Facts,
    base: Fraction,
    covers: Covered,
    *,
    per: Collection[CapPer],
    share: Fraction = Fraction(1),
) -> tuple[Owed, tuple[LimitStep, ...]]:
    """What is left of a credit under the policy's caps of some kinds, in their order.

    Args:
        policy: The terms.
        owed: Before the caps, after stacking.
        facts: Fee, charges, and what was credited before.
        base: What shares are of here, in minor units.
        covers: The time that the base pays for, to value a cap in time.
        per: Which caps apply here.
        share: Of the contract's fees and charges, what belongs to the unit whose outages, or which itself, is capped.
    """
    steps: list[LimitStep] = []
    for cap in policy.caps:
        if cap.per not in per or owed.undefined:
            continue
        if policy.settlement.form is SettleForm.TERM_EXTENSION and isinstance(cap.at, int):
            left = max(Fraction(0), cap.at - _before(facts.served_before, cap))
            after = min(owed.time_ms, left)
            steps.append(LimitStep(cap, left, owed.time_ms, after, is_time=True))
            owed = replace(owed, time_ms=after)
            continue
        limit = _limit_minor(policy, cap, facts, base, covers, share)
        after = owed.minor if limit is None else min(owed.minor, limit)
        steps.append(LimitStep(cap, limit, owed.minor, after))
        owed = replace(owed, minor=after)
    return owed, tuple(steps)


def _limit_minor(
    policy: Policy, cap: Cap, facts: Facts, base: Fraction, covers: Covered, share: Fraction
) -> Fraction | None:
    match cap.at:
        case Fraction():
            # What a unit may have in a month of hours or days is of the fee: the base may be that of an hour.
            is_of_fee = cap.per is CapPer.UNIT and isinstance(policy.period, EachHour | EachDay)
            is_own = cap.per in BY_ITSELF and cap.of == MONTHLY_FEE and not is_of_fee
            of = base if is_own else _cap_base(cap, facts, share)
            limit = None if of is None else cap.at * of
        case int():
            limit = base * covers.part(cap.at, cap.at) if covers.ms else None
        case amounts:
            found = next((money.minor for money in amounts if money.currency == facts.fee.currency), None)
            limit = None if found is None else Fraction(found)
    return None if limit is None else max(Fraction(0), limit - _before(facts.credited_before, cap))


def _cap_base(cap: Cap, facts: Facts, share: Fraction) -> Fraction | None:
    # Whoever knows the next invoice knows it by that name; its own month is the next one.
    months = (ChargeMonth.THIS, ChargeMonth.NEXT) if cap.of == NEXT_INVOICE else (ChargeMonth.THIS,)
    found = next((amount for month in months if (amount := _amount_of(cap.of, month, facts)) is not None), None)
    if found is None or cap.per.looks_back:
        return found
    # Of a fee that is prorated, no more than its part is due for the period.
    return found * share * (facts.in_force if cap.of in {MONTHLY_FEE, PERIOD_FEE} else 1)


def _before(credited: tuple[tuple[CapPer, Fraction], ...], cap: Cap) -> Fraction:
    if not cap.per.looks_back:
        return Fraction(0)
    return sum((amount for per, amount in credited if per is cap.per), Fraction(0))
