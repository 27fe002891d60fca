"""Stage 10: whether and until when somebody has to ask."""

from __future__ import annotations

from dataclasses import dataclass

from sla_service.domain.policies.payment import Claim, ClaimFrom, ClaimUnit, DayOfYear
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import times, words
from sla_service.formats.policy_grammar.members import Field
from sla_service.formats.policy_grammar.records import Check, Record
from sla_service.formats.policy_grammar.shapes import Converted, Distinct, Either, ListOf, Scalar, Shape
from sla_service.formats.yaml_reader import Fields

_HOURS = "h"
_UNITS = {
    "day": ClaimUnit.DAYS,
    "business day": ClaimUnit.BUSINESS_DAYS,
    "month": ClaimUnit.MONTHS,
    _HOURS: ClaimUnit.HOURS,
}

Count = tuple[int, ClaimUnit]
"""Three days, three business days."""


def _parse_deadline(text: str) -> Count:
    message = "write a deadline such as 30 days, 15 business days, 2 months or 72 h"
    return _count(times.DEADLINE, text, message)


def _parse_days(text: str) -> Count:
    return _count(times.DAYS, text, "write a number of days, such as 5 days or 5 business days")


def _count(pattern: str, text: str, message: str) -> Count:
    match = scalars.matched(pattern, text, "duration_format", message)
    return int(match[1]), _UNITS[match[2].removesuffix("s")]


def _write_count(count: Count) -> str:
    number, unit = count
    if unit is ClaimUnit.HOURS:
        return f"{number} {_HOURS}"
    return times.counted(number, next(word for word, one in _UNITS.items() if one is unit))


def _write_day_of_year(day: DayOfYear) -> str:
    return times.write_day_of_year(day.month, day.day)


def _there_twice(day: DayOfYear) -> str:
    return f"{_write_day_of_year(day)} is there twice"


@dataclass(frozen=True)
class _Earliest:
    """The earliest day, counted from a day of its own."""

    after: Count
    since: ClaimFrom


_DEADLINE: Scalar[Count] = Scalar(
    "deadline", _parse_deadline, _write_count, words.text_form(times.DEADLINE, examples=["15 business days"])
)
_DAYS: Scalar[Count] = Scalar("days", _parse_days, _write_count, words.text_form(times.DAYS, examples=["5 days"]))
_DAY_OF_YEAR: Scalar[DayOfYear] = Scalar(
    "day_of_year",
    lambda text: DayOfYear(*times.parse_day_of_year(text)),
    _write_day_of_year,
    words.text_form(times.DAY_OF_YEAR, examples=["24 december"]),
)
_SINCE = words.enumeration(ClaimFrom)

_NOT_BEFORE: Shape[tuple[int, ClaimUnit, ClaimFrom | None]] = Either(
    Converted(_DAYS, lambda count: (*count, None), lambda value: value[:2]),
    Converted(
        Record(
            _Earliest,
            (
                Field("after", _DAYS, "So many days after that day; 0 days for the day itself"),
                Field("since", _SINCE, "From when the earliest day is counted"),
            ),
        ),
        lambda found: (*found.after, found.since),
        lambda value: _Earliest(value[:2], value[2]),
    ),
    lambda value: value[2] is None,
)


def _check_business_days(
    fields: Fields, holidays: str, closed: tuple[DayOfYear, ...], unit: ClaimUnit, not_before_unit: ClaimUnit
) -> None:
    if ClaimUnit.BUSINESS_DAYS not in {unit, not_before_unit}:
        for name, said in (("holidays", holidays), ("closed", closed)):
            if said:
                fields.refuse("field_needs", f"`{name}` goes with a deadline or an earliest day in business days", name)


CLAIM: Shape[Claim | None] = Either(
    words.choice({"automatic": None}),
    Record(
        Claim,
        (
            Field("within", _DEADLINE, "Until when it can be claimed", ("within", "unit"), must=True),
            Field("since", _SINCE, "From when the deadline is counted"),
            Field(
                "not_before",
                _NOT_BEFORE,
                "The earliest day, counted from the same day or from another",
                ("not_before_days", "not_before_unit", "not_before_since"),
            ),
            Field("holidays", words.PLACE, "Whose public holidays are no business days"),
            Field(
                "closed",
                ListOf(_DAY_OF_YEAR, distinct=Distinct(_write_day_of_year, _there_twice), is_bare=True),
                "Further days that are no business days, every year",
            ),
        ),
        (Check(("holidays", "closed", "unit", "not_before_unit"), _check_business_days),),
    ),
    lambda claim: claim is None,
)
