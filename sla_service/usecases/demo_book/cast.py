"""The merchants that every book begins with: each shows one thing, and the documentation cites them by id."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sla_service.usecases.demo_book import markets
from sla_service.usecases.demo_book.markets import Market


class Life(StrEnum):
    """What becomes of a merchant's storefront contract around September 2023."""

    STEADY = "steady"
    JOINS = "joins"
    """Begins within the month."""
    LEAVES = "leaves"
    """Ends within the month, and the merchant with it."""
    CHANGES_PLAN = "changes_plan"
    """One contract ends on the day on which the next begins, within the month."""
    CLOSED = "closed"
    """Ended before the month: impacts without a contract, which a person has to look at."""
    UNPUBLISHED = "unpublished"
    """Names a policy that nobody published."""


@dataclass(frozen=True, slots=True)
class Role:
    """A merchant with a fixed name and a fixed contract."""

    name: str
    market: Market
    plan: str
    life: Life = Life.STEADY


CAST: dict[int, Role] = {
    1: Role("Lantern & Loom Trading", markets.CHINA_EXPORT, "storefront-plus"),
    2: Role("さくら坂文具店", markets.JAPAN, "storefront-plus"),
    3: Role("Dar Al Safa Pearls", markets.KUWAIT, "storefront-plus"),
    # Angle brackets and an ampersand are markup in a PDF's paragraphs and in mail, unless somebody escapes them.
    4: Role("Acme <Holdings> & Co", markets.UNITED_STATES_EAST, "storefront-plus"),
    # No embedded font has this glyph, so the statement cannot be drawn and is parked.
    5: Role("Chilli 🌶 Pantry", markets.UNITED_STATES_EAST, "storefront-plus"),
    # Comma and quotation marks must survive CSV; a leading @ must not become a formula in a spreadsheet.
    6: Role("Weißdorn, Söhne & Töchter", markets.GERMANY, "storefront-basic"),
    7: Role('The "Little" Book Basket', markets.IRELAND, "storefront-global"),
    8: Role("@Home & Hearth", markets.UNITED_STATES_WEST, "storefront-status"),
    9: Role("青瓷与茶", markets.CHINA, "storefront-legacy"),
    10: Role("Casa Ñandú", markets.CHILE, "storefront-global"),
    11: Role("Empório Avelã", markets.BRAZIL, "storefront-enterprise"),
    12: Role("云岭山货铺", markets.CHINA, "storefront-basic", Life.CHANGES_PLAN),
    13: Role("Maison du Crépuscule", markets.FRANCE, "storefront-plus", Life.JOINS),
    14: Role("Tidal Candle Supply", markets.NEW_ZEALAND, "storefront-global", Life.LEAVES),
    15: Role("Pebble & Quill", markets.AUSTRALIA, "storefront-plus", Life.CLOSED),
    16: Role("Saffron Lamp House", markets.INDIA, "storefront-plus", Life.UNPUBLISHED),
}
"""By merchant number."""

UNTOUCHED_MAX = 4
"""Merchants 1 to 4 have no impacts and exclusions of their own in the demo, so the README can work them by hand.

They share the first partner, whose statement therefore has a subtotal in each of three currencies.
"""
