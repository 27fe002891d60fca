"""Who is owed and who is told: merchants, the partners that look after them, and what each merchant bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sla_service.domain.money import Money


@dataclass(frozen=True, slots=True)
class Partner:
    """An agency or reseller that gets one statement over all its merchants."""

    partner_id: str
    name: str
    email: str
    locale: str
    time_zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Merchant:
    """A store on the platform."""

    merchant_id: str
    name: str
    email: str
    locale: str
    time_zone: str
    country: str
    currency: str
    region: str
    active_from: date
    partner_id: str | None = None
    billing_ref: str | None = None
    active_to: date | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What a merchant bought: a service under a policy for a monthly fee, from a day until before another.

    ``ends_on`` is exclusive, like the end of every window.
    """

    merchant_id: str
    service: str
    policy: str
    monthly_fee: Money
    starts_on: date
    ends_on: date | None = None
