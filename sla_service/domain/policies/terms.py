"""The terms of a policy, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.exclusions import Exclusion, ExclusionKind
from sla_service.domain.incidents import Curve
from sla_service.domain.money import Money, Rounding
from sla_service.domain.periods import Month
from sla_service.domain.windows import Segment

MERCHANT_ZONE = "merchant"
"""As a policy's time zone: each merchant's months are those of its own zone."""


@dataclass(frozen=True, slots=True)
class Qualify:
    """Stage 3. A run of impact shorter than this counts nothing; a run that reaches it counts whole."""

    minimum_run_ms: int = 0
    strict: bool = False
    """Whether a run of exactly the minimum is still too short ("more than five minutes")."""


class ExclusionEffect(StrEnum):
    """Stage 4. What excluding does to the ratio."""

    NOT_DOWN = "not_down"
    """The time stays in the period and counts as up."""
    NOT_MEASURED = "not_measured"
    """The time leaves the period: out of the numerator and out of the denominator."""


@dataclass(frozen=True, slots=True)
class ExclusionRule:
    """Stage 4. One kind of time that the contract does not count, and on what condition."""

    kind: ExclusionKind
    notice_ms: int | None = None
    """Least time between announcement and start; None asks for no announcement."""
    effect: ExclusionEffect = ExclusionEffect.NOT_DOWN


@dataclass(frozen=True, slots=True)
class Tier:
    """Stage 7 and 8. A row of the table: a range of availability and the share of the fee that it pays.

    The edges are kept as written. Rows may leave holes or overlap; an availability that no row or more than one row
    covers has no answer here and goes to a person.
    """

    pays: Fraction
    upper: Fraction
    upper_inclusive: bool = False
    lower: Fraction = Fraction(0)
    lower_inclusive: bool = True
    clause: str = ""

    def covers(self, availability: Fraction) -> bool:
        """Whether the availability lies in the row's range, exactly."""
        above = availability >= self.lower if self.lower_inclusive else availability > self.lower
        below = availability <= self.upper if self.upper_inclusive else availability < self.upper
        # A fixed-length month can give a negative availability: a last row "from 0 %" means "or less".
        return below and (above or (availability < 0 and self.lower == 0 and self.lower_inclusive))


@dataclass(frozen=True, slots=True)
class Cap:
    """Stage 9. The most that a period's credit may be, as a share of the monthly fee."""

    of_fee: Fraction


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


@dataclass(frozen=True, slots=True)
class Settlement:
    """Stage 10. The form of the credit and after how many months an unused one expires (None: never)."""

    form: SettleForm = SettleForm.NEXT_INVOICE
    expires_months: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyExample:
    """A worked case inside a policy file: its test. Expectations that are None are not checked."""

    name: str
    fee: Money
    month: Month
    impact: tuple[Segment, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    expect_availability: str | None = None
    """As shown: a floored percentage with four decimals, ``99.2939%``, or an exact ratio, ``8579/8640``."""
    expect_credit: Money | None = None
    """None with ``expect_undefined``."""
    expect_undefined: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of an SLA; immutable once published, identified by ``digest``."""

    policy: str
    version: int
    title: str
    service: str
    effective_from: date
    time_zone: str
    """Of the calendar month that is measured; a zone name or ``MERCHANT_ZONE``."""
    curve: Curve
    target: Fraction
    tiers: tuple[Tier, ...]
    qualify: Qualify = Qualify()
    exclude: tuple[ExclusionRule, ...] = ()
    cap: Cap | None = None
    minimums: tuple[Minimum, ...] = ()
    rounding: Rounding = Rounding.HALF_UP
    settlement: Settlement = Settlement()
    effective_to: date | None = None
    contract: str = ""
    """The document and clause that this file says, for the small print."""
    examples: tuple[PolicyExample, ...] = ()
    digest: str = ""
    """SHA-256 of the file's meaning: comments, order of keys and layout do not change it."""

    @property
    def name_and_version(self) -> str:
        """``storefront-plus v3``: how statements and exports cite it."""
        return f"{self.policy} v{self.version}"

    def zone_for(self, merchant_zone: str) -> str:
        """The zone whose months are measured for a merchant in ``merchant_zone``."""
        return merchant_zone if self.time_zone == MERCHANT_ZONE else self.time_zone
