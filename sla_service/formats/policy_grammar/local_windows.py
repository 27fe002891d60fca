"""Windows of local time that come again: on which days they start, from when to when, by whose clocks."""

from __future__ import annotations

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import DAY_MS, MINUTE_MS
from sla_service.domain.policies.local_windows import LocalWindow, NthWeekday, StartDay, YearDays
from sla_service.domain.recurrence import LAST
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import times, words
from sla_service.formats.policy_grammar.members import Field
from sla_service.formats.policy_grammar.records import Check, Record
from sla_service.formats.policy_grammar.shapes import Defined, Distinct, ListOf, Scalar, Shape
from sla_service.formats.yaml_reader import Fields

_MIDNIGHT_MINUTE = DAY_MS // MINUTE_MS
_PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": LAST}
_YEAR_DAYS = rf"{times.DAY_OF_YEAR} to {times.DAY_OF_YEAR}"


def _parse_start_day(text: str) -> StartDay:
    place, _, day = text.rpartition(" ")
    if place and place not in _PLACES:
        message = "write a day such as sunday, or one of a month such as second tuesday or last sunday"
        raise InvalidValueError.of("choice", message)
    weekday = words.WEEKDAY.parse(day)
    return NthWeekday(_PLACES[place], weekday) if place else weekday


def _write_start_day(day: StartDay) -> str:
    if not isinstance(day, NthWeekday):
        return words.WEEKDAY.show(day)
    place = next(name for name, nth in _PLACES.items() if nth == day.nth)
    return f"{place} {words.WEEKDAY.show(day.weekday)}"


_NTH = words.text_form(f"({'|'.join(_PLACES)}) ({'|'.join(words.WEEKDAYS)})", examples=["second tuesday"])
_START_DAY: Scalar[StartDay] = Scalar(
    "start_day", _parse_start_day, _write_start_day, {"anyOf": [words.WEEKDAY.form, _NTH]}
)


def _parse_year_days(text: str) -> YearDays:
    match = scalars.matched(_YEAR_DAYS, text, "year_days_format", "write days such as 15 november to 31 december")
    ends = (f"{match[1]} {match[2]}", f"{match[3]} {match[4]}")
    try:
        (first_month, first_day), (last_month, last_day) = map(times.parse_day_of_year, ends)
    except InvalidValueError as error:
        raise InvalidValueError.of("year_days_format", error.problems[0].message) from None
    return YearDays(first_month, first_day, last_month, last_day)


def _write_year_days(days: YearDays) -> str:
    first = times.write_day_of_year(days.first_month, days.first_day)
    return f"{first} to {times.write_day_of_year(days.last_month, days.last_day)}"


_YEAR: Scalar[YearDays] = Scalar(
    "year_days",
    _parse_year_days,
    _write_year_days,
    words.text_form(_YEAR_DAYS, examples=["15 november to 31 december"]),
)

WHEN = (
    Field(
        "days",
        ListOf(_START_DAY, distinct=Distinct(lambda day: day, lambda _: "this day is there twice")),
        "Days on which it starts, such as sunday or second tuesday; every day where it is left out",
    ),
    Field("from", words.CLOCK_TIME, "Local time at which it starts", "starts_minute"),
    Field("to", words.CLOCK_TIME, "Local time at which it ends, on the next day if not later", "ends_minute"),
    Field("time_zone", words.ZONE, "Whose clocks it follows"),
    Field(
        "except",
        ListOf(_YEAR, distinct=Distinct(lambda days: days, lambda _: "these days are there twice")),
        "Days of the year on which none starts, such as 15 november to 31 december",
        "never",
    ),
)


def _check_times(fields: Fields, starts_minute: int) -> None:
    if starts_minute == _MIDNIGHT_MINUTE:
        fields.refuse("clock_format", "write 00:00 of the next day", "from")


TIMES_CHECK = Check(("starts_minute",), _check_times)

_WINDOW: Record[LocalWindow] = Record(LocalWindow, WHEN, (TIMES_CHECK,))

WITHIN: Shape[tuple[LocalWindow, ...]] = ListOf(
    Defined("local_window", lambda: _WINDOW),
    none=("windows_missing", "say within which windows, or leave `within` out"),
    distinct=Distinct(lambda window: window, lambda _: "this window is there twice"),
)
