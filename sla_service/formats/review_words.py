"""A review's figures in words, the same in the terminal and on the page."""

from __future__ import annotations

from fractions import Fraction

from sla_service.domain.instants import DAY_MS
from sla_service.domain.money import Money
from sla_service.domain.review import Change, Comparison, CurrencyChange, Line, Oddity, Review, Sum
from sla_service.domain.shares import format_floored

RULES = {
    "availability_negative": "availability below zero",
    "nothing_bad": "a credit, though nothing went wrong",
    "above_fee": "more than the fee, where the contract agrees on no multiple",
    "above_cap": "more than the cap",
    "decided_above_fee": "decided by a person, and more than the fee",
    "decided": "decided by a person",
    "far_from_usual": "at least four times more, or less, of the fee than others get under the same policy",
    "no_longer_active": "the merchant has left: there may be no next invoice",
    "other_currency": "not in the merchant's own currency",
    "taken_back": "takes money back",
}
"""What each rule of ``usecases.odd_credits`` looks for."""
OUTCOMES = {
    "credited": "credited",
    "met": "commitment met",
    "below_minimum": "credit below the minimum",
    "nothing_owed": "missed, nothing owed",
    "unclaimed": "owed if claimed in time",
    "undefined": "no single answer in the contract",
    "parked": "could not be assessed",
}
METHODS = {
    "own": "as each contract says",
    "full_outage": "only full outage counts",
    "linear": "straight lines between reports",
    "step": "the last report holds",
    "any_impact": "any impact is an outage",
    "reported_window": "the reported window, whole",
}


def amount(currency: str, minor: int) -> str:
    """``1,204.50``, without the currency that the column says."""
    return Money(currency, minor).grouped.partition(" ")[2]


def signed(currency: str, minor: int) -> str:
    """A difference: ``+12.00``, ``−3.50``, ``0.00``."""
    sign = "+" if minor > 0 else "−" if minor < 0 else ""
    return sign + amount(currency, abs(minor))


def stated(of: Sum | Line) -> str:
    """Money, service time, or both."""
    said = [amount(of.currency, of.stated_minor)] if of.stated_minor or not of.stated_service_ms else []
    return " and ".join([*said, *([days(of.stated_service_ms)] if of.stated_service_ms else [])])


def days(ms: int) -> str:
    """Service time in days, cut after two decimals."""
    hundredths = abs(ms) * 100 // DAY_MS
    whole, part = divmod(hundredths, 100)
    text = f"{whole:,}.{part:02d}".rstrip("0").rstrip(".")
    return f"{'−' if ms < 0 else ''}{text} days of service"


def change(before_minor: int, now_minor: int) -> str:
    """By how many percent: ``+12 %``; ``new`` where there was nothing."""
    if not before_minor:
        return "new" if now_minor else ""
    percent = Fraction((now_minor - before_minor) * 100, abs(before_minor))
    # Towards zero: what is shown as a change of 0 % is none worth a look.
    whole = abs(percent).__floor__()
    return f"{'+' if percent > 0 else '−' if percent < 0 else ''}{whole:,} %"


def share(line: Line) -> str:
    """What part of the fee a credit is: ``10 %``, one decimal at most, cut."""
    if not line.fee_minor:
        return "no fee"
    tenths = abs(line.stated_minor) * 1000 // line.fee_minor
    text = f"{tenths // 10:,}" + (f".{tenths % 10}" if tenths % 10 else "")
    return f"{'−' if line.stated_minor < 0 else ''}{text} %"


def availability(line: Line) -> str:
    """Cut after four decimals, as everywhere."""
    if line.availability is None:
        return ""
    ratio = Fraction(line.availability)
    return f"−{format_floored(-ratio)}" if ratio < 0 else format_floored(ratio)


def policy(line: Line) -> str:
    """``storefront-plus v3``."""
    return line.policy if line.policy_version is None else f"{line.policy} v{line.policy_version}"


def oddity(found: Oddity) -> str:
    """``3 × more than the cap``."""
    return f"{found.count:,} × {RULES[found.rule]}"


def currency_change(found: CurrencyChange) -> str:
    """Which merchants moved: ``3 new, 1 gone, 12 with another amount``."""
    return f"{found.added:,} new, {found.removed:,} gone, {found.changed:,} with another amount"


def against(found: Comparison) -> str:
    """``2023-08 as issued``, ``run 3``."""
    return found.against if found.against.startswith("run") else f"{found.against} as issued"


def what_became(one: Change) -> str:
    """Of a merchant: new, gone, more, less."""
    if not one.before_minor:
        return "new"
    if not one.now_minor:
        return "gone"
    return "more" if one.now_minor > one.before_minor else "less"


def partners(review: Review) -> str:
    """Heading of the partners' sums."""
    return f"By partner (the largest of each currency; {review.partner_count:,} in all)"


def headline(review: Review) -> str:
    """The run in one sentence."""
    totals = ", ".join(Money(one.currency, one.stated_minor).grouped for one in review.totals) or "nothing"
    merchants = sum(one.merchants for one in review.totals)
    contracts = sum(review.outcomes.values())
    return f"{totals} for {merchants:,} merchants, out of {contracts:,} contracts"


def concerns(review: Review) -> list[str]:
    """What asks for a decision before anything else, the gravest first; empty if nothing does."""
    impossible = sum(found.count for found in review.oddities if found.is_impossible)
    odd = sum(found.count for found in review.oddities if not found.is_impossible)
    found = [f"Beyond a safety bound: {text}." for text in review.beyond]
    if impossible:
        found.append(f"Credits that should be impossible: {impossible:,}. Do not approve before somebody knows why.")
    if odd:
        found.append(f"Odd credits: {odd:,}. Look at the largest of each kind.")
    if review.parked_count:
        found.append(f"{review.parked_count:,} cases wait for a person, and are not part of what would be issued.")
    found += [f"{one} has neither a timeline nor impacts, so it counts for nobody." for one in review.silent_incidents]
    return found
