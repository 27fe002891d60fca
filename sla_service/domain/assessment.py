"""From a measurement to a credit: gate, tiers, credit, cap, minimum, rounding (stages 7 to 9).

A pure function of one small record, exact, called once per distinct case. Every step it takes is kept, so that a
statement, an export and ``explain`` say the same thing in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money, round_to_money
from sla_service.domain.policies import Policy
from sla_service.domain.shares import format_floored
from sla_service.domain.windows import SHARE_FULL_PPM


@dataclass(frozen=True, slots=True)
class Measurement:
    """Stages 1 to 6 for one subject and period."""

    bad_ppm_ms: int
    """Share of impact × milliseconds, after qualification and exclusions."""
    total_ms: int
    """The denominator."""

    def __post_init__(self) -> None:
        if self.total_ms <= 0:
            raise InvalidValueError.of("nothing_measured", "no time is left to measure in this period")
        if self.bad_ppm_ms < 0:
            raise InvalidValueError.of("range", "bad time cannot be negative", value=self.bad_ppm_ms)

    @property
    def availability(self) -> Fraction:
        """1 − bad ÷ total, exact."""
        return 1 - Fraction(self.bad_ppm_ms, self.total_ms * SHARE_FULL_PPM)

    @property
    def bad_ms(self) -> Fraction:
        """Counted downtime in milliseconds of full outage, exact."""
        return Fraction(self.bad_ppm_ms, SHARE_FULL_PPM)


class Outcome(StrEnum):
    """What the assessment came to."""

    MET = "met"
    CREDITED = "credited"
    BELOW_MINIMUM = "below_minimum"
    NOTHING_OWED = "nothing_owed"
    """The commitment was missed, and the row that applies pays nothing, or nothing is left after rounding."""
    UNDEFINED = "undefined"
    """The table has no single answer; a person must decide."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A credit and everything it took to get there."""

    outcome: Outcome
    availability: Fraction
    amount: Money
    """Rounded once; zero unless credited."""
    unrounded_minor: Fraction = Fraction(0)
    """After the cap, before rounding, in minor units."""
    tier: int | None = None
    """Index of the row that applies, from 0."""
    rate: Fraction | None = None
    before_cap_minor: Fraction = Fraction(0)
    cap_minor: Fraction | None = None
    """The cap's amount, where the policy has one."""
    minimum: Money | None = None
    """The minimum tested, where the policy has one in this currency."""
    reason: str = ""
    """Why the outcome is undefined."""

    @property
    def cap_applied(self) -> bool:
        """Whether the cap made the credit smaller."""
        return self.cap_minor is not None and self.before_cap_minor > self.cap_minor


def assess(policy: Policy, measurement: Measurement, fee: Money) -> Assessment:
    """Apply the policy's gate, table, cap, minimum and rounding to a measurement.

    Args:
        policy: Its tiers as written, with holes and overlaps.
        measurement: Of the period, after exclusions.
        fee: The monthly fee: the base of rate and cap.

    Returns:
        The credit with its steps. ``MET`` where the availability is at or above the target, whatever the table says.
    """
    availability = measurement.availability
    nothing = Money(fee.currency, 0)
    if availability >= policy.target:
        return Assessment(Outcome.MET, availability, nothing)
    rows = [i for i, tier in enumerate(policy.tiers) if tier.covers(availability)]
    if len(rows) != 1:
        return Assessment(Outcome.UNDEFINED, availability, nothing, reason=_no_single_row(policy, availability, rows))
    return _credit(policy, availability, fee, rows[0])


def _credit(policy: Policy, availability: Fraction, fee: Money, row: int) -> Assessment:
    rate = policy.tiers[row].pays
    before_cap = rate * fee.minor
    cap = policy.cap.of_fee * fee.minor if policy.cap else None
    unrounded = before_cap if cap is None else min(before_cap, cap)
    minimum = next((m for m in policy.minimums if m.amount.currency == fee.currency), None)
    amount = round_to_money(unrounded, fee.currency, policy.rounding)
    if not rate:
        outcome = Outcome.NOTHING_OWED
    elif minimum and (unrounded < minimum.amount.minor or (minimum.strict and unrounded == minimum.amount.minor)):
        outcome, amount = Outcome.BELOW_MINIMUM, Money(fee.currency, 0)
    else:
        outcome = Outcome.CREDITED if amount.minor else Outcome.NOTHING_OWED
    return Assessment(
        outcome,
        availability,
        amount,
        unrounded_minor=unrounded,
        tier=row,
        rate=rate,
        before_cap_minor=before_cap,
        cap_minor=cap,
        minimum=minimum.amount if minimum else None,
    )


def _no_single_row(policy: Policy, availability: Fraction, rows: list[int]) -> str:
    shown = format_floored(availability)
    if rows:
        numbers = " and ".join(str(row + 1) for row in rows)
        return f"rows {numbers} of the credit table of {policy.name_and_version} both cover {shown}"
    return f"no row of the credit table of {policy.name_and_version} covers {shown}, which is below the target"
