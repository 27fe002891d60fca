"""Worked cases inside a policy file: its tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from sla_service.domain.exclusions import Exclusion
from sla_service.domain.incidents import TimelinePoint
from sla_service.domain.money import Money
from sla_service.domain.windows import SHARE_FULL_PPM, Window


@dataclass(frozen=True, slots=True)
class ExampleImpact:
    """A window of impact, with the instants that some contracts run their clocks from."""

    window: Window
    share_ppm: int = SHARE_FULL_PPM
    unit: str = ""
    confirmed_at_ms: int | None = None
    ticket_at_ms: int | None = None
    reported_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ExampleUnit:
    """A unit of the contract."""

    name: str
    fee_share: Fraction | None = None
    """None: the units have equal shares."""
    starts_on: date | None = None
    ends_on: date | None = None
    """The days on which it is there, the last one excluded; None: as long as the contract."""


@dataclass(frozen=True, slots=True)
class ExampleUsage:
    """What was counted or measured in one slot of time; None is not known."""

    window: Window
    requests: int | None = None
    failed: int | None = None
    tolerated: int | None = None
    users: int | None = None
    users_affected: int | None = None
    value: Fraction | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an example must come to; what is None is not checked."""

    availability: str | None = None
    """As shown: a floored percentage with four decimals, ``99.2939%``, or an exact ratio, ``8579/8640``; for a metric
    its value."""
    credit: Money | int | None = None
    """Money, or milliseconds of service time."""
    unrounded: Fraction | None = None
    """Exact, in the currency's major unit."""
    undefined: bool = False
    tier: int | None = None
    """Number of the row that applies, from 1; 0 for none."""
    budget: Fraction | str | None = None
    """Consumed share of the target's error budget; ``none`` where there is no budget."""
    rights: tuple[str, ...] | None = None
    """The rights that arise, all of them; ``none`` alone where none may."""
    claim_until: date | int | None = None
    """A day, or an instant in milliseconds where the deadline is in hours."""
    parked: bool = False
    """Whether there is nothing to measure, so that nothing can be said at all."""


@dataclass(frozen=True, slots=True)
class PolicyExample:
    """A small month with an expected result."""

    name: str
    first_day: date
    """Of the period; for a period of calendar months, of the month in which it ends."""
    fee: Money | None = None
    impact: tuple[ExampleImpact, ...] = ()
    timeline: tuple[TimelinePoint, ...] = ()
    """Of an incident that hits everyone."""
    excluded: tuple[Exclusion, ...] = ()
    usage: tuple[ExampleUsage, ...] = ()
    units: tuple[ExampleUnit, ...] = ()
    active_from: date | None = None
    active_to: date | None = None
    """The days on which the contract is in force; the last one excluded."""
    charges: tuple[tuple[str, Fraction, str], ...] = ()
    """Kind, amount in major units, currency: of each month, or one of each month of the period in their order."""
    credited_before: Money | int | None = None
    """Credited in earlier months, as far as the caps look back: money, or milliseconds of service time."""
    history: tuple[Fraction, ...] = ()
    """Availability of the periods before, the latest last."""
    aware_at_ms: int | None = None
    claimed_on: date | None = None
    claimed_at_ms: int | None = None
    """When it was claimed, where more than the day is known."""
    expect: Expectation = field(default_factory=Expectation)
