"""Stages 3 to 5: which runs of impact count, what is left out, and how time is rounded."""

from __future__ import annotations

import re

from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.instants import DAY_MS, MINUTE_MS
from sla_service.domain.policies.downtime import (
    Affected,
    Allowance,
    AllowancePer,
    Clock,
    Exclude,
    ExclusionEffect,
    ExclusionRule,
    Qualify,
    Quantise,
    RecurringRule,
    RoundAvailability,
    RoundOutage,
    RoundTotal,
    TimeRounding,
    WholeSlots,
)
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import times, words
from sla_service.formats.policy_grammar.dialect import Dialect
from sla_service.formats.policy_grammar.members import Field, Named
from sla_service.formats.policy_grammar.records import Check, OneOf, Record, Variant
from sla_service.formats.policy_grammar.shapes import Distinct, ListOf, Scalar, Shape
from sla_service.formats.yaml_reader import Fields

_ALLOWANCE = rf"(?P<time>{times.DURATION}) per (?P<per>{'|'.join(AllowancePer)})"
_MIDNIGHT_MINUTE = DAY_MS // MINUTE_MS


def _parse_allowance(text: str) -> Allowance:
    message = f"write a duration and how often, such as 4 h per month; per {', '.join(AllowancePer)}"
    match = scalars.matched(_ALLOWANCE, text, "allowance_format", message)
    return Allowance(times.parse_duration_ms(match["time"]), AllowancePer(match["per"]))


def _write_allowance(allowance: Allowance) -> str:
    return f"{times.write_duration_ms(allowance.time_ms)} per {allowance.per}"


ALLOWANCE: Scalar[Allowance] = Scalar(
    "allowance", _parse_allowance, _write_allowance, words.text_form(re.sub(r"\?P<[a-z]+>", "", _ALLOWANCE))
)


def _check_undefined(fields: Fields, exactly_undefined: bool, strict: bool, minimum_run_ms: int) -> None:  # noqa: FBT001 - values
    if exactly_undefined and (strict or not minimum_run_ms):
        fields.refuse("field_needs", "`at_exactly` needs a `minimum_run`", "at_exactly")


def _check_activity(fields: Fields, activity_ms: int, affected: Affected) -> None:
    if activity_ms and affected is not Affected.ACTIVE:
        fields.refuse("field_needs", "`activity` needs `affected: active`", "activity")


QUALIFY: Shape[Qualify] = Record(
    Qualify,
    (
        Named(
            {"minimum_run": False, "longer_than": True},
            words.DURATION,
            ("A shorter run of impact counts nothing", "A run of impact that is not longer counts nothing"),
            ("minimum_run_ms", "strict"),
            ("exclusive_fields", "give `minimum_run` or `longer_than`, not both"),
        ),
        Field(
            "at_exactly",
            words.choice({"undefined": True}),
            "The contract contradicts itself about a run of exactly the minimum",
            "exactly_undefined",
        ),
        Field("grace", words.DURATION, "The first so much of every run never counts", "grace_ms"),
        Field("clock", words.enumeration(Clock), "From when downtime runs"),
        Field("affected", words.enumeration(Affected), "Whom an outage counts for"),
        Field("activity", words.DURATION, "How long around an outage a request shows activity", "activity_ms"),
    ),
    (
        Check(("exactly_undefined", "strict", "minimum_run_ms"), _check_undefined),
        Check(("activity_ms", "affected"), _check_activity),
    ),
)

_EFFECT = Field("effect", words.enumeration(ExclusionEffect), "What leaving it out does to the availability")

EXCLUSION_RULE: Record[ExclusionRule] = Record(
    ExclusionRule,
    (
        Field("notice", words.DURATION, "Least time between announcement and start", "notice_ms"),
        _EFFECT,
        Field("allowance", ALLOWANCE, "How much of it is left out at most; the rest counts"),
        Field("confirmed", words.YES_NO, "Whether the upstream provider must have confirmed it"),
        Field(
            "covered",
            ListOf(words.TEXT, distinct=Distinct(str, "`{}` is there twice".format)),
            "Upstream providers whose outages count all the same",
        ),
    ),
)


def _check_times(fields: Fields, starts_minute: int) -> None:
    if starts_minute == _MIDNIGHT_MINUTE:
        fields.refuse("clock_format", "write 00:00 of the next day", "from")


RECURRING_RULE: Record[RecurringRule] = Record(
    RecurringRule,
    (
        Field(
            "days",
            ListOf(words.WEEKDAY, distinct=Distinct(int, lambda _: "this day is there twice")),
            "Days of the week on which it starts; every day where it is left out",
        ),
        Field("from", words.CLOCK_TIME, "Local time at which it starts", "starts_minute"),
        Field("to", words.CLOCK_TIME, "Local time at which it ends, on the next day if not later", "ends_minute"),
        Field("time_zone", words.ZONE, "Whose clocks it follows"),
        _EFFECT,
    ),
    (Check(("starts_minute",), _check_times),),
)

EXCLUDE: Shape[tuple[Exclude, ...]] = ListOf(
    OneOf(
        (
            Variant({str(kind): {"kind": kind} for kind in ExclusionKind}, EXCLUSION_RULE, "What happened"),
            Variant({"recurring": {}}, RECURRING_RULE, "A window of local time that comes again"),
        ),
        description="What is left out",
    ),
    distinct=Distinct(lambda rule: rule, lambda _: "this rule is there twice"),
)


def _rounded(of: type, unit: Shape[int]) -> Record[Quantise]:
    return Record(
        of,
        (
            Field("to", unit, "It is made whole to this", "unit_ms"),
            Field("round", words.enumeration(TimeRounding), "Which way", "rounding"),
        ),
    )


def quantise(dialect: Dialect) -> Shape[tuple[Quantise, ...]]:
    """How time and availability are rounded, in this order."""
    availability: Record[RoundAvailability] = Record(
        RoundAvailability,
        (
            Field("to", dialect.step, "Gate and table see it rounded to this", "step"),
            Field("round", words.enumeration(TimeRounding), "Which way", "rounding"),
        ),
    )
    slots: Record[WholeSlots] = Record(WholeSlots, (Field("slot", words.DURATION, "Length of a slot", "slot_ms"),))
    return ListOf(
        OneOf(
            (
                Variant({"whole_slots": {}}, slots, "Of every outage the clock slots that lie in it as a whole"),
                Variant({"outage": {}}, _rounded(RoundOutage, words.DURATION), "Every outage by itself"),
                Variant({"total": {}}, _rounded(RoundTotal, words.DURATION), "The downtime of the period"),
                Variant({"availability": {}}, availability, "The availability"),
            ),
            description="What is made whole",
        )
    )
