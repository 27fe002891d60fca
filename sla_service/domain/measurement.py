"""What stages 1 to 6 give: one small record per subject, exact, and knowing no money."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.windows import SHARE_FULL_PPM

Step = tuple[int, int, int | Fraction]
"""Start, end, and share of impact in ppm; plain, because a month of a large book has millions of them."""


@dataclass(frozen=True, slots=True)
class Outage:
    """An unbroken run of impact that counts, cut to the period."""

    start_ms: int
    end_ms: int
    bad_ms: Fraction
    """Counted downtime: share × time, without what is excluded, made whole where the policy says so."""
    steps: tuple[Step, ...] = ()
    """The stretches that count, before anything is made whole."""
    unit: str = ""
    """Whose it is, where a contract's units are measured one by one or together."""
    uncut: Outage | None = None
    """The same outage whole, where it goes beyond the period; as far as evidence was read and the contract ran."""

    @property
    def whole(self) -> Outage:
        """The outage from its own start to its own end."""
        return self.uncut or self

    @property
    def began_before(self) -> bool:
        """Whether it began before the period, and was cut at its start."""
        return self.whole.start_ms < self.start_ms

    def bad_ppm_ms_between(self, start_ms: int, end_ms: int) -> int | Fraction:
        """Counted share × milliseconds between two instants, exact, before anything is made whole."""
        return sum(
            share_ppm * (min(until_ms, end_ms) - max(from_ms, start_ms))
            for from_ms, until_ms, share_ppm in self.steps
            if from_ms < end_ms and until_ms > start_ms
        )


@dataclass(frozen=True, slots=True)
class Measurement:
    """Stages 1 to 6 for one subject and period."""

    bad_ppm_ms: int | Fraction
    """Share of impact × milliseconds, after qualification and exclusions. For requests: bad ones × 1,000,000."""
    total_ms: int
    """The denominator: milliseconds, or requests."""
    outages: tuple[Outage, ...] = ()
    """Filled for policies whose credit depends on them."""
    parts: tuple[Part, ...] = ()
    """The units, incidents, hours or days that are assessed one by one; empty where the whole is."""
    credited_bad_ms: Fraction | None = None
    """Bad time that counts for the credit, where that is less than what counts for availability."""
    figure: Fraction | None = None
    """What gate and table look at, where that is not the availability: a rounded one, or a metric."""
    undefined: str = ""
    """Why the contract gives two answers to how much was down; empty if it gives one."""
    otherwise: Measurement | None = None
    """The other answer; where both come to the same credit, that is the credit."""
    is_promised: bool = True
    """False for a part of a period where the contract promises whole periods only."""
    availability: Fraction = field(init=False, repr=False, compare=False)
    """1 − bad ÷ total, exact."""

    def __post_init__(self) -> None:
        if self.total_ms <= 0:
            raise InvalidValueError.of("nothing_measured", "no time is left to measure in this period")
        if self.bad_ppm_ms < 0:
            raise InvalidValueError.of("range", "bad time cannot be negative", value=self.bad_ppm_ms)
        whole = self.total_ms * SHARE_FULL_PPM
        bad = self.bad_ppm_ms
        # Once, because everything asks for it; a division of whole numbers where there are only such.
        ratio = Fraction(whole - bad, whole) if isinstance(bad, int) else 1 - bad / whole
        object.__setattr__(self, "availability", ratio)

    @property
    def bad_ms(self) -> Fraction:
        """Counted downtime in milliseconds of full outage (or bad requests), exact."""
        return Fraction(self.bad_ppm_ms) / SHARE_FULL_PPM

    @property
    def creditable_ms(self) -> Fraction:
        """The bad time that a credit is for."""
        return self.bad_ms if self.credited_bad_ms is None else self.credited_bad_ms

    @property
    def decisive(self) -> Fraction:
        """The figure that gate and table look at."""
        if self.figure is not None:
            return self.figure
        if self.credited_bad_ms is not None:
            return 1 - self.credited_bad_ms / self.total_ms
        return self.availability


@dataclass(frozen=True, slots=True)
class Part:
    """One of several things that a contract assesses one by one, and its share of the fee."""

    measurement: Measurement
    fee_share: Fraction = Fraction(1)
    name: str = ""
    """A unit; empty for an incident, hour or day."""
    length_ms: int = 0
    """How long an hour or day is, where its denominator is something else: requests, or less time."""
    in_force: Fraction = Fraction(1)
    """The part of the contract's time in which the unit is there, where the base is prorated; otherwise 1."""
