"""What the pages say of a month, in sentences; each service is told on its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_service.domain.assessment import Outcome
from sla_service.domain.failures import NOT_DUE
from sla_service.domain.instants import to_datetime
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Credit, Gate, Hits, Stack, Table
from sla_service.domain.policies.cycles import BillingMonth, CalendarMonths, PartPeriod, RollingDays, Week
from sla_service.domain.policies.indicators import AffectedUsers, Metric, Slots, Windows
from sla_service.formats.texts.conventions import Conventions
from sla_service.usecases.service_month import ServiceMonth
from sla_service.web.portal.figures import amount, in_requests, measured, promised

SORRY = "We are sorry that your store was not there when your customers needed it."
SORRY_FOR_LESS = "We are sorry that our service was not as good as it should have been."
BY_HAND = "A person is looking at this month by hand; its figures will appear here."
WAITS = "The contract pays only once the promise is missed repeatedly, and that is not so yet."
DECIDED = "A person decided on it, because the contract alone does not say."
NOT_COUNTED = {
    "not_affected": "your store was not affected by it",
    "grace": "it was within the first time of an interruption, which the contract leaves free",
    "partial_slot": "it did not fill one of the slots of time that the contract counts",
    "recurring": "it was in the maintenance window that the contract names",
    "topology": "what the promise presupposes, such as a second zone, was not there",
}
"""Why a stretch does not count, where the statement's own words do not say it."""
TERMINATE = "terminate"
_MONTHS = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}


def is_open(one: ServiceMonth) -> bool:
    """Whether the period goes on."""
    return one.window is not None and one.as_of_ms < one.window.end_ms


def is_by_hand(one: ServiceMonth) -> bool:
    """Whether there are no figures, and nothing was issued without them."""
    return one.measurement is None and (not one.issued or one.outcome in {Outcome.UNDEFINED, "parked"})


def period_name(policy: Policy | None) -> str:
    """``month``, ``quarter``, ``week``."""
    match policy.period if policy else None:
        case CalendarMonths(months=months):
            return _MONTHS.get(months, "period")
        case Week():
            return "week"
        case BillingMonth():
            return "billing month"
        case RollingDays(days=days):
            return f"{days} days"
        case _:
            return "month"


def span(ways: Conventions, month: str, one: ServiceMonth) -> str:
    """The month by its name; a period of another kind by its days."""
    period = one.policy.period if one.policy else None
    is_other = isinstance(period, Week | BillingMonth | RollingDays) or (
        isinstance(period, CalendarMonths) and period.months > 1
    )
    if one.window is None or not is_other:
        return month
    first, last = (to_datetime(ms, one.time_zone).date() for ms in (one.window.start_ms, one.window.end_ms - 1))
    return f"{ways.day(first)} to {ways.day(last)}"


def title(ways: Conventions, month: str, services: Sequence[ServiceMonth]) -> str:
    """The answer to the page's question."""
    if not services:
        return f"{month}: you had no contract with us"
    if len(services) > 1:
        return f"{month}: {_promises(services)}"
    one = services[0]
    named = span(ways, month, one)
    if is_by_hand(one):
        return f"{named}: a person is looking at your figures" if not is_open(one) else f"{named} has just begun"
    if one.measurement is None:
        return f"{named}: our promise to you was {'not ' if one.is_missed else ''}kept"
    return f"{named}{' so far' if is_open(one) else ''}: {_found(ways, one)}"


def _found(ways: Conventions, one: ServiceMonth) -> str:
    figure = measured(ways, one)
    policy, was = one.policy, "has been" if is_open(one) else "was"
    if policy is not None and isinstance(policy.indicator, Metric):
        return f"{policy.indicator.name} {was} {figure}"
    if in_requests(policy):
        return f"{figure} of your store's requests {'have been' if is_open(one) else 'were'} answered as they should be"
    return f"your store {was} available {figure} of the time"


def heading(ways: Conventions, month: str, one: ServiceMonth) -> str:
    """A service by name and figure, where a page has several; with its days where it has a period of its own."""
    figure, name, days = measured(ways, one), one.service.capitalize(), span(ways, month, one)
    name = name if days == month else f"{name}, {days}"
    if one.measurement is None:
        return f"{name}: not measured"
    if one.policy is not None and isinstance(one.policy.indicator, Metric):
        return f"{name}: {one.policy.indicator.name} {figure}"
    if in_requests(one.policy):
        return f"{name}: {figure} of requests answered as they should be"
    return f"{name}: available {figure} of the time"


