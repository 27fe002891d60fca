"""A review as one HTML page with pictures: no script, nothing from elsewhere, for a phone and for a desk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sla_service.domain.instants import format_instant
from sla_service.domain.money import Money
from sla_service.domain.review import CurrencyChange, Review, Sum
from sla_service.formats import review_words as words
from sla_service.formats.review_charts import Bar, Chart, bar_chart

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "review"
DRAWN_POLICIES = 8
"""Of each currency; the others are one bar."""
DRAWN_CURRENCIES = 3
"""Those with the most merchants; the tables have all."""


def review_page(review: Review, accent: str) -> str:
    """The page.

    Args:
        review: What it shows.
        accent: The issuer's colour, ``#`` and six digits.
    """
    return (
        _environment()
        .get_template("review.html")
        .render(
            review=review,
            words=words,
            accent=accent,
            at=format_instant(review.created_at_ms),
            headline=words.headline(review),
            concerns=words.concerns(review),
            charts=list(_charts(review)),
            currencies=sorted({currency for method in review.methods for currency in method.totals_minor}),
        )
    )


def _charts(review: Review) -> Iterator[Chart]:
    if review.last_month is not None and review.last_month.currencies:
        yield _months(review, review.last_month.currencies)
    drawn = sorted(review.totals, key=lambda one: (-one.merchants, one.currency))[:DRAWN_CURRENCIES]
    for total in drawn:
        yield _policies(total, [one for one in review.policies if one.currency == total.currency])
    if any(bucket.contracts for bucket in review.availability):
        yield _availability(review)
    if review.methods and drawn:
        yield _methods(review, drawn[0].currency)


def _policies(total: Sum, policies: Sequence[Sum]) -> Chart:
    """What each policy credits in one currency."""
    shown, others = list(policies[:DRAWN_POLICIES]), policies[DRAWN_POLICIES:]
    bars = [_bar(one.name, one.currency, one.stated_minor) for one in shown]
    if others:
        rest = sum(one.stated_minor for one in others)
        bars.append(_bar(f"{len(others)} other policies", total.currency, rest))
    money = Money(total.currency, total.stated_minor).grouped
    return bar_chart(f"Credits per policy: {money} for {total.merchants:,} merchants", bars)


def _bar(label: str, currency: str, minor: int, *, is_strong: bool = True) -> Bar:
    return Bar(label, words.amount(currency, minor), abs(minor), abs(minor) if is_strong else 0)


def _availability(review: Review) -> Chart:
    credited = sum(bucket.credited for bucket in review.availability)
    measured = sum(bucket.contracts for bucket in review.availability)
    bars = [
        Bar(one.label, f"{one.contracts:,}", one.contracts, one.credited)
        for one in review.availability
        if one.contracts
    ]
    return bar_chart(f"Availability of {measured:,} contracts; coloured: the {credited:,} that are credited", bars)


def _months(review: Review, currencies: Sequence[CurrencyChange]) -> Chart:
    """Each currency's two months on a scale of its own, for amounts of two currencies cannot be compared."""
    bars = []
    for one in currencies:
        longest = max(abs(one.before_minor), abs(one.now_minor), 1)
        for label, minor, is_now in ((review.last_month, one.before_minor, False), (review, one.now_minor, True)):
            month = label.period if isinstance(label, Review) else label.against if label else ""
            size = abs(minor) * SCALE // longest
            figure = words.amount(one.currency, minor)
            bars.append(Bar(f"{one.currency}, {month}", figure, size, size if is_now else 0))
    return bar_chart("This month against the last, each currency by itself", bars, SCALE)


SCALE = 10_000
"""Steps of a bar whose scale is its own."""


def _methods(review: Review, currency: str) -> Chart:
    bars = [
        _bar(words.METHODS[one.name], currency, one.totals_minor.get(currency, 0), is_strong=one.name == "own")
        for one in review.methods
    ]
    return bar_chart(f"What other accounting methods would have paid, in {currency}", bars)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
