"""Figures of a month in the reader's writing: percentages, metrics, requests, service time."""

from __future__ import annotations

from fractions import Fraction

from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Gate
from sla_service.domain.policies.indicators import Events, Metric, ScoredEvents, Worse
from sla_service.domain.shares import format_floored, format_floored_between, format_percent
from sla_service.formats.texts.conventions import CUT, MINUS, Conventions
from sla_service.usecases.service_month import ServiceMonth

METRIC_DIGITS = 3
"""Decimals of a shown metric: finer than any promise about one."""


def term(ways: Conventions, ratio: Fraction) -> str:
    """A promised percentage as the contract writes it."""
    try:
        return ways.percent(format_percent(ratio))
    except ValueError:
        return ways.percent(format_floored(ratio))


def edge(ways: Conventions, policy: Policy, value: Fraction) -> str:
    """A term on the scale of what is promised: ``99.95%``, ``200 ms``."""
    if isinstance(policy.indicator, Metric):
        return f"{number(ways, value)} {policy.indicator.unit}".rstrip()
    return term(ways, value)


def threshold(ways: Conventions, policy: Policy) -> str:
    """What must be kept to, as short as it can be said: ``99.95%``, ``at most 200 ms``; empty without a target."""
    if policy.target is None:
        return ""
    said = edge(ways, policy, policy.target)
    is_strict = policy.gate is Gate.ABOVE
    if isinstance(policy.indicator, Metric):
        sides = ("at most", "less than") if policy.indicator.worse is Worse.HIGHER else ("at least", "more than")
        return f"{sides[is_strict]} {said}"
    return f"more than {said}" if is_strict else said


def promised(ways: Conventions, policy: Policy) -> str:
    """The same for a sentence, with the metric's name."""
    said = threshold(ways, policy)
    return f"{policy.indicator.name} of {said}" if isinstance(policy.indicator, Metric) else said


def measured(ways: Conventions, one: ServiceMonth) -> str:
    """The metric, or the availability: floored, with enough digits never to read as an edge it missed or passed."""
    if one.measurement is None:
        return "not measured"
    if one.policy is not None and one.policy.is_metric:
        return edge(ways, one.policy, one.measurement.decisive)
    availability = one.measurement.availability
    if availability == 1:
        return ways.percent("100%")
    shown = [format_floored_between(availability, budget.edge) for budget in one.budgets]
    return ways.percent(max(shown, key=len, default=format_floored(availability)))


def number(ways: Conventions, value: Fraction) -> str:
    """``182.5``; cut, never rounded."""
    scaled = abs(value) * 10**METRIC_DIGITS
    whole, cut = divmod(scaled.numerator, scaled.denominator)
    major, decimals = divmod(whole, 10**METRIC_DIGITS)
    text = f"{major}.{str(decimals).rjust(METRIC_DIGITS, '0')}"
    said = ways.number(text if cut else text.rstrip("0").rstrip("."))
    return f"{MINUS if value < 0 else ''}{said}{CUT if cut else ''}"


def service_time(ways: Conventions, ms: int) -> str:
    """``3 days``, ``90 minutes``."""
    for unit, size in (("day", DAY_MS), ("hour", HOUR_MS), ("minute", MINUTE_MS)):
        if ms % size == 0:
            count = ms // size
            return f"{ways.integer(count)} {unit}{'' if count == 1 else 's'}"
    return f"{ways.minutes(Fraction(ms))} minutes"


def in_requests(policy: Policy | None) -> bool:
    """Whether requests are counted, and not time."""
    return policy is not None and isinstance(policy.indicator, Events | ScoredEvents)


def amount(ways: Conventions, one: ServiceMonth) -> str:
    """The credit: money, service time, or both."""
    return worth(ways, one.amount, one.service_ms)


def worth(ways: Conventions, money: Money, service_ms: int) -> str:
    """``USD 29.90``, or ``3 days of service``."""
    said = [ways.money(money)] if money.minor or not service_ms else []
    return " and ".join([*said, *([f"{service_time(ways, service_ms)} of service"] if service_ms else [])])
