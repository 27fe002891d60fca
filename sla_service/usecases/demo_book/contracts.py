"""What each merchant bought: plans, price lists, and contracts that begin, end or change within the month."""

from __future__ import annotations

from datetime import date
from functools import cache

from sla_service.domain.money import Money
from sla_service.domain.parties import Contract
from sla_service.usecases.demo_book.cast import CAST, Life
from sla_service.usecases.demo_book.draws import Draws, spread
from sla_service.usecases.demo_book.merchants import Sketch

STOREFRONT = "storefront"
PAYMENTS = "payments"
PAYMENTS_PLAN = "payments-standard"
UNPUBLISHED_PLAN = "storefront-founders"
"""Sold years ago, and never written as a file."""
CLOSED_ON = date(2023, 8, 1)

PLANS = spread(
    [
        ("storefront-plus", 560),
        ("storefront-basic", 210),
        ("storefront-global", 110),
        ("storefront-status", 70),
        ("storefront-enterprise", 40),
        ("storefront-legacy", 10),
    ]
)

PRICES: dict[str, dict[str, tuple[str, ...]]] = {
    "storefront-plus": {
        "USD": ("299.00", "249.00"),
        "EUR": ("279.00", "229.95"),
        "CNY": ("1999.00", "1688.00"),
        "JPY": ("30000", "26800"),
        "KWD": ("99.995", "84.500"),
    },
    # The cheapest US plan earns less than the policy's minimum when the outage pays five percent of it.
    "storefront-basic": {
        "USD": ("29.00", "19.00"),
        "EUR": ("27.90", "24.95"),
        "CNY": ("199.00", "168.00"),
        "JPY": ("3900", "3480"),
        "KWD": ("8.900", "7.125"),
    },
    "storefront-global": {
        "USD": ("499.00", "449.00"),
        "EUR": ("469.00", "419.50"),
        "CNY": ("3480.00", "2980.00"),
        "JPY": ("68000", "61000"),
        "KWD": ("153.500", "138.750"),
    },
    # Negotiated one by one.
    "storefront-enterprise": {
        "USD": ("2400.00", "3150.00", "4825.50", "12000.00"),
        "EUR": ("2250.00", "2999.99", "5400.00"),
        "CNY": ("16800.00", "23500.00", "88888.00"),
        "JPY": ("330000", "455500", "1200000"),
        "KWD": ("740.000", "1250.625"),
    },
    "storefront-status": {
        "USD": ("149.00",),
        "EUR": ("139.00",),
        "CNY": ("988.00",),
        "JPY": ("19800",),
        "KWD": ("45.750",),
    },
    "storefront-legacy": {
        "USD": ("79.00",),
        "EUR": ("75.00",),
        "CNY": ("528.00",),
        "JPY": ("9800",),
        "KWD": ("24.250",),
    },
    PAYMENTS_PLAN: {
        "USD": ("45.00",),
        "EUR": ("42.50",),
        "CNY": ("299.00",),
        "JPY": ("6500",),
        "KWD": ("13.750",),
    },
}
"""Monthly fees by plan and currency, in the currency's own decimals."""


def contracts_of(seed: str, sketch: Sketch) -> list[Contract]:
    """Every contract of a merchant: one or two for the storefront, and maybe one for payments."""
    draws = Draws(seed, "contract", sketch.number)
    plan, price = draws.one_of(PLANS), draws.below(12)
    if sketch.number in CAST:
        plan, price = CAST[sketch.number].plan, 0
    contracts = _storefront(sketch, plan, price)
    if sketch.takes_cards:
        fee = _fee(PAYMENTS_PLAN, sketch.market.currency, price)
        start, end = contracts[0].starts_on, contracts[-1].ends_on
        contracts.append(Contract(sketch.merchant_id, PAYMENTS, PAYMENTS_PLAN, fee, start, end))
    return contracts


def _storefront(sketch: Sketch, plan: str, price: int) -> list[Contract]:
    """In order of time; where the plan changes, one ends on the day on which the other begins."""
    life, day, currency = sketch.life, sketch.changes_on, sketch.market.currency
    sold = UNPUBLISHED_PLAN if life is Life.UNPUBLISHED else plan
    end = {Life.LEAVES: day, Life.CHANGES_PLAN: day, Life.CLOSED: CLOSED_ON}.get(life)
    fee = _fee(plan, currency, price)
    contracts = [Contract(sketch.merchant_id, STOREFRONT, sold, fee, sketch.active_from, end)]
    if life is Life.CHANGES_PLAN:
        after = "storefront-global" if plan == "storefront-plus" else "storefront-plus"
        contracts.append(Contract(sketch.merchant_id, STOREFRONT, after, _fee(after, currency, price), day))
    return contracts


@cache
def _fee(plan: str, currency: str, price: int) -> Money:
    """The plan's price for a draw from 0 to 11; two in three merchants pay the first of a list of two."""
    listed = PRICES[plan][currency]
    return Money.parse(listed[max(0, price % (len(listed) + 1) - 1)], currency)
