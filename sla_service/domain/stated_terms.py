"""What a statement says of a policy's terms, beyond a share of the monthly fee by a row of a table.

Plain text and whole numbers, so that a snapshot reads the same whatever the policy language becomes. Everything has a
default, which the canonical JSON leaves out: what a later term adds changes no statement that does not use it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any

LEAN = MappingProxyType({"lean": True})
"""Marks a field that came later: its default is left out of the JSON, so that older statements keep their digest."""


@dataclass(frozen=True, slots=True)
class StatedMetric:
    """A measured value in the place of availability; target and edges are in its unit."""

    name: str
    unit: str = ""
    worse: str = "higher"
    value: str = ""
    """Exact; empty where only its row in the table is known."""


@dataclass(frozen=True, slots=True)
class StatedRounding:
    """A step in which time or availability was made whole."""

    kind: str
    """``whole_slots``, ``outage``, ``total`` or ``availability``."""
    unit: str
    """Milliseconds, or a ratio for ``availability``."""
    rounding: str = ""


@dataclass(frozen=True, slots=True)
class HowMeasured:
    """How the availability was measured, where that is not windows of a calendar month divided by its real length."""

    availability: str = ""
    """Exact ratio, where whole units of bad time do not give it."""
    figure: str = ""
    """What promise and table look at, where that is another ratio."""
    credited_ms: str = ""
    """Bad time that counts for the credit, where that is less; exact."""
    indicator: str = ""
    """``slots``, ``slot_mean``, ``events``, ``scored_events``, ``affected_users`` or ``metric``; empty for windows."""
    metric: StatedMetric | None = None
    subject: str = ""
    """``pool`` or ``unit``; empty for the merchant's service as a whole."""
    gate: str = ""
    """``above`` or ``none``; empty where the promise is kept at the target."""
    grace_ms: int = 0
    minimum_run_strict: bool = False
    quantise: tuple[StatedRounding, ...] = ()
    is_fixed_length: bool = False
    """Whether downtime was divided by a length that the contract fixes."""
    part_period: str = ""
    """What a part of a period is, where it is not a short period of its own."""
    period: str = ""
    """``quarter``, ``week``, ``incident`` …; empty for the calendar month."""
    whole_start_ms: int = 0
    whole_end_ms: int = 0
    """The whole period, where the contract was in force for a part of it; otherwise 0."""


@dataclass(frozen=True, slots=True)
class StatedBase:
    """What a share is of, where that is not the monthly fee."""

    of: tuple[str, ...]
    minor: str = ""
    """Exact; empty where it is not known."""
    share: str = "1"
    month: str = "this"
    in_force: str = ""
    """The part of the period for which the base is due, exact, where that is not all of it."""


@dataclass(frozen=True, slots=True)
class StatedPay:
    """What is paid for one of whatever is counted."""

    kind: str
    """``share``, ``amount``, ``time``, ``service_time`` or ``right``."""
    figure: str
    """A ratio, minor units of the credit's currency, milliseconds, or the right's name."""


@dataclass(frozen=True, slots=True)
class StatedTerm:
    """A credit function as it was applied; ``kind`` says which of the parameters it has."""

    kind: str
    """``table``, ``flat``, ``multiple``, ``blocks``, ``bands``, ``hits``, ``points``, ``manual`` or ``several``."""
    pay: StatedPay | None = None
    amount: str = ""
    """Exact minor units, before caps; empty where only the sum of the terms is known."""
    time_ms: str = ""
    """Exact service time, before caps; empty where there is none, or only the sum is known."""
    count: str = ""
    """Outages, blocks, hours, days or steps that were paid for."""
    per: str = ""
    """``outage`` or ``period``."""
    part: str = ""
    """``full`` or ``part``: how blocks and steps count that are not full."""
    unit: str = ""
    """A block in milliseconds, ``hour`` or ``day``, or a step as a ratio."""
    beyond_ms: int = 0
    """Downtime that is free, or that an hour, day or outage must have."""
    is_strict: bool = False
    """Whether exactly so much is too little."""
    by_outage: bool = False
    """Whether an outage that begins in an hour or day is looked at, and not all downtime in it."""
    times: str = ""
    whole_ms: int = 0
    bad: str = ""
    """What is multiplied: milliseconds, or requests."""
    covers: str = ""
    """What it is divided by: the time that the base pays for, or the denominator."""
    is_excess: bool = False
    """Whether only what goes beyond the target is multiplied."""
    upper: str = ""
    upper_inclusive: bool = False
    lower: str = ""
    lower_inclusive: bool = True
    clause: str = ""


