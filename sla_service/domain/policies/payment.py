"""Stages 9 and 10: what a share is of, how much it may be at most and must be at least, and how it is settled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.money import Money

MONTHLY_FEE = "monthly_fee"
"""The contract's fee for a month."""
PERIOD_FEE = "period_fee"
"""The contract's fee for all months of the period: three monthly fees for a quarter."""
NEXT_INVOICE = "next_invoice"
"""The invoice that receives the credit; its size may not be known yet."""


class ChargeMonth(StrEnum):
    """Of which month charges are taken."""

    THIS = "this"
    """Those of the period."""
    PREVIOUS = "previous"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Base:
    """Stage 9. What a share is of, and how much time it pays for. Fees and charges are without tax."""

    of: tuple[str, ...] = (MONTHLY_FEE,)
    """``MONTHLY_FEE``, ``PERIOD_FEE``, or kinds of charges from the evidence, which are summed."""
    share: Fraction = Fraction(1)
    """Of their sum: 1/12 where the charge is a year's."""
    month: ChargeMonth = ChargeMonth.THIS
    covers_ms: int | None = None
    """The time that the base pays for, where pay is time: an hour for an hourly rate; None for the period."""
    prorated: bool = False
    """Whether a contract or unit that is in force for a part of the period has that part of the base only."""


class CapPer(StrEnum):
    """Over what a cap holds."""

    PERIOD = "period"
    OUTAGE = "outage"
    UNIT = "unit"
    """What one unit is credited in the period."""
    MONTH = "month"
    QUARTER = "quarter"
    """The quarter of the calendar, or of the policy's own year."""
    YEAR = "year"
    """The calendar year, or the one that the policy's period names."""
    CONTRACT_YEAR = "contract_year"
    """From the contract's first day, and each time a year later."""
    TERM = "term"
    """All the contract's time."""
    ROLLING_12_MONTHS = "rolling_12_months"

    @property
    def looks_back(self) -> bool:
        """Whether what was credited before counts towards it."""
        return self not in {CapPer.PERIOD, *BY_ITSELF}


BY_ITSELF = frozenset({CapPer.OUTAGE, CapPer.UNIT})
"""Caps that hold for each of several things, before these are added up."""


@dataclass(frozen=True, slots=True)
class Cap:
    """Stage 9. The most that a credit may be: a share of something, an amount, or a length of service time."""

    at: Fraction | tuple[Money, ...] | int
    """A share of ``of``; amounts, one per currency; or milliseconds."""
    of: str = MONTHLY_FEE
    per: CapPer = CapPer.PERIOD


@dataclass(frozen=True, slots=True)
class Minimum:
    """Stage 9. A credit below this is not paid; tested before rounding; for its own currency only."""

    amount: Money
    strict: bool = False
    """Whether a credit of exactly this is still too small ("more than USD 1")."""


class SettleForm(StrEnum):
    """Stage 10. How the credit reaches the merchant."""

    NEXT_INVOICE = "next_invoice"
    REFUND = "refund"
    VOUCHER = "voucher"
    TERM_EXTENSION = "term_extension"
    """Service time at the end of the term: time that is paid is time, not its value."""


class Unused(StrEnum):
    """What becomes of a credit that is not used up by the end of the term."""

    LOST = "lost"
    PAID_OUT = "paid_out"


@dataclass(frozen=True, slots=True)
class Settlement:
    """Stage 10. The form of the credit and when an unused one expires (both None: never)."""

    form: SettleForm = SettleForm.NEXT_INVOICE
    expires_months: int | None = None
    expires_days: int | None = None
    unused: Unused = Unused.LOST
    take_back: bool = False
    """Whether a correction may take back what was credited too much; otherwise it stays credited."""


class ClaimUnit(StrEnum):
    """In what a deadline is counted."""

    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"
    HOURS = "hours"
    """From the instant itself, to the millisecond."""


