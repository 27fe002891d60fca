"""Stages 9 and 10: what a share is of, how much it may and must be, and how it is settled."""

from __future__ import annotations

from fractions import Fraction

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money, Rounding
from sla_service.domain.policies.payment import (
    MONTHLY_FEE,
    NEXT_INVOICE,
    Base,
    Cap,
    CapPer,
    ChargeMonth,
    Chronic,
    Claim,
    ClaimFrom,
    ClaimUnit,
    Group,
    GroupCap,
    GroupRule,
    Minimum,
    SettleForm,
    Settlement,
    Unused,
)
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import times, words
from sla_service.formats.policy_grammar.dialect import Dialect
from sla_service.formats.policy_grammar.members import Field, Named
from sla_service.formats.policy_grammar.pay import CAP_AT, GROUP_CAP_AT
from sla_service.formats.policy_grammar.records import Check, Record
from sla_service.formats.policy_grammar.shapes import Distinct, Either, ListOf, Scalar, Shape
from sla_service.formats.yaml_reader import Fields

_MAX_PERIODS = 60
_UNITS = {"day": ClaimUnit.DAYS, "business day": ClaimUnit.BUSINESS_DAYS, "month": ClaimUnit.MONTHS}

ROUNDING = words.enumeration(Rounding)


def _parse_base(text: str) -> str:
    if text == NEXT_INVOICE:
        raise InvalidValueError.of("base_unknown", "its size is not known yet; only a cap can be of the next invoice")
    return scalars.parse_charge_kind(text)


_BASE_KIND: Scalar[str] = Scalar("charge_kind", _parse_base, str, words.CHARGE_KIND.form)

BASE: Shape[Base] = Record(
    Base,
    (
        Field(
            "of",
            ListOf(
                _BASE_KIND,
                none=("base_missing", "say what a share is of"),
                distinct=Distinct(str, "`{}` is there twice".format),
                is_bare=True,
            ),
            "`monthly_fee`, `period_fee`, or kinds of charges, which are summed",
        ),
        Field("share", words.PROPORTION, "How much of it, such as 1/12 of a yearly charge"),
        Field("month", words.enumeration(ChargeMonth), "Of which month charges are taken"),
        Field("covers", words.DURATION, "The time that the base pays for, if it is not the period", "covers_ms"),
    ),
)


def _check_cap(fields: Fields, at: Fraction | tuple[Money, ...] | int, of: str) -> None:
    if not isinstance(at, Fraction) and of != MONTHLY_FEE:
        fields.refuse("field_needs", "`of` goes with a share, such as `at: 25%`", "of")


CAPS: Shape[tuple[Cap, ...]] = ListOf(
    Record(
        Cap,
        (
            Field("of", words.CHARGE_KIND, "`monthly_fee`, `period_fee`, `next_invoice` or a kind of charge"),
            Field("at", CAP_AT, "The most: a share, an amount for each currency, or service time"),
            Field("per", words.enumeration(CapPer), "Over what it holds"),
        ),
        (Check(("at", "of"), _check_cap),),
    ),
    distinct=Distinct(lambda cap: cap, lambda _: "this cap is there twice"),
    is_bare=True,
)

MINIMUMS: Shape[tuple[Minimum, ...]] = ListOf(
    Record(
        Minimum,
        (
            Named(
                {"above": True, "at_least": False},
                words.MINIMUM,
                ("A credit of this or less is not paid", "A credit of less than this is not paid"),
                ("amount", "strict"),
                ("exclusive_fields", "give `above` or `at_least`, with an amount"),
                must=True,
            ),
        ),
    ),
    distinct=Distinct(
        lambda minimum: minimum.amount.currency,
        lambda minimum: f"there are two minimums in {minimum.amount.currency}",
    ),
    is_bare=True,
)


def _parse_expiry(text: str) -> tuple[int | None, int | None]:
    message = "write a number of months or days, such as 12 months or 30 days"
    match = scalars.matched(times.MONTHS_OR_DAYS, text, "duration_format", message)
    number = int(match[1])
    return (number, None) if match[2].startswith("month") else (None, number)


def _write_expiry(expiry: tuple[int | None, int | None]) -> str:
    months, days = expiry
    return _counted(days, "day") if months is None else _counted(months, "month")


