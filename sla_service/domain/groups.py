"""Several policies for one merchant: which of their credits is paid, and how much they pay together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.payment import GroupCap, GroupRule


@dataclass(frozen=True, slots=True)
class Member:
    """A period of one contract under a policy of the group, whatever it credits."""

    policy: Policy
    contract: tuple[str, str]
    """Service and first day: a contract's fee counts once, however many weeks of it are due."""
    fee: Money
    amount_minor: int
    """Its credit by itself, rounded."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """What the group leaves of one credit."""

    amount_minor: int
    reason: str = ""
    """Why that is less; empty where it is not."""
    limit_minor: int | None = None
    """What all of them may credit together; None without a cap."""
    left_minor: int = 0
    """What the credits before it left of that."""
    is_undefined: bool = False
    """Whether the policies contradict each other, so that a person decides."""


def grouped(members: Sequence[Member]) -> list[Grouped]:
    """Stack the credits of one group for one merchant, month and currency.

    Args:
        members: All of them, those that credit nothing too, in the order of their services, first days and periods. Of
            equal credits the first is the largest, and a cap cuts the last ones first.
    """
    caps = dict.fromkeys(member.policy.group.cap for member in members if member.policy.group)
    if len(caps) > 1:
        reason = _contradiction(members)
        return [Grouped(0, reason, is_undefined=True) if one.amount_minor else Grouped(0) for one in members]
    found = _by_rule(members)
    cap = next(iter(caps), None)
    return found if cap is None else _capped(members, found, cap)


def _name(members: Sequence[Member]) -> str:
    return next((member.policy.group.name for member in members if member.policy.group), "")


def _by_rule(members: Sequence[Member]) -> list[Grouped]:
    paying = [i for i, one in enumerate(members) if one.amount_minor]
    rules = {group.rule for i in paying if (group := members[i].policy.group)}
    if GroupRule.LARGEST not in rules or len(paying) == 1:
        return [Grouped(one.amount_minor) for one in members]
    largest = max(paying, key=lambda i: (members[i].amount_minor, -i))
    reason = f"of the credits in the group {_name(members)} the largest is paid"
    return [
        Grouped(one.amount_minor if i == largest else 0, reason if one.amount_minor and i != largest else "")
        for i, one in enumerate(members)
    ]


def _capped(members: Sequence[Member], found: Sequence[Grouped], cap: GroupCap) -> list[Grouped]:
    limit = _limit(members, cap)
    if limit is None:
        return list(found)
    left, currency, capped = limit, members[0].fee.currency, []
    for one in found:
        paid = min(one.amount_minor, left)
        reason = one.reason
        if paid < one.amount_minor:
            most, rest = Money(currency, limit), Money(currency, left)
            reason = f"the group {_name(members)} credits at most {most} for a month together; {rest} of it was left"
        capped.append(Grouped(paid, reason, limit, left))
        left -= paid
    return capped


def _limit(members: Sequence[Member], cap: GroupCap) -> int | None:
    """In whole minor units: the most that is not above the cap."""
    currency = members[0].fee.currency
    if isinstance(cap.at, Fraction):
        fees = {member.contract: member.fee.minor for member in members}
        return (cap.at * sum(fees.values())).__floor__()
    return next((money.minor for money in cap.at if money.currency == currency), None)


def _contradiction(members: Sequence[Member]) -> str:
    each = {member.policy.name_and_version: member.policy.group.cap for member in members if member.policy.group}
    said = ", ".join(f"{name} {_written(cap)}" for name, cap in each.items())
    return f"the policies of the group {_name(members)} do not have the same cap: {said}; publish them with one cap"


def _written(cap: GroupCap | None) -> str:
    if cap is None:
        return "none"
    return str(cap.at) if isinstance(cap.at, Fraction) else " or ".join(map(str, cap.at))
