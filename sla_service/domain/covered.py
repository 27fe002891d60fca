"""The time that a base pays for, and which part of the base a length of it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sla_service.domain.instants import DAY_MS
from sla_service.domain.policies import Policy


@dataclass(frozen=True, slots=True)
class Covered:
    """What a base pays for: the period, an hour, so many days."""

    ms: Fraction
    """Its real length, or the one that the contract writes."""
    days: Fraction | None = None
    """Its calendar days, where it is the period: a month with a change of the clocks has 31 of them, and 743 or 745
    hours; None where a day is 24 hours of what is written."""

    def part(self, time_ms: Fraction | int, unit_ms: int) -> Fraction:
        """The part of the base that a time is worth.

        Args:
            time_ms: The time.
            unit_ms: The contract's own unit of it: whole days are days of the calendar, hours and minutes are time.
        """
        if self.days is not None and unit_ms % DAY_MS == 0:
            return Fraction(time_ms) / DAY_MS / self.days
        return time_ms / self.ms

    def of_part(self, part: Fraction) -> Covered:
        """What a part of the base pays for: as much of the time, so that an hour or day is worth the same."""
        if part == 1:
            return self
        return Covered(self.ms * part, None if self.days is None else self.days * part)

    def one_day(self) -> Fraction:
        """The part of the base that a local day is worth, also one of 23 or 25 hours."""
        return self.part(DAY_MS, DAY_MS)

    def hour(self, length_ms: int) -> Covered:
        """One clock hour of it, for contracts that assess each by itself."""
        length = Fraction(length_ms)
        return Covered(length, None if self.days is None else self.days * length / self.ms)


def covered(policy: Policy, period_ms: Fraction | int, period_days: int | None) -> Covered:
    """What the policy's base pays for: what it says, or the whole period with its calendar days."""
    if policy.base.covers_ms is not None:
        return Covered(Fraction(policy.base.covers_ms))
    return Covered(Fraction(period_ms), None if period_days is None else Fraction(period_days))