def _counted(number: int | None, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


_EXPIRY: Scalar[tuple[int | None, int | None]] = Scalar(
    "expiry", _parse_expiry, _write_expiry, words.text_form(times.MONTHS_OR_DAYS, examples=["12 months"])
)

SETTLEMENT: Shape[Settlement] = Record(
    Settlement,
    (
        Field("form", words.enumeration(SettleForm), "How the credit reaches the merchant", must=True),
        Field("expires", _EXPIRY, "How long after issue an unused credit lasts", ("expires_months", "expires_days")),
        Field("unused", words.enumeration(Unused), "What becomes of one that is not used by the end of the term"),
    ),
)


def _parse_deadline(text: str) -> tuple[int, ClaimUnit]:
    message = "write a deadline such as 30 days, 15 business days or 2 months"
    match = scalars.matched(times.DEADLINE, text, "duration_format", message)
    return int(match[1]), _UNITS[match[2].removesuffix("s")]


def _write_deadline(deadline: tuple[int, ClaimUnit]) -> str:
    return _counted(deadline[0], next(word for word, unit in _UNITS.items() if unit is deadline[1]))


def _parse_days(text: str) -> int:
    return int(scalars.matched(times.DAYS, text, "duration_format", "write a number of days, such as 5 days")[1])


def _parse_country(text: str) -> str:
    return scalars.matched(scalars.COUNTRY, text, "country_format", "write the country's two letters, such as CN")[0]


def _check_holidays(fields: Fields, holidays: str, unit: ClaimUnit) -> None:
    if holidays and unit is not ClaimUnit.BUSINESS_DAYS:
        fields.refuse("field_needs", "`holidays` goes with a deadline in business days", "holidays")


_DEADLINE: Scalar[tuple[int, ClaimUnit]] = Scalar(
    "deadline", _parse_deadline, _write_deadline, words.text_form(times.DEADLINE, examples=["15 business days"])
)
_DAYS: Scalar[int] = Scalar("days", _parse_days, lambda days: _counted(days, "day"), words.text_form(times.DAYS))
_COUNTRY: Scalar[str] = Scalar("country", _parse_country, str, words.text_form(scalars.COUNTRY, examples=["CN"]))

CLAIM: Shape[Claim | None] = Either(
    words.choice({"automatic": None}),
    Record(
        Claim,
        (
            Field("within", _DEADLINE, "Until when it can be claimed", ("within", "unit"), must=True),
            Field("since", words.enumeration(ClaimFrom), "From when the deadline is counted"),
            Field("not_before", _DAYS, "The earliest day, counted from the same day", "not_before_days"),
            Field("holidays", _COUNTRY, "The country whose public holidays are no business days"),
        ),
        (Check(("holidays", "unit"), _check_holidays),),
    ),
    lambda claim: claim is None,
)


def _check_missed(fields: Fields, missed: int, of: int) -> None:
    if missed > of:
        fields.refuse("range", f"{missed} of {of} periods cannot be missed", "missed")


def chronic(dialect: Dialect) -> Shape[tuple[Chronic, ...]]:
    """What failing often leads to."""
    periods = words.whole(1, _MAX_PERIODS)
    return ListOf(
        Record(
            Chronic,
            (
                Field("missed", periods, "So many periods must be missed"),
                Field("of", periods, "Of so many, the present one included"),
                Field("in_a_row", words.YES_NO, "Whether they must follow each other"),
                Field("below", dialect.edge, "Missed means below this; below the target where it is left out"),
                Field("then", words.TEXT, "The right that it gives"),
            ),
            (Check(("missed", "of"), _check_missed),),
        ),
        is_bare=True,
    )


_GROUP_CAP: Shape[GroupCap] = Record(
    GroupCap,
    (Field("at", GROUP_CAP_AT, "A share of the sum of the contracts' monthly fees, or an amount for each currency"),),
)
GROUP: Shape[Group] = Record(
    Group,
    (
        Field("name", words.NAME, "Policies with this name stack"),
        Field("rule", words.enumeration(GroupRule), "How their credits become one"),
        Field("cap", _GROUP_CAP, "The most that they credit one merchant for one month together"),
    ),
)
