"""Merchants and the partners that look after them, as domain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sla_service.domain.parties import Merchant, Partner
from sla_service.usecases.demo_book.cast import CAST, UNTOUCHED_MAX, Life
from sla_service.usecases.demo_book.draws import Draws, spread
from sla_service.usecases.demo_book.markets import MARKETS, Market
from sla_service.usecases.demo_book.names import agency_name, store_name

PAYMENTS_PERCENT = 30
PARTNERED_PERCENT = 70
NEIGHBOUR_PERCENT = 90
"""Of the partnered merchants, how many have a partner of their own region."""
OLDEST = date(2016, 1, 1)
AGES_DAYS = 2_700
"""The last steady merchant joined in May 2023, well before the month."""
FIRST_CHANGE = date(2023, 9, 4)
CHANGE_DAYS = 24
"""Contracts that begin or end within the month do so between the 4th and the 27th, on both sides of the outage."""
BILLED_ELSEWHERE_PERCENT = 3

LIVES = spread(
    [
        (Life.STEADY, 948),
        (Life.JOINS, 14),
        (Life.LEAVES, 12),
        (Life.CHANGES_PLAN, 20),
        (Life.CLOSED, 3),
        (Life.UNPUBLISHED, 3),
    ]
)


FIRST_PARTNER = Partner("P001", "Anchor & Finch Commerce", "p001@agency.example", "en", "Asia/Singapore", "USD")


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the other files need to know of merchant ``number``."""

    number: int
    merchant_id: str
    """``M000001`` for 1."""
    market: Market
    takes_cards: bool
    """Whether it bought payments too; the cast did not, to keep it plain."""
    life: Life
    changes_on: date
    """The day of September on which its storefront contract begins, ends or changes, if its life says so."""
    active_from: date

    @property
    def active_to(self) -> date | None:
        """The day after its last on the platform."""
        return self.changes_on if self.life is Life.LEAVES else None


def sketch_at(seed: str, number: int) -> Sketch:
    """Sketch merchant ``number``, from 1; the same in a book of any size."""
    draws = Draws(seed, "merchant", number)
    market, life = draws.one_of(MARKETS), draws.one_of(LIVES)
    if number in CAST:
        market, life = CAST[number].market, CAST[number].life
    changes_on = FIRST_CHANGE + timedelta(days=draws.below(CHANGE_DAYS))
    joined = OLDEST + timedelta(days=draws.below(AGES_DAYS))
    takes_cards = draws.below(100) < PAYMENTS_PERCENT and number not in CAST
    active_from = changes_on if life is Life.JOINS else joined
    return Sketch(number, f"M{number:06d}", market, takes_cards, life, changes_on, active_from)


def partner_at(seed: str, number: int) -> Partner:
    """Partner ``number``, from 1."""
    if number == 1:
        return FIRST_PARTNER
    market = Draws(seed, "partner", number).one_of(MARKETS)
    return Partner(
        partner_id=f"P{number:03d}",
        name=agency_name(market.language, number),
        email=f"p{number:03d}@agency.example",
        locale=market.locale,
        time_zone=market.time_zone,
        currency=market.currency,
    )


def partners_by_region(seed: str, partner_count: int) -> dict[str, list[str]]:
    """Ids of the partners at home in each region, in order; under ``""`` all of them."""
    found: dict[str, list[str]] = {"": []}
    for number in range(1, partner_count + 1):
        market = Draws(seed, "partner", number).one_of(MARKETS)
        for region in ("", market.region):
            found.setdefault(region, []).append(f"P{number:03d}")
    return found


def merchant_at(seed: str, sketch: Sketch, partners: Mapping[str, Sequence[str]]) -> Merchant:
    """The merchant of a sketch; ``partners`` are ids by region, as ``partners_by_region`` gives them."""
    number, market = sketch.number, sketch.market
    draws = Draws(seed, "account", number)
    billed_here = draws.below(100) >= BILLED_ELSEWHERE_PERCENT
    return Merchant(
        merchant_id=sketch.merchant_id,
        name=CAST[number].name if number in CAST else store_name(market.language, number),
        email=f"m{number:06d}@store.example",
        locale=market.locale,
        time_zone=market.time_zone,
        country=market.country,
        currency=market.currency,
        region=market.region,
        active_from=sketch.active_from,
        active_to=sketch.active_to,
        partner_id=_partner(draws, partners, sketch),
        billing_ref=f"NC-{draws.below(90_000) + 10_000}-{number}" if billed_here else None,
    )


def _partner(draws: Draws, partners: Mapping[str, Sequence[str]], sketch: Sketch) -> str | None:
    everyone = partners[""]
    partnered, neighbour = draws.below(100) < PARTNERED_PERCENT, draws.below(100) < NEIGHBOUR_PERCENT
    if not everyone:
        return None
    if sketch.number <= UNTOUCHED_MAX:
        return everyone[0]
    ids = (partners.get(sketch.market.region) if neighbour else None) or everyone
    return draws.one_of(ids) if partnered else None