@dataclass(frozen=True, slots=True)
class StatedCap:
    """A cap as it was applied, in minor units or milliseconds of service time."""

    kind: str
    """``share``, ``amount`` or ``time``."""
    at: str
    before: str
    after: str
    limit: str = ""
    """What it left room for, after earlier credits; empty where it is not known."""
    of: str = ""
    """What a share is of; empty for the monthly fee."""
    per: str = "period"
    whole: str = ""
    """The cap before earlier credits, where they left room for less."""


@dataclass(frozen=True, slots=True)
class StatedGroupCap:
    """The cap that holds for all credits of a group of policies in one month, in minor units."""

    name: str
    limit: int
    left: int
    """What the credits before this one left of it."""
    before: int
    """The credit before it, rounded."""


@dataclass(frozen=True, slots=True)
class HowPaid:
    """How the amount came about, where that is more than a share of the monthly fee under one cap on that fee."""

    base: StatedBase | None = None
    base_covers_ms: str = ""
    """The time that the base pays for, where pay is time."""
    base_covers_days: str = ""
    """The same in calendar days, where those are not 24 hours each: days are counted in these, hours in that."""
    stacking: str = ""
    """``sum``, ``largest`` or ``first``; empty for a single function."""
    terms: tuple[StatedTerm, ...] = ()
    is_listed: bool = False
    """Whether the terms, as stacked, come to the amount; otherwise they say the rules only."""
    by: str = ""
    """``unit``, ``incident``, ``hour`` or ``day``, where each was reckoned by itself."""
    by_count: int = 0
    """How many hours or days missed the promise."""
    by_share: str = ""
    """The part of the base that each of them has; empty where they differ."""
    is_prorated: bool = False
    """Whether each unit has its share for the time that it was there only."""
    caps: tuple[StatedCap, ...] = ()
    group: str = ""
    """The group of policies of whose credits only the largest is paid."""
    group_cap: StatedGroupCap | None = None
    """What all policies of a group credit together at most, after the rounding of each."""
    unused: str = ""
    """``paid_out`` where the rest is paid out at the end of the term."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided where the contract gives no answer."""

    by: str
    on_behalf_of: str
    reason: str


@dataclass(frozen=True, slots=True)
class Before:
    """What issued runs had credited for the same contract and period, and what a correction therefore states.

    In minor units of the credit's currency, and in milliseconds of service time.
    """

    minor: int
    stated_minor: int
    """The difference to the credit's amount; less of it where the policy takes nothing back."""
    service_ms: int = 0
    stated_service_ms: int = 0


def said_fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any value that a statement holds
    """What the canonical JSON says of a value: every field, but of terms and later fields no defaults."""
    kind: type = type(value)
    said = ((name, getattr(value, name), always, default) for name, always, default in _fields(kind))
    return {name: found for name, found, always, default in said if always or found != default}


@cache
def _fields(kind: type) -> tuple[tuple[str, bool, Any], ...]:
    """Names, whether they are always said, and defaults; a statement has some hundred values of a few types."""
    is_lean = kind.__module__ == __name__
    return tuple((one.name, not (is_lean or one.metadata), one.default) for one in fields(kind))


def measured_of(values: dict[str, Any]) -> HowMeasured:
    """The value that its JSON was made of."""
    return HowMeasured(
        **{
            **values,
            "metric": StatedMetric(**values["metric"]) if "metric" in values else None,
            "quantise": tuple(StatedRounding(**one) for one in values.get("quantise", ())),
        },
    )


def paid_of(values: dict[str, Any]) -> HowPaid:
    """The value that its JSON was made of."""
    base = values.get("base")
    return HowPaid(
        **{
            **values,
            "base": StatedBase(**{**base, "of": tuple(base["of"])}) if base else None,
            "terms": tuple(_term(one) for one in values.get("terms", ())),
            "caps": tuple(StatedCap(**one) for one in values.get("caps", ())),
            "group_cap": StatedGroupCap(**values["group_cap"]) if "group_cap" in values else None,
        },
    )


def _term(values: dict[str, Any]) -> StatedTerm:
    return StatedTerm(**{**values, "pay": StatedPay(**values["pay"]) if "pay" in values else None})
