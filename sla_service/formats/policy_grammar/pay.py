"""What a breach pays, and the most that it may pay: shares, amounts, time and rights, told apart by how they look."""

from __future__ import annotations

import re
from fractions import Fraction

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money
from sla_service.domain.policies.credits import Amount, Pay, Right, Share, Time
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import times, words
from sla_service.formats.policy_grammar.shapes import Converted, Distinct, Either, ListOf, Scalar, Shape

_RIGHT = "right to "
_IS_SHARE = re.compile(r".*(%|/[0-9]+)", re.ASCII)
_IS_MONEY = re.compile(r".* [A-Za-z]{3}", re.ASCII)
_IS_TIME = re.compile(r"-?[0-9.,]+\s?(s|min|h|d)", re.ASCII)
_SHARE_OR_TIME = f"{scalars.PERCENTAGE}|{scalars.FRACTION}|{scalars.MONEY}|{times.DURATION}"

AMOUNTS: Shape[tuple[Money, ...]] = ListOf(
    words.MONEY,
    none=("amounts_missing", "write at least one amount"),
    distinct=Distinct(lambda money: money.currency, lambda money: f"there are two amounts in {money.currency}"),
)


def _parse_pay(text: str) -> Pay:
    if text.startswith(_RIGHT):
        return Right(words.TEXT.parse(text.removeprefix(_RIGHT)))
    value = _parse_value(text)
    if value is None:
        message = "write a share such as 10%, an amount such as 5.00 USD, a time such as 3 d, or `right to terminate`"
        raise InvalidValueError.of("pay_format", message)
    return value


def _parse_value(text: str) -> Share | Time | Amount | None:
    """A share, a time or an amount, by how it looks; None if it looks like none of them."""
    if _IS_SHARE.fullmatch(text):
        return Share(scalars.parse_proportion(text))
    if _IS_TIME.fullmatch(text):
        scalars.refuse_negative(text)
        return Time(times.parse_duration_ms(text))
    if _IS_MONEY.fullmatch(text):
        return Amount((scalars.parse_money(text),))
    return None


def _write_pay(pay: Pay) -> str:
    match pay:
        case Share(ratio):
            return scalars.write_proportion(ratio)
        case Time(time_ms):
            return times.write_duration_ms(time_ms)
        case Right(name):
            return f"{_RIGHT}{name}"
        case Amount(amounts):
            return scalars.write_money(amounts[0])


PAY: Shape[Pay] = Either(
    Scalar("pay", _parse_pay, _write_pay, words.text_form(f"{_SHARE_OR_TIME}|{_RIGHT}.+")),
    Converted(AMOUNTS, Amount, lambda pay: pay.amounts),
    lambda pay: not isinstance(pay, Amount) or len(pay.amounts) == 1,
)


def _parse_cap(text: str) -> Fraction | tuple[Money, ...] | int:
    match _parse_value(text):
        case Share(ratio):
            return ratio
        case Amount(amounts):
            return amounts
        case Time(time_ms):
            return time_ms
        case None:
            message = "write a share such as 25%, an amount such as 100.00 USD, or a time such as 3 d"
            raise InvalidValueError.of("pay_format", message)


def _write_cap(at: Fraction | tuple[Money, ...] | int) -> str:
    if isinstance(at, Fraction):
        return scalars.write_proportion(at)
    return times.write_duration_ms(at) if isinstance(at, int) else scalars.write_money(at[0])


CAP_AT: Shape[Fraction | tuple[Money, ...] | int] = Either(
    Scalar("cap", _parse_cap, _write_cap, words.text_form(_SHARE_OR_TIME)),
    AMOUNTS,
    lambda at: not isinstance(at, tuple) or len(at) == 1,
)


def _parse_group_cap(text: str) -> Fraction | tuple[Money, ...]:
    at = _parse_cap(text)
    if isinstance(at, int):
        raise InvalidValueError.of("pay_format", "write a share such as 100%, or an amount: time has no common price")
    return at


GROUP_CAP_AT: Shape[Fraction | tuple[Money, ...]] = Either(
    Scalar(
        "group_cap",
        _parse_group_cap,
        _write_cap,
        words.text_form(f"{scalars.PERCENTAGE}|{scalars.FRACTION}|{scalars.MONEY}"),
    ),
    AMOUNTS,
    lambda at: not isinstance(at, tuple) or len(at) == 1,
)
