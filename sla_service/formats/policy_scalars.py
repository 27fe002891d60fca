"""What single values in a policy file look like: patterns, parsers, and writers that undo them.

Each parser raises InvalidValueError saying how to write it. Each pattern takes at least what its parser takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeVar

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import load_zone, parse_date
from sla_service.domain.money import Money, minor_digits
from sla_service.domain.periods import Month
from sla_service.domain.policies import MERCHANT_ZONE
from sla_service.domain.shares import format_percent, parse_percent
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.yaml_reader import nearest

T = TypeVar("T")

NAME = r"[a-z0-9][a-z0-9-]{0,62}"
CHARGE_KIND = r"[a-z0-9_-]{1,64}"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
MONTH = r"20[0-9]{2}-(0[1-9]|1[0-2])"
INSTANT = DAY + r"T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
PERCENTAGE = r"(0|[1-9][0-9]{0,5})(\.[0-9]{1,9})?\s?%"
FRACTION = r"[0-9]{1,18}/[1-9][0-9]{0,17}"
DECIMAL = r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?"
AMOUNT = r"(0|[1-9][0-9]{0,15})(\.[0-9]{1,9})?"
MONEY = AMOUNT + r" [A-Z]{3}"
CHARGE = r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,9})?"
PLACE = r"[A-Z]{2}(-[A-Z0-9]{1,3})?"
SHOWN_RATIO = r"-?[0-9]{1,6}\.[0-9]{4}%|-?[01]|-?" + FRACTION
SIGNED_NUMBER = rf"-?({DECIMAL}|{FRACTION})"

MAX_TEXT_CHARACTERS = 300
MAX_VERSION = 999_999
_MAX_DECIMALS = 9
_DECIMALS_BELOW = 10**15  # more digits than DECIMAL has
_PERCENTAGES_BELOW = 10**4  # the same for PERCENTAGE


def matched(pattern: str, text: str, rule: str, message: str) -> re.Match[str]:
    """The match of all of a text.

    Raises:
        InvalidValueError: It does not match; the message says how to write it.
    """
    match = re.fullmatch(pattern, text, re.ASCII)
    if match is None:
        raise InvalidValueError.of(rule, message)
    return match


def parse_name(text: str) -> str:
    """A name: small letters, digits and hyphens."""
    return matched(NAME, text, "name_format", "use small letters, digits and hyphens")[0]


def parse_charge_kind(text: str) -> str:
    """A kind of charge, as the evidence names it."""
    return matched(CHARGE_KIND, text, "name_format", "use small letters, digits, hyphens and underscores")[0]


def text_up_to(characters: int) -> Callable[[str], str]:
    """A parser for one line of printable text."""

    def parse(text: str) -> str:
        if not text.strip() or len(text) > characters or not text.isprintable():
            raise InvalidValueError.of("text", f"write one line of up to {characters} characters")
        return text

    return parse


def parse_version(text: str) -> int:
    """A version: 1, 2, 3 and so on."""
    return int(matched(r"[1-9][0-9]{0,5}", text, "version", "number versions 1, 2, 3 …")[0])


def whole(low: int, high: int) -> Callable[[str], int]:
    """A parser for whole numbers of a range."""

    def parse(text: str) -> int:
        if re.fullmatch(r"0|[1-9][0-9]{0,15}", text, re.ASCII) is None or not low <= int(text) <= high:
            raise InvalidValueError.of("number_range", f"write a whole number from {low} to {high}")
        return int(text)

    return parse


def refuse_negative(text: str) -> None:
    """Say what is wrong with ``-5%``, which looks right but for its sign."""
    if re.match(r"[-−][0-9]", text):
        raise InvalidValueError.of("number_range", "this must not be negative: write it without the minus sign")


def _percent(text: str) -> Fraction:
    refuse_negative(text)
    return parse_percent(text)


def parse_ratio(text: str) -> Fraction:
    """An availability between 0 and 1."""
    ratio = _percent(text)
    if ratio > 1:
        raise InvalidValueError.of("target_range", "an availability goes from 0% to 100%")
    return ratio


def parse_target(text: str) -> Fraction:
    """An availability above 0."""
    ratio = parse_ratio(text)
    if ratio == 0:
        raise InvalidValueError.of("target_range", "a target is above 0%")
    return ratio


def parse_step(text: str) -> Fraction:
    """A step of availability."""
    step = parse_ratio(text)
    if step == 0:
        raise InvalidValueError.of("target_range", "a step is above 0%")
    return step


def parse_number(text: str) -> Fraction:
    """``102.4`` or ``1/30``."""
    message = "write a decimal such as 102.4 or a fraction such as 1/30, without separators"
    return Fraction(matched(f"{DECIMAL}|{FRACTION}", text, "number_format", message)[0])


def parse_signed_number(text: str) -> Fraction:
    """``-2.5``, ``200`` or ``1/3``: a value or an edge of a metric."""
    message = "write a plain number such as 200 or 0.25, in the metric's unit"
    return Fraction(matched(SIGNED_NUMBER, text, "number_format", message)[0])


def above_zero(parse: Callable[[str], Fraction]) -> Callable[[str], Fraction]:
    """The same parser, refusing 0 and less."""

    def parse_above(text: str) -> Fraction:
        number = parse(text)
        if number <= 0:
            raise InvalidValueError.of("number_range", "write a number above 0")
        return number

    return parse_above


def parse_weight(text: str) -> Fraction:
    """A number from 0 to 1."""
    number = parse_number(text)
    if number > 1:
        raise InvalidValueError.of("number_range", "write a number from 0 to 1, such as 1/2")
    return number


def write_number(number: Fraction) -> str:
    """As a decimal where it has a short one, else as a fraction."""
    for digits in range(_MAX_DECIMALS + 1):
        scaled = abs(number) * 10**digits
        if scaled.denominator == 1 and abs(number) < _DECIMALS_BELOW:
            text = str(scaled.numerator).rjust(digits + 1, "0")
            sign = "-" if number < 0 else ""
            return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"
    return _write_fraction(number)


def _write_fraction(number: Fraction) -> str:
    return f"{number.numerator}/{number.denominator}"


def parse_proportion(text: str) -> Fraction:
    """``25%`` or ``1/12``."""
    if re.fullmatch(FRACTION, text, re.ASCII):
        return Fraction(text)
    return _percent(text)


def write_proportion(ratio: Fraction) -> str:
    """As a percentage where it has a short one, else as a fraction."""
    scaled = ratio * 100 * 10**_MAX_DECIMALS
    is_short = scaled.denominator == 1 and ratio < _PERCENTAGES_BELOW
    return format_percent(ratio) if is_short else _write_fraction(ratio)


def parse_place(text: str) -> str:
    """A country's code, or that of a part of it."""
    message = "write the country's two letters, such as CN, or a part of it, such as DE-BY"
    return matched(PLACE, text, "country_format", message)[0]


