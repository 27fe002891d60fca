"""Stage 6: the period over which availability is promised, and what it is divided by."""

from __future__ import annotations

from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import (
    BillingMonth,
    CalendarMonths,
    EachDay,
    EachHour,
    EachIncident,
    PartPeriod,
    Period,
    RollingDays,
    Week,
)
from sla_service.formats.policy_grammar import times, words
from sla_service.formats.policy_grammar.members import Field, Inline, Values
from sla_service.formats.policy_grammar.records import OneOf, Record, Variant
from sla_service.formats.policy_grammar.shapes import Scalar

_LAST_DAY = 31
_LAST_MONTH = 12
_MAX_ROLLING_DAYS = 366
_REAL = "real"


def _parse_denominator(text: str) -> int | None:
    return None if text == _REAL else times.parse_duration_ms(text)


def _write_denominator(time_ms: int | None) -> str:
    return _REAL if time_ms is None else times.write_duration_ms(time_ms)


_FIRST_MONTH = Field("first_month", words.whole(1, _LAST_MONTH), "The month in which quarters, halves or years begin")
_MONTHS = {"quarter": {"months": 3}, "half_year": {"months": 6}, "year": {"months": 12}}

_PERIOD: OneOf[Period] = OneOf(
    (
        Variant({"month": {"months": 1, "first_month": 1}}, Record(CalendarMonths, ()), "A calendar month"),
        Variant(_MONTHS, Record(CalendarMonths, (_FIRST_MONTH,)), "Several calendar months"),
        Variant(
            {"billing_month": {}},
            Record(BillingMonth, (Field("day", words.whole(1, _LAST_DAY), "The day on which it begins"),)),
            "From a day of the month to the day before it in the next",
        ),
        Variant(
            {"week": {}},
            Record(Week, (Field("starts", words.WEEKDAY, "The day on which it begins"),)),
            "Seven days",
        ),
        Variant(
            {"rolling": {}},
            Record(RollingDays, (Field("days", words.whole(1, _MAX_ROLLING_DAYS), "How many days"),)),
            "So many days up to the end of the month",
        ),
        Variant({"incident": {}}, Record(EachIncident, ()), "Every outage by itself"),
        Variant({"hour": {}}, Record(EachHour, ()), "Every clock hour by itself"),
        Variant({"day": {}}, Record(EachDay, ()), "Every local day by itself"),
    ),
    description="Over what availability is promised",
)

_DENOMINATOR: Scalar[int | None] = Scalar(
    "denominator", _parse_denominator, _write_denominator, words.text_form(f"{times.DURATION}|{_REAL}")
)

PERIOD: Record[Values] = Record(
    Policy,
    (
        Inline("period", _PERIOD),
        Field("time_zone", words.ZONE, "Whose midnights bound the period; `merchant` for each merchant's own"),
        Field("denominator", _DENOMINATOR, "A fixed length of the period instead of its real one", "denominator_ms"),
        Field(
            "part",
            words.enumeration(PartPeriod),
            "What a period is in which the contract begins or ends",
            "part_period",
        ),
    ),
    make=dict,
)
