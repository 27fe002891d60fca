"""Exact values as the terminal shows them: cut where they are too long, never rounded."""

from __future__ import annotations

from fractions import Fraction

from sla_service.cli.tables import grouped
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, to_datetime
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.indicators import Events, Metric, ScoredEvents
from sla_service.domain.shares import format_floored, format_percent
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.usecases.policy_examples import format_time

DIGITS = 6
"""Decimals of a shown figure; a millisecond is 0.0000166… minutes."""
MINUS = "−"
TIMES = (("days", DAY_MS), ("hours", HOUR_MS), ("minutes", MINUTE_MS), ("seconds", SECOND_MS))


def decimal(number: Fraction | int, digits: int = DIGITS) -> str:
    """``43,200``, ``0.25``, ``0.333333…``."""
    scaled = abs(Fraction(number)) * 10**digits
    whole, cut = divmod(scaled.numerator, scaled.denominator)
    major, decimals = divmod(whole, 10**digits)
    text = f"{major:,}.{str(decimals).rjust(digits, '0')}"
    text = text if cut else text.rstrip("0").rstrip(".")
    return f"{MINUS if number < 0 else ''}{text}{'…' if cut else ''}"


def minutes(ms: Fraction | int) -> str:
    """Milliseconds as decimal minutes."""
    return decimal(Fraction(ms) / MINUTE_MS)


def minutes_of(ppm_ms: Fraction | int) -> str:
    """Share × milliseconds as minutes of full outage."""
    return minutes(Fraction(ppm_ms) / SHARE_FULL_PPM)


def percent(ratio: Fraction) -> str:
    """A term of a contract: ``10%``; ``1/30`` where it is no finite decimal."""
    try:
        return format_percent(ratio)
    except ValueError:
        return str(ratio)


def consumed(ratio: Fraction | None) -> str:
    """The share of a budget that is gone."""
    return "none" if ratio is None else f"{grouped(format_floored(ratio, 2).removesuffix('%'))} %"


def length(ms: Fraction | int) -> str:
    """A stretch of time in its largest whole unit: ``3 days``, ``720 hours``, ``90 minutes``."""
    for unit, size in TIMES:
        number = Fraction(ms) / size
        if number.denominator == 1 and number:
            return f"{number.numerator:,} {unit if number != 1 else unit.removesuffix('s')}"
    return f"{minutes(ms)} minutes"


def hours(ms: int) -> str:
    """The length of a period, in hours as its clocks had them."""
    return f"{ms // HOUR_MS:,} hours" if ms % HOUR_MS == 0 else f"{minutes(ms)} minutes"


def local(ms: int, zone: str) -> str:
    """``2023-09-19 02:00``, with seconds where there are some."""
    return f"{to_datetime(ms, zone):%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def in_requests(policy: Policy) -> bool:
    """Whether what is counted are requests, and not time."""
    return isinstance(policy.indicator, Events | ScoredEvents)


def counted(policy: Policy, amount: Fraction | int) -> str:
    """Bad time or bad requests with their unit: ``305 minutes``, ``12 requests``."""
    return f"{decimal(amount)} requests" if in_requests(policy) else f"{minutes(amount)} minutes"


def figure(policy: Policy, value: Fraction) -> str:
    """What gate and table look at: an availability with its exact ratio, or a metric in its unit."""
    if isinstance(policy.indicator, Metric):
        return f"{decimal(value)} {policy.indicator.unit}".rstrip()
    return format_floored(value)


def edge(policy: Policy, value: Fraction) -> str:
    """A term of the contract on the same scale: ``99.95%``, ``200 ms``."""
    return figure(policy, value) if policy.is_metric else percent(value)


def credited_in_words(currency: str, minor: int, service_ms: int) -> str:
    """Money, service time at the end of the term, or both: ``1,250.00``, ``12 d``, ``1,250.00 and 12 d``."""
    said = [grouped(Money(currency, minor).amount)] if minor or not service_ms else []
    return " and ".join([*said, *([format_time(Fraction(service_ms))] if service_ms else [])])
