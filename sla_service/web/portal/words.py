"""What the pages say of a month, in sentences; each service is told on its own."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sla_service.domain.assessment import Outcome
from sla_service.domain.shares import format_floored, format_floored_between, format_percent
from sla_service.formats.texts.conventions import Conventions
from sla_service.usecases.read_availability import ServiceMonth

SORRY = "We are sorry that your store was not there when your customers needed it."
BY_HAND = "A person is looking at this month by hand; its figures will appear here."


def term(ways: Conventions, ratio: Fraction) -> str:
    """A promised percentage as the contract writes it."""
    try:
        return ways.percent(format_percent(ratio))
    except ValueError:
        return ways.percent(format_floored(ratio))


def measured(ways: Conventions, one: ServiceMonth) -> str:
    """The availability, floored, with enough digits never to read as an edge that it missed or passed."""
    if one.measurement is None:
        return "not measured"
    availability = one.measurement.availability
    if availability == 1:
        return ways.percent("100%")
    shown = [format_floored_between(availability, budget.edge) for budget in one.budgets]
    return ways.percent(max(shown, key=len, default=format_floored(availability)))


def is_open(one: ServiceMonth) -> bool:
    """Whether the month goes on."""
    return one.window is not None and one.as_of_ms < one.window.end_ms


def is_missed(one: ServiceMonth) -> bool:
    """Whether the promise is broken, whatever else the month brings."""
    return bool(one.budgets) and one.budgets[0].left_ms < 0


def title(ways: Conventions, month: str, services: Sequence[ServiceMonth]) -> str:
    """The answer to the page's question."""
    if not services:
        return f"{month}: you had no contract with us"
    if len(services) > 1:
        return f"{month}: {_promises(services)}"
    one = services[0]
    if one.measurement is None:
        return f"{month}: a person is looking at your figures" if not is_open(one) else f"{month} has just begun"
    if is_open(one):
        return f"{month} so far: your store has been available {measured(ways, one)} of the time"
    return f"{month}: your store was available {measured(ways, one)} of the time"


def _promises(services: Sequence[ServiceMonth]) -> str:
    missed, runs_on = sum(map(is_missed, services)), any(map(is_open, services))
    if not missed:
        return f"all our {len(services)} promises to you {'are being' if runs_on else 'were'} kept"
    verb = ("is" if missed == 1 else "are") if runs_on else ("was" if missed == 1 else "were")
    return f"{missed} of our {len(services)} promises to you {verb} not kept"


def answer(ways: Conventions, one: ServiceMonth) -> str:
    """What follows from the measured figure, and what happens now."""
    if one.policy is None or one.measurement is None or one.outcome in {Outcome.UNDEFINED, "parked"}:
        return BY_HAND if not is_open(one) or one.policy is None else "Figures will appear here as the month goes on."
    promised = term(ways, one.policy.target)
    if not is_missed(one):
        if is_open(one):
            return f"We promised {promised} over the whole month, and are keeping it."
        return f"We promised {promised}, and kept it."
    said = [f"We promised {promised}, and did not keep it.", _money(ways, one), SORRY]
    return " ".join(said)


def _money(ways: Conventions, one: ServiceMonth) -> str:
    amount = ways.money(one.amount)
    if one.outcome == Outcome.BELOW_MINIMUM:
        return "The credit for it would be smaller than the smallest one that the contract pays."
    if one.outcome != Outcome.CREDITED:
        return "The contract pays nothing for it."
    if one.issued:
        return f"We are crediting {amount} to your account."
    when = "if nothing else happens" if is_open(one) else "by what we know today"
    return f"You will be credited {amount}, {when}."


def estimate(ways: Conventions, one: ServiceMonth) -> str:
    """Why the figures are an estimate; empty once they are settled."""
    if one.issued or one.measurement is None:
        return ""
    if is_open(one):
        return f"The month is not over: these are the figures until {ways.moment(one.as_of_ms)}."
    return "The month is over, but not settled yet: evidence may still come in."
