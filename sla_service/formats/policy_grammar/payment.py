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
from sla_service.formats.policy_grammar.members import Field, Named
from sla_service.formats.policy_grammar.pay import CAP_AT, GROUP_CAP_AT
from sla_service.formats.policy_grammar.records import Check, Record
from sla_service.formats.policy_grammar.shapes import Distinct, ListOf, Scalar, Shape
from sla_service.formats.yaml_reader import Fields

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
        Field("prorated", words.YES_NO, "Whether a part of the period has that part of the base only"),
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
    return times.counted(days, "day") if months is None else times.counted(months, "month")


_EXPIRY: Scalar[tuple[int | None, int | None]] = Scalar(
    "expiry", _parse_expiry, _write_expiry, words.text_form(times.MONTHS_OR_DAYS, examples=["12 months"])
)

SETTLEMENT: Shape[Settlement] = Record(
    Settlement,
    (
        Field("form", words.enumeration(SettleForm), "How the credit reaches the merchant", must=True),
        Field("expires", _EXPIRY, "How long after issue an unused credit lasts", ("expires_months", "expires_days")),
        Field("unused", words.enumeration(Unused), "What becomes of one that is not used by the end of the term"),
        Field("take_back", words.YES_NO, "Whether a correction may take back what was credited too much"),
    ),
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
