"""Impacts: what one merchant suffered in an incident, from when to when, and how much of its service."""

from __future__ import annotations

from dataclasses import dataclass

from sla_service.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Impact:
    """One window of one merchant; several of them overlap to the largest share, never to a sum."""

    incident_id: str
    merchant_id: str
    service: str
    window: Window
    share_ppm: int
    orders_expected: int | None = None
    orders_actual: int | None = None
    unit: str = ""
    """The unit of the contract that was hit (a site, a device); empty for all of it."""
    confirmed_at_ms: int | None = None
    """When we confirmed it to the merchant."""
    ticket_at_ms: int | None = None
    """When a ticket was opened for it."""
    reported_at_ms: int | None = None
    """When the merchant reported it."""