def parse_zone(text: str) -> str:
    """A zone of the zone database, or ``merchant``."""
    return text if text == MERCHANT_ZONE else load_zone(text).key


def parse_share_ppm(text: str) -> int:
    """A percentage as parts per million."""
    ppm = _percent(text) * SHARE_FULL_PPM
    if ppm.denominator != 1 or ppm > SHARE_FULL_PPM:
        raise InvalidValueError.of("percent_range", "a share goes from 0% to 100%, with up to 4 decimals")
    return ppm.numerator


def write_share_ppm(ppm: int) -> str:
    """Parts per million as a percentage."""
    return format_percent(Fraction(ppm, SHARE_FULL_PPM))


def parse_shown_ratio(text: str) -> str:
    """An availability as results show it: ``99.2939%``, or the exact ratio ``8579/8640``."""
    message = "write 99.2939% (four decimals, floored) or the ratio, 8579/8640"
    return matched(SHOWN_RATIO, text, "ratio_format", message)[0]


def parse_shown_number(text: str) -> str:
    """A metric's value, kept as written."""
    parse_signed_number(text)
    return text


def parse_money(text: str) -> Money:
    """``1.00 USD``."""
    return _money(text, "write an amount with its currency, such as 1.00 USD")


def parse_minimum(text: str) -> Money:
    """The same; contracts have no minimum as a share."""
    return _money(text, "a minimum is an amount: write it with its currency, such as 1.00 USD")


def _money(text: str, how: str) -> Money:
    amount, _, currency = text.partition(" ")
    if re.fullmatch(r"[A-Za-z]{3}", currency, re.ASCII) is None:
        raise InvalidValueError.of("currency_unknown", how)
    money = Money.parse(amount, currency)
    if money.minor < 0:
        raise InvalidValueError.of("amount_range", "fees, minimums and credits are not negative")
    return money


def write_money(money: Money) -> str:
    """``1.00 USD``."""
    return f"{money.amount} {money.currency}"


def parse_charge(text: str) -> tuple[Fraction, str]:
    """``0.036 USD``: an amount that may have more decimals than its currency."""
    amount, _, currency = text.partition(" ")
    if not currency:
        raise InvalidValueError.of("currency_unknown", "write an amount with its currency, such as 0.036 USD")
    minor_digits(currency)
    return Fraction(matched(CHARGE, amount, "number_format", "write a plain decimal, such as 0.036 USD")[0]), currency


def write_charge(charge: tuple[Fraction, str]) -> str:
    """``0.036 USD``, with at least the currency's decimals."""
    amount, currency = charge
    minor = amount * 10 ** minor_digits(currency)
    return (
        write_money(Money(currency, minor.numerator))
        if minor.denominator == 1
        else f"{write_number(amount)} {currency}"
    )


def parse_first_day(text: str) -> date:
    """A month, ``2023-09``, as its first day."""
    return Month.parse(text).first_day


def parse_period_day(text: str) -> date:
    """The first day of a period that is no calendar month."""
    if re.fullmatch(MONTH, text, re.ASCII):
        raise InvalidValueError.of("period_format", "write the first day of the period as YYYY-MM-DD")
    return parse_date(text)


def keyed(words: Mapping[str, T]) -> Callable[[str], T]:
    """A parser for words that each stand for a value."""

    def parse(text: str) -> T:
        if text not in words:
            raise InvalidValueError.of("choice", not_among(text, list(words)))
        return words[text]

    return parse


def not_among(text: str, known: Sequence[str]) -> str:
    """What to say of a word that is not among those known."""
    near = nearest(text, known)
    return f"write one of: {', '.join(known)}" + (f"; did you mean `{near}`?" if near else "")
