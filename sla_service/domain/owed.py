"""What a credit function gives, and what a pay is worth, exactly and before any limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from sla_service.domain.covered import Covered
from sla_service.domain.measurement import Outage
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Amount, Pay, Right, Share, Time
from sla_service.domain.policies.cycles import EachDay, EachHour, PartPeriod
from sla_service.domain.policies.indicators import AffectedUsers, Slots, Windows
from sla_service.domain.policies.payment import CapPer, SettleForm


@dataclass(frozen=True, slots=True)
class Owed:
    """What a credit function gives: money, service time, rights, or no answer."""

    minor: Fraction = Fraction(0)
    """Minor units, exact."""
    time_ms: Fraction = Fraction(0)
    """Service time, where credits extend the term."""
    rights: tuple[str, ...] = ()
    tier: int | None = None
    """Index in ``policy.rows`` of the row that applies; in a sum, of the first that does."""
    rate: Fraction | None = None
    """The share of the base that the row pays, where it pays one."""
    count: Fraction | None = None
    """Blocks, days, hours or points that were paid for."""
    undefined: str = ""
    """Why there is no single answer."""

    def __add__(self, other: Owed) -> Owed:
        """Both; what has no answer makes the sum have none."""
        # Sums begin with nothing and mostly have no service time: fractions are added only where there are two.
        if self is NOTHING or other is NOTHING:
            return other if self is NOTHING else self
        return Owed(
            self.minor + other.minor,
            self.time_ms + other.time_ms if other.time_ms else self.time_ms,
            (*self.rights, *(right for right in other.rights if right not in self.rights)),
            self.tier if self.tier is not None else other.tier,
            self.rate if self.rate is not None else other.rate,
            other.count if self.count is None else self.count + (other.count or 0),
            self.undefined or other.undefined,
        )

    @property
    def size(self) -> tuple[Fraction, Fraction, int]:
        """For finding the largest."""
        return self.minor, self.time_ms, len(self.rights)


NOTHING = Owed()
WHOLE_PERIOD = frozenset({PartPeriod.FULL_PERIOD, PartPeriod.UNUSED_AS_UP})
"""Where downtime is divided by the whole period, though the contract is in force for a part of it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a credit function needs besides the measurement."""

    policy: Policy
    currency: str
    base_minor: Fraction
    """What a share is of."""
    covers: Covered
    """The time that the base pays for."""
    zone: str
    limit: Callable[[Owed], Owed] = lambda owed: owed
    """The caps that hold for a single outage."""
    before: tuple[Outage, ...] = ()
    """Outages of the same month that were assessed by themselves, and paid, before this one."""
    in_force: Fraction = Fraction(1)
    """The part of the period for which a prorated base is due; otherwise 1."""

    @property
    def caps_outages(self) -> bool:
        """Whether each outage has a cap of its own, so that what all are worth together is not enough to know."""
        return any(cap.per is CapPer.OUTAGE for cap in self.policy.caps)

    @property
    def pays_time(self) -> bool:
        """Whether credits extend the term."""
        return self.policy.settlement.form is SettleForm.TERM_EXTENSION

    def pay(self, pay: Pay, times: Fraction | int = 1) -> Owed:
        """So many times a pay."""
        match pay:
            case Share(ratio):
                return Owed(ratio * self.base_minor * times, rate=ratio)
            case Time(time_ms):
                return self.time(Fraction(time_ms) * times, time_ms)
            case Amount(amounts):
                minor = next((money.minor for money in amounts if money.currency == self.currency), None)
                if minor is None:
                    return Owed(undefined=f"the contract promises no amount in {self.currency}")
                return Owed(Fraction(minor) * times)
            case Right(name):
                return Owed(rights=(name,) if times else ())

    def divisor(self, total: int) -> Fraction:
        """What downtime is divided by for a share of the base: what that pays for, or the measurement's denominator."""
        if self.policy.base.covers_ms is not None and not isinstance(self.policy.period, EachHour | EachDay):
            return self.covers.ms
        # The fee of an hour or day is already that part of what the base pays for.
        is_time = isinstance(self.policy.indicator, Windows | Slots | AffectedUsers)
        return total * self.in_force if is_time and self.policy.part_period in WHOLE_PERIOD else Fraction(total)

    def count(self, pay: Pay, number: int) -> Owed:
        """A pay for each of so many blocks, outages, hours or points, and how many they were."""
        return replace(self.pay(pay, number), count=Fraction(number)) if number else Owed(count=Fraction(0))

    def time(self, time_ms: Fraction, unit_ms: int) -> Owed:
        """Service time, or its value in money: days by the calendar, what is in hours or minutes by its length."""
        if self.pays_time:
            return Owed(time_ms=time_ms)
        return Owed(self.base_minor * self.covers.part(time_ms, unit_ms))
