"""A policy: the terms of one version of an SLA, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sla_service.domain.incidents import Curve
from sla_service.domain.money import Rounding
from sla_service.domain.policies.credits import Band, Bands, Credit, Gate, Stack, Table, Tier
from sla_service.domain.policies.cycles import CalendarMonths, PartPeriod, Period
from sla_service.domain.policies.downtime import Exclude, Qualify, Quantise
from sla_service.domain.policies.examples import PolicyExample
from sla_service.domain.policies.indicators import Indicator, Metric, SubjectKind, SubjectOf, Together, Windows, Worse
from sla_service.domain.policies.payment import (
    Base,
    Cap,
    Chronic,
    ChronicOutages,
    Claim,
    DueAfter,
    Group,
    Minimum,
    Settlement,
)

MERCHANT_ZONE = "merchant"
"""As a policy's time zone: each merchant's months are those of its own zone."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of an SLA; immutable once published, identified by ``digest``."""

    policy: str
    version: int
    title: str
    service: str
    effective_from: date
    time_zone: str
    """Of the period that is measured; a zone name or ``MERCHANT_ZONE``."""
    indicator: Indicator
    credit: Credit
    target: Fraction | None = None
    """None where nothing is promised apart from the credit function."""
    subject: SubjectOf = SubjectKind.MERCHANT
    qualify: Qualify = Qualify()
    exclude: tuple[Exclude, ...] = ()
    quantise: tuple[Quantise, ...] = ()
    period: Period = CalendarMonths()
    denominator_ms: int | None = None
    """A fixed length of the period; None for its real one."""
    part_period: PartPeriod = PartPeriod.OWN_CYCLE
    gate: Gate = Gate.AT_LEAST
    base: Base = Base()
    caps: tuple[Cap, ...] = ()
    minimums: tuple[Minimum, ...] = ()
    rounding: Rounding = Rounding.HALF_UP
    settlement: Settlement = Settlement()
    claim: Claim | None = None
    """None: automatic."""
    chronic: tuple[Chronic | ChronicOutages, ...] = ()
    group: Group | None = None
    effective_to: date | None = None
    is_frozen_for_term: bool = False
    """Whether a contract keeps the version under which it began."""
    contract: str = ""
    """The document and clause that this file says, for the small print."""
    source: str = ""
    """Where the contract's text was read."""
    examples: tuple[PolicyExample, ...] = ()
    due_after: DueAfter | None = None
    """None: every breach is credited, the first one too."""
    digest: str = ""
    """SHA-256 of the file's meaning: comments, order of keys and layout do not change it."""

    @property
    def subject_word(self) -> str:
        """The word for what availability is computed of."""
        return "together" if isinstance(self.subject, Together) else str(self.subject)

    @property
    def is_by_unit(self) -> bool:
        """Whether each unit is measured over the time in which it exists."""
        return self.subject in {SubjectKind.UNIT, SubjectKind.POOL}

    @property
    def name_and_version(self) -> str:
        """``storefront-plus v3``: how statements and exports cite it."""
        return f"{self.policy} v{self.version}"

    @property
    def curve(self) -> Curve:
        """The accounting method of windows; ``STEP`` for indicators that have none."""
        return self.indicator.curve if isinstance(self.indicator, Windows) else Curve.STEP

    @property
    def is_metric(self) -> bool:
        """Whether target and table are in a metric's own unit."""
        return isinstance(self.indicator, Metric)

    @property
    def is_higher_worse(self) -> bool:
        """Whether a higher figure is a worse one: for metrics that say so."""
        return isinstance(self.indicator, Metric) and self.indicator.worse is Worse.HIGHER

    @property
    def rows(self) -> tuple[Tier | Band, ...]:
        """The rows of the credit's tables and bands, of all in order where several stack; empty if there are none."""
        return rows_of(self.credit)

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The rows of availability (or of a metric) among them."""
        return tuple(row for row in self.rows if isinstance(row, Tier))

    def zone_for(self, merchant_zone: str) -> str:
        """The zone whose months are measured for a merchant in ``merchant_zone``."""
        return merchant_zone if self.time_zone == MERCHANT_ZONE else self.time_zone


def rows_of(credit: Credit) -> tuple[Tier | Band, ...]:
    """The rows of a table or of bands, or of all of them in a stack."""
    if isinstance(credit, Table | Bands):
        return credit.rows
    return tuple(row for one in credit.of for row in rows_of(one)) if isinstance(credit, Stack) else ()
