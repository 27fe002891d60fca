"""Time that contracts may not count: platform-wide maintenance, and single merchants' own."""

from __future__ import annotations

from sla_service.domain.exclusions import Exclusion, ExclusionKind
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, parse_instant
from sla_service.domain.windows import Window
from sla_service.usecases.demo_book.cast import UNTOUCHED_MAX
from sla_service.usecases.demo_book.contracts import PAYMENTS, STOREFRONT
from sla_service.usecases.demo_book.draws import Draws
from sla_service.usecases.demo_book.impacts import OUTAGE, SLOW_PAGES
from sla_service.usecases.demo_book.merchants import Sketch

CUSTOMER_PERMILLE = 10
MOVED_PERMILLE = 10
"""Merchants whose own planned move to another database fell into the outage."""
CUSTOMER_HOURS = (1, 2, 4)


def _window(start: str, end: str) -> Window:
    return Window(parse_instant(start), parse_instant(end))


PLATFORM_WIDE = (
    Exclusion(
        "EX-EUROPE-1",
        ExclusionKind.MAINTENANCE,
        STOREFRONT,
        # Falls into the slow checkout of that day.
        _window("2023-09-07T12:00Z", "2023-09-07T13:00Z"),
        "Planned upgrade of the checkout database",
        region="europe",
        announced_at_ms=parse_instant("2023-09-01T09:00Z"),
    ),
    Exclusion(
        "EX-AMERICAS-1",
        ExclusionKind.MAINTENANCE,
        STOREFRONT,
        # Announced twelve hours before: too late for every policy that asks for 72.
        _window("2023-09-13T04:00Z", "2023-09-13T06:00Z"),
        "Urgent security update, announced the evening before",
        region="americas",
        announced_at_ms=parse_instant("2023-09-12T16:00Z"),
    ),
    Exclusion(
        "EX-CARDS-1",
        ExclusionKind.UPSTREAM,
        PAYMENTS,
        _window("2023-09-23T03:00Z", "2023-09-23T04:00Z"),
        "The card network itself was down, as it confirmed",
    ),
)


def exclusions_of(seed: str, sketch: Sketch) -> list[Exclusion]:
    """The exclusions of one merchant alone: mostly none, else one."""
    if sketch.number <= UNTOUCHED_MAX:
        return []
    draws = Draws(seed, "exclusion", sketch.number)
    permille = draws.below(1000)
    if permille < CUSTOMER_PERMILLE:
        return [_customer(draws, sketch)]
    if permille < CUSTOMER_PERMILLE + MOVED_PERMILLE:
        return [_moved(draws, sketch)]
    return []


def _customer(draws: Draws, sketch: Sketch) -> Exclusion:
    """The merchant's own doing; for every other of them in the outage, where it matters most."""
    hours = draws.one_of(CUSTOMER_HOURS)
    if draws.below(2):
        start_ms, reason = OUTAGE.start_ms + draws.below(300) * MINUTE_MS, "The store had closed for stocktaking"
    else:
        latest_minute = SLOW_PAGES.window.duration_ms // MINUTE_MS - 60 * max(CUSTOMER_HOURS)
        start_ms = SLOW_PAGES.window.start_ms + draws.below(latest_minute) * MINUTE_MS
        reason = "A theme change by the store broke its own checkout"
    return Exclusion(
        f"EX-{sketch.merchant_id}-1",
        ExclusionKind.CUSTOMER,
        STOREFRONT,
        Window(start_ms, start_ms + hours * HOUR_MS),
        reason,
        merchant_id=sketch.merchant_id,
    )


def _moved(draws: Draws, sketch: Sketch) -> Exclusion:
    """Maintenance that the merchant was told of three to ten days before, so that 72 hours are just kept, or amply."""
    start_ms = OUTAGE.start_ms + HOUR_MS
    return Exclusion(
        f"EX-{sketch.merchant_id}-1",
        ExclusionKind.MAINTENANCE,
        STOREFRONT,
        Window(start_ms, start_ms + HOUR_MS),
        "Planned move of this store to another database",
        merchant_id=sketch.merchant_id,
        announced_at_ms=start_ms - (3 + draws.below(8)) * DAY_MS,
    )
