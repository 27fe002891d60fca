"""What an assessment needs besides the measurement: the fee, the charges, and what came before."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sla_service.domain.money import Money
from sla_service.domain.policies.payment import CapPer, ChargeMonth


@dataclass(frozen=True, slots=True)
class Charge:
    """What was charged for a service in a month, in minor units; exact, because rates are finer than a cent."""

    kind: str
    minor: Fraction
    month: ChargeMonth = ChargeMonth.THIS


@dataclass(frozen=True, slots=True)
class Facts:
    """One contract's period in money. Everything has a value that changes nothing, except the fee."""

    fee: Money
    """Of a month, without tax."""
    months: Fraction = Fraction(1)
    """Monthly fees in the period: three in a quarter."""
    period_ms: int | None = None
    """The period's real length, which the fee pays for; None for the measurement's denominator."""
    time_zone: str = "UTC"
    charges: tuple[Charge, ...] = ()
    credited_before: tuple[tuple[CapPer, Fraction], ...] = ()
    """Credited earlier, in minor units, as far as each kind of cap looks back."""
    served_before: tuple[tuple[CapPer, Fraction], ...] = ()
    """The same in milliseconds of service time."""
    history: tuple[Fraction, ...] = ()
    """What decided about the periods before: availability or a metric, rounded as promised; the latest last."""
    is_claimed: bool = True
    """Whether the credit was claimed in time, where it must be claimed."""
    claim_until: str = ""
    """The last day for a claim, as an ISO date, or its last instant; empty if none is needed."""
    period_days: int | None = None
    """The period's calendar days; None where a day is a part of its real length."""
    is_fee_known: bool = True
    """False for an example of charges that names no fee: what is of the fee is then not known, and not nothing."""
    in_force: Fraction = Fraction(1)
    """The part of the period in which the contract is in force, where the base is prorated; otherwise 1."""
