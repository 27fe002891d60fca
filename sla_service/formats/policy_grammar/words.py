"""The single values of the language: a parser, its writer, and what the schema says of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import parse_date, parse_instant
from sla_service.domain.money import Money
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import times
from sla_service.formats.policy_grammar.shapes import JsonSchema, Scalar

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_SOURCE_CHARACTERS = 500
_MAX_COUNT = 10**12
_MAX_UNITS = 10_000
_SEVERAL = 2
ALL = "all"
_LOOSE = ["string", "number", "boolean"]
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS = {day: number for number, day in enumerate(_WEEK)}


def text_form(pattern: str, **more: object) -> JsonSchema:
    """A text that matches a pattern as a whole."""
    return {"type": "string", "pattern": f"^({pattern})$"} | more


def loose_form(pattern: str, **more: object) -> JsonSchema:
    """The same, or what YAML takes for something else where nobody writes quotes: a clause 9.3, a name 2023 or no."""
    return text_form(pattern) | {"type": _LOOSE} | more


def choice(words: Mapping[str, T]) -> Scalar[T]:
    """One of some words, each of which stands for a value."""
    known = dict(words)
    form: JsonSchema = {"enum": list(known)}
    return Scalar("", scalars.keyed(known), lambda value: next(k for k, v in known.items() if v == value), form)


def enumeration(kind: type[E]) -> Scalar[E]:
    """One of the words of an enumeration."""
    return choice({str(one): one for one in kind})


def whole(low: int, high: int) -> Scalar[int]:
    """A whole number of a range."""
    digits = text_form("0|[1-9][0-9]*")
    form: JsonSchema = {"anyOf": [{"type": "integer", "minimum": low, "maximum": high}, digits]}
    return Scalar("", scalars.whole(low, high), str, form)


def _parse_how_many(text: str) -> int | None:
    if text == ALL:
        return None
    try:
        return scalars.whole(_SEVERAL, _MAX_UNITS)(text)
    except InvalidValueError as error:
        message = f"write `{ALL}`, or a whole number from {_SEVERAL} to {_MAX_UNITS}"
        raise InvalidValueError.of("number_range", message) from error


HOW_MANY: Scalar[int | None] = Scalar(
    "",
    _parse_how_many,
    lambda number: ALL if number is None else str(number),
    {"anyOf": [{"const": ALL}, whole(_SEVERAL, _MAX_UNITS).form]},
)


def _text(name: str, characters: int) -> Scalar[str]:
    form = {"type": _LOOSE, "minLength": 1, "maxLength": characters}
    return Scalar(name, scalars.text_up_to(characters), str, form)


def _is(name: str, parse: Any, show: Any, pattern: str, example: str) -> Scalar[Any]:  # noqa: ANN401 - typed where it is named
    return Scalar(name, parse, show, text_form(pattern, examples=[example]))


NAME: Scalar[str] = Scalar("name", scalars.parse_name, str, loose_form(scalars.NAME))
CHARGE_KIND: Scalar[str] = Scalar("charge_kind", scalars.parse_charge_kind, str, loose_form(scalars.CHARGE_KIND))
TEXT = _text("text", scalars.MAX_TEXT_CHARACTERS)
SOURCE = _text("source", _SOURCE_CHARACTERS)
VERSION: Scalar[int] = Scalar("version", scalars.parse_version, str, whole(1, scalars.MAX_VERSION).form)
COUNT = whole(0, _MAX_COUNT)
YES_NO: Scalar[bool] = Scalar(
    "yes_no",
    scalars.keyed({"yes": True, "no": False}),
    lambda value: "yes" if value else "no",
    {"enum": ["yes", "no", True, False]},
)
PLACE: Scalar[str] = Scalar("country", scalars.parse_place, str, text_form(scalars.PLACE, examples=["CN", "DE-BY"]))
WEEKDAY = choice(WEEKDAYS)
ZONE: Scalar[str] = Scalar(
    "time_zone", scalars.parse_zone, str, {"type": "string", "examples": ["Europe/Berlin", "UTC", "merchant"]}
)
DAY: Scalar[date] = _is("day", parse_date, str, scalars.DAY, "2023-01-01")
INSTANT: Scalar[int] = _is("instant", parse_instant, times.write_instant, scalars.INSTANT, "2023-09-19T02:00+08:00")
DURATION: Scalar[int] = _is("duration", times.parse_duration_ms, times.write_duration_ms, times.DURATION, "5 min")
TIME: Scalar[int] = _is(
    "time", times.parse_time_ms, times.write_duration_ms, f"{times.DURATION}|{times.NO_TIME}", "0 min"
)
CLOCK_TIME: Scalar[int] = Scalar(
    "clock_time",
    times.parse_clock_minute,
    times.write_clock_minute,
    # YAML 1.1 takes 22:30 for a number of base 60.
    text_form(times.CLOCK_TIME, examples=["02:00"]) | {"type": ["string", "integer"]},
)
MONEY: Scalar[Money] = _is("money", scalars.parse_money, scalars.write_money, scalars.MONEY, "1.00 USD")
MINIMUM: Scalar[Money] = _is("money", scalars.parse_minimum, scalars.write_money, scalars.MONEY, "1.00 USD")
PERCENTAGE: Scalar[Fraction] = _is(
    "percentage", scalars.parse_ratio, scalars.write_proportion, scalars.PERCENTAGE, "99.95%"
)
SHARE_PPM: Scalar[int] = _is("share", scalars.parse_share_ppm, scalars.write_share_ppm, scalars.PERCENTAGE, "50%")
PROPORTION: Scalar[Fraction] = _is(
    "proportion",
    scalars.above_zero(scalars.parse_proportion),
    scalars.write_proportion,
    f"{scalars.PERCENTAGE}|{scalars.FRACTION}",
    "1/12",
)
NUMBER: Scalar[Fraction] = Scalar(
    "number", scalars.parse_number, scalars.write_number, loose_form(f"{scalars.DECIMAL}|{scalars.FRACTION}")
)
POSITIVE: Scalar[Fraction] = Scalar(
    "number", scalars.above_zero(scalars.parse_number), scalars.write_number, NUMBER.form
)
WEIGHT: Scalar[Fraction] = Scalar("number", scalars.parse_weight, scalars.write_number, NUMBER.form)
SIGNED_NUMBER: Scalar[Fraction] = Scalar(
    "signed_number", scalars.parse_signed_number, scalars.write_number, loose_form(scalars.SIGNED_NUMBER)
)