class ClaimFrom(StrEnum):
    """From when a deadline is counted: the local day of that instant is day 0."""

    INCIDENT_START = "incident_start"
    """The start of the last outage that the credit is for, also where it began before the period."""
    INCIDENT_END = "incident_end"
    """The end of the last outage that the credit is for, also where it goes on after the period."""
    PERIOD_END = "period_end"
    AWARENESS = "awareness"
    """When the customer became aware; where that is not known, the start of the outage."""


@dataclass(frozen=True, slots=True)
class DayOfYear:
    """A day that comes every year: 24 December."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Stage 10. A credit that must be asked for, and until when."""

    within: int
    unit: ClaimUnit = ClaimUnit.DAYS
    since: ClaimFrom = ClaimFrom.PERIOD_END
    not_before_days: int = 0
    """The earliest day, so many days or business days from the same day."""
    holidays: str = ""
    """Whose public holidays are no business days: a country by its ISO 3166 code, ``CN``, or a part of one,
    ``DE-BY``; empty for weekends only."""
    not_before_unit: ClaimUnit = ClaimUnit.DAYS
    """``DAYS`` or ``BUSINESS_DAYS``."""
    not_before_since: ClaimFrom | None = None
    """From when the earliest day is counted; None for the same day as the deadline."""
    closed: tuple[DayOfYear, ...] = ()
    """Further days that are no business days, every year."""

    @property
    def counts_business_days(self) -> bool:
        """Whether it matters which days are business days."""
        return ClaimUnit.BUSINESS_DAYS in {self.unit, self.not_before_unit}

    @property
    def counts_from(self) -> frozenset[ClaimFrom]:
        """The instants from which its days are counted."""
        return frozenset({self.since, self.since if self.not_before_since is None else self.not_before_since})

    @property
    def looks_at_outages(self) -> bool:
        """Whether it must be known when outages began or ended."""
        return self.counts_from != {ClaimFrom.PERIOD_END}


@dataclass(frozen=True, slots=True)
class Chronic:
    """A further consequence of failing often: in ``missed`` of the last ``of`` periods, this one included."""

    missed: int
    of: int
    then: str
    """The right it gives, in words, such as ``terminate``."""
    below: Fraction | None = None
    """Missed means below this; None for the target."""
    in_a_row: bool = False
    one_below: Fraction | None = None
    """At least one of the missed periods must be below this too; None asks nothing more."""


@dataclass(frozen=True, slots=True)
class ChronicOutages:
    """A further consequence of failing often: of so many outages in one period, each long enough."""

    outages: int
    then: str
    """The right it gives, in words, such as ``terminate``."""
    minimum_ms: int = 0
    """Counted downtime of an outage that is long enough."""
    strict: bool = True
    """Whether an outage of exactly this is too short."""

    def is_long_enough(self, bad_ms: Fraction) -> bool:
        """Whether an outage counts."""
        return bad_ms > self.minimum_ms or (not self.strict and bad_ms == self.minimum_ms)


@dataclass(frozen=True, slots=True)
class DueAfter:
    """A credit that is due only once ``missed`` of the last ``of`` periods are missed, this one included."""

    missed: int
    of: int
    in_a_row: bool = False
    below: Fraction | None = None
    """Missed means below this; None for the target."""


class GroupRule(StrEnum):
    """How the credits of several policies for one merchant and month become one."""

    SUM = "sum"
    LARGEST = "largest"


@dataclass(frozen=True, slots=True)
class GroupCap:
    """The most that all policies of a group credit one merchant for one month together."""

    at: Fraction | tuple[Money, ...]
    """A share of the sum of the monthly fees of the group's contracts, or amounts, one for each currency."""


@dataclass(frozen=True, slots=True)
class Group:
    """Policies of one group stack: two components with different targets are two policies in one group."""

    name: str
    rule: GroupRule = GroupRule.LARGEST
    cap: GroupCap | None = None
    """All policies of the group must name the same one."""
