"""Stages 3 to 5: which runs of impact count, what is left out, and how time is rounded."""

from __future__ import annotations

import re

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.policies.downtime import (
    Affected,
    Clock,
    Exclude,
    ExclusionEffect,
    ExclusionRule,
    Qualify,
    Quantise,
    RecurringRule,
    Reported,
    ReportedBy,
    ReportedSince,
    RoundAvailability,
    RoundOutage,
    RoundTotal,
    RunsMeasured,
    TimeRounding,
    WholeSlots,
)
from sla_service.formats.policy_grammar import times, words
from sla_service.formats.policy_grammar.allowances import ALLOWANCE
from sla_service.formats.policy_grammar.dialect import Dialect
from sla_service.formats.policy_grammar.local_windows import TIMES_CHECK, WHEN, WITHIN
from sla_service.formats.policy_grammar.members import Field, Named
from sla_service.formats.policy_grammar.records import Check, OneOf, Record, Variant
from sla_service.formats.policy_grammar.shapes import Distinct, ListOf, Scalar, Shape
from sla_service.formats.yaml_reader import Fields


def _check_undefined(fields: Fields, exactly_undefined: bool, strict: bool, minimum_run_ms: int) -> None:  # noqa: FBT001 - values
    if exactly_undefined and (strict or not minimum_run_ms):
        fields.refuse("field_needs", "`at_exactly` needs a `minimum_run`", "at_exactly")


def _check_activity(fields: Fields, activity_ms: int, affected: Affected) -> None:
    if activity_ms and affected is not Affected.ACTIVE:
        fields.refuse("field_needs", "`activity` needs `affected: active`", "activity")


def _check_clock(fields: Fields, clock: tuple[Clock, ...]) -> None:
    if len(clock) > 1 and Clock.FAILURE in clock:
        message = "`failure` comes before all others: write it alone, or leave it out"
        fields.refuse("clock_idle", message, "clock", clock.index(Clock.FAILURE))


def _check_since(fields: Fields, within_ms: int | None, since: ReportedSince) -> None:
    if within_ms is None and since is not ReportedSince.END:
        fields.refuse("field_needs", "`since` needs a `within`", "since")


_CLOCK: Shape[tuple[Clock, ...]] = ListOf(
    words.enumeration(Clock),
    none=("clock_missing", "say from when downtime runs: failure, confirmation, ticket or report"),
    distinct=Distinct(str, "`{}` is there twice".format),
    is_bare=True,
)

_REPORTED: Record[Reported] = Record(
    Reported,
    (
        Field("by", words.enumeration(ReportedBy), "What must have been there"),
        Field("within", words.DURATION, "Until when, at the latest; at any time where it is left out", "within_ms"),
        Field("since", words.enumeration(ReportedSince), "From which edge of the impact that time runs"),
    ),
    (Check(("within_ms", "since"), _check_since),),
)

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
        Field("clock", _CLOCK, "From when downtime runs; of several the earliest that is known"),
        Field("affected", words.enumeration(Affected), "Whom an outage counts for"),
        Field("activity", words.DURATION, "How long around an outage a request shows activity", "activity_ms"),
        Field("measured", words.enumeration(RunsMeasured), "Whether what is left out of downtime ends an outage"),
        Field(
            "joined_within",
            words.DURATION,
            "Runs with at most so much time between them are one outage",
            "joined_within_ms",
        ),
        Field("reported", _REPORTED, "The ticket or report without which an impact does not count"),
    ),
    (
        Check(("exactly_undefined", "strict", "minimum_run_ms"), _check_undefined),
        Check(("activity_ms", "affected"), _check_activity),
        Check(("clock",), _check_clock),
    ),
)


def _parse_notice(text: str) -> tuple[int | None, int]:
    match = re.fullmatch(times.BUSINESS_DAYS, text, re.ASCII)
    if match is not None:
        return None, int(match[1])
    if times.is_duration(text):
        return times.parse_duration_ms(text), 0
    message = "write a notice such as 72 h, 10 d or 5 business days"
    raise InvalidValueError.of("duration_format", message)


def _write_notice(notice: tuple[int | None, int]) -> str:
    notice_ms, days = notice
    if notice_ms is not None:
        return times.write_duration_ms(notice_ms)
    return f"{days} business day" + ("s" if days > 1 else "")


_NOTICE: Scalar[tuple[int | None, int]] = Scalar(
    "notice",
    _parse_notice,
    _write_notice,
    words.text_form(f"{times.DURATION}|{times.BUSINESS_DAYS}", examples=["72 h", "5 business days"]),
)


def _check_holidays(fields: Fields, holidays: str, notice_business_days: int) -> None:
    if holidays and not notice_business_days:
        fields.refuse("field_needs", "`holidays` goes with a notice in business days", "holidays")


_EFFECT = Field("effect", words.enumeration(ExclusionEffect), "What leaving it out does to the availability")

EXCLUSION_RULE: Record[ExclusionRule] = Record(
    ExclusionRule,
    (
        Field(
            "notice",
            _NOTICE,
            "Least time between announcement and start, or business days",
            ("notice_ms", "notice_business_days"),
        ),
        _EFFECT,
        ALLOWANCE,
        Field("confirmed", words.YES_NO, "Whether the upstream provider must have confirmed it"),
        Field(
            "covered",
            ListOf(words.TEXT, distinct=Distinct(str, "`{}` is there twice".format)),
            "Upstream providers whose outages count all the same",
        ),
        Field("within", WITHIN, "Only what lies in one of these windows is left out; the rest counts"),
        Field("holidays", words.PLACE, "Whose public holidays are no business days"),
    ),
    (Check(("holidays", "notice_business_days"), _check_holidays),),
)


RECURRING_RULE: Record[RecurringRule] = Record(RecurringRule, (*WHEN, _EFFECT, ALLOWANCE), (TIMES_CHECK,))

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