def _promises(services: Sequence[ServiceMonth]) -> str:
    missed, runs_on = sum(one.is_missed for one in services), any(map(is_open, services))
    if not missed:
        return f"all our {len(services)} promises to you {'are being' if runs_on else 'were'} kept"
    verb = ("is" if missed == 1 else "are") if runs_on else ("was" if missed == 1 else "were")
    return f"{missed} of our {len(services)} promises to you {verb} not kept"


def answer(ways: Conventions, one: ServiceMonth) -> str:
    """What follows from the measured figure, and what happens now."""
    policy = one.policy
    if policy is not None and is_open(one):
        if is_by_hand(one):
            return f"Figures will appear here as the {period_name(policy)} goes on."
        if one.outcome == Outcome.UNDEFINED:
            return "The contract alone does not say what follows from this: a person will decide."
    if policy is None or is_by_hand(one) or one.outcome in {Outcome.UNDEFINED, "parked"}:
        return BY_HAND
    return " ".join([*_answers(ways, one, policy), *map(_right, one.rights)])


def _answers(ways: Conventions, one: ServiceMonth, policy: Policy) -> Iterator[str]:
    if policy.part_period is PartPeriod.NO_CYCLE and one.reason and one.outcome in {Outcome.MET, "open"}:
        whose = "Each of your units was there" if policy.is_by_unit else "Your contract ran"
        yield f"{whose} for a part of the {period_name(policy)} only, for which nothing is promised."
        return
    if policy.target is None:
        yield f"No availability is promised; credits are paid for {paid_for(policy.credit)}."
        if not one.is_missed:
            yield "So far there is nothing to credit." if is_open(one) else "There was nothing to credit."
    else:
        yield _promise(ways, one, policy)
    if one.is_missed or one.outcome == Outcome.CREDITED:
        yield _money(ways, one)
        was_down = isinstance(policy.indicator, Windows | Slots | AffectedUsers)
        yield SORRY if was_down else SORRY_FOR_LESS


def _promise(ways: Conventions, one: ServiceMonth, policy: Policy) -> str:
    said = promised(ways, policy)
    if policy.gate is Gate.NONE:
        fate = "missed" if one.is_missed else "are meeting" if is_open(one) else "met"
        return f"Our target is {said}, and we {fate} it."
    if one.is_missed:
        return f"We promised {said}, and did not keep it."
    if is_open(one):
        return f"We promised {said} over the whole {period_name(policy)}, and are keeping it."
    return f"We promised {said}, and kept it."


def paid_for(credit: Credit) -> str:
    """What credits are for, where no availability is promised."""
    match credit:
        case Table():
            return "what falls short of the contract's table"
        case Hits(span=span_kind):
            return f"every {span_kind} that is hit"
        case Stack(of=parts):
            return paid_for(parts[0])
        case _:
            return "downtime"


def _money(ways: Conventions, one: ServiceMonth) -> str:
    if one.outcome == Outcome.BELOW_MINIMUM:
        return "The credit for it would be smaller than the smallest one that the contract pays."
    if one.outcome == Outcome.UNCLAIMED:
        return f"A credit for it must be claimed by {ways.until(one.claim_until)}; no claim of yours is known yet."
    if one.outcome != Outcome.CREDITED:
        if one.reason == NOT_DUE:
            return WAITS
        by_hand = "A person looked at it and found that nothing is owed."
        return by_hand if one.decided_by else "The contract pays nothing for it."
    said = [_credited(ways, one), *([DECIDED] if one.decided_by else [])]
    return " ".join(said)


def _credited(ways: Conventions, one: ServiceMonth) -> str:
    credit = amount(ways, one)
    if one.issued:
        if one.service_ms:
            return f"We are adding {credit} to the end of your term."
        return f"We are crediting {credit} to your account."
    when = "if nothing else happens" if is_open(one) else "by what we know today"
    if one.service_ms:
        return f"You will be given {credit} at the end of your term, {when}."
    return f"You will be credited {credit}, {when}."


def _right(name: str) -> str:
    return "You may terminate the contract." if name == TERMINATE else f"You have a further right: {name}."


def claim(ways: Conventions, one: ServiceMonth) -> str:
    """That a credit must be claimed, and until when; empty where there is nothing to claim."""
    if one.outcome != Outcome.UNCLAIMED:
        return ""
    return f"To be claimed by {ways.until(one.claim_until)}. Write to us, and name the month."


def estimate(ways: Conventions, one: ServiceMonth) -> str:
    """Why the figures are an estimate; empty once they are settled."""
    if one.issued or one.measurement is None:
        return ""
    name = period_name(one.policy)
    if is_open(one):
        return f"The {name} is not over: these are the figures until {ways.moment(one.as_of_ms)}."
    return f"The {name} is over, but not settled yet: evidence may still come in."
