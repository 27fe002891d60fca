"""Safety bounds: what is more than anybody expects is looked at by one more person before it is owed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money

MERCHANT = ("USD 10000", "EUR 10000", "GBP 10000", "CHF 10000", "CNY 70000", "HKD 80000", "JPY 1500000", "KWD 3000")
RUN = (
    *("USD 1000000", "EUR 1000000", "GBP 1000000", "CHF 1000000", "CNY 7000000", "HKD 8000000"),
    *("JPY 150000000", "KWD 300000"),
)
CHANGE_PERCENT = 300
"""An outage month is easily a few times a quiet one; beyond this a typing error is the likelier reason."""


def parse_bound(text: str) -> Money:
    """Read ``USD 5000``.

    Raises:
        InvalidValueError: Not a currency and an amount of it, or a negative one.
    """
    currency, _, amount = text.partition(" ")
    limit = Money.parse(amount.strip(), currency)
    if limit.minor < 0:
        raise InvalidValueError.of("amount_range", "a bound is not negative", value=text)
    return limit


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that passes with one approver; a currency without a bound has none."""

    merchant: tuple[Money, ...] = tuple(map(parse_bound, MERCHANT))
    """For one merchant, by currency."""
    run: tuple[Money, ...] = tuple(map(parse_bound, RUN))
    """For a whole run, by currency."""
    change_percent: int = CHANGE_PERCENT
    """Against what was issued for the month before, by currency."""


def above_run(bounds: Bounds, totals: Iterable[Money], last: Mapping[str, int] | None) -> Iterator[str]:
    """What is wrong with a run's totals, in words with the numbers.

    Args:
        bounds: The bounds.
        totals: Of the run, by currency; what is taken back counts as much as what is given.
        last: What was issued for the month before, by currency; None if nothing was.
    """
    limits = {limit.currency: limit for limit in bounds.run}
    for total in totals:
        before = None if last is None else Money(total.currency, last.get(total.currency, 0))
        said = "no run was issued for the month before" if before is None else f"last month it was {before.grouped}"
        limit = limits.get(total.currency)
        if limit is not None and abs(total.minor) > limit.minor:
            yield f"run total {total.grouped} is above the bound {limit.grouped}; {said}"
        if before is not None and before.minor and _changed(total, before) > bounds.change_percent:
            percent = f"{_changed(total, before):,} %"
            yield f"run total {total.grouped} is {percent} off; {said}, and the bound is {bounds.change_percent:,} %"


def _changed(total: Money, before: Money) -> int:
    """By how many percent of what it was before; the part of a percent is left away."""
    return abs(total.minor - before.minor) * 100 // abs(before.minor)


def above_merchant(bounds: Bounds, merchant_id: str, total: Money) -> str | None:
    """What is wrong with one merchant's total, in words; None if nothing is."""
    limit = next((limit for limit in bounds.merchant if limit.currency == total.currency), None)
    if limit is None or abs(total.minor) <= limit.minor:
        return None
    return f"merchant {merchant_id} gets {total.grouped}, above the bound {limit.grouped} for one merchant"
