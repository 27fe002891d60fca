"""What single values in a policy file look like; each parser raises InvalidValueError saying how to write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, load_zone
from sla_service.domain.money import Money
from sla_service.domain.policies import MERCHANT_ZONE
from sla_service.domain.shares import parse_percent
from sla_service.domain.windows import SHARE_FULL_PPM

E = TypeVar("E", bound=StrEnum)

_DURATION = re.compile(r"([1-9][0-9]{0,5})\s?(s|min|h|d)", re.ASCII)
_SHOWN_RATIO = re.compile(r"[0-9]{1,3}\.[0-9]{4}%|[01]|[0-9]{1,18}/[1-9][0-9]{0,18}", re.ASCII)
_UNIT_MS = {"s": SECOND_MS, "min": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_MONTHS = re.compile(r"([1-9][0-9]{0,2})\s?months?", re.ASCII)
_MAX_VERSION = 1_000_000
_MAX_TEXT_CHARACTERS = 300


def parse_name(text: str) -> str:
    """A name: small letters, digits and hyphens."""
    if _NAME.fullmatch(text) is None:
        raise InvalidValueError.of("name_format", "use small letters, digits and hyphens")
    return text


def parse_text(text: str) -> str:
    """One line of printable text."""
    if not text.strip() or len(text) > _MAX_TEXT_CHARACTERS or not text.isprintable():
        raise InvalidValueError.of("text", f"write one line of up to {_MAX_TEXT_CHARACTERS} characters")
    return text


def parse_version(text: str) -> int:
    """A version: 1, 2, 3 and so on."""
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text, re.ASCII):
        raise InvalidValueError.of("version", "number versions 1, 2, 3 …")
    return int(text)


def parse_ratio(text: str) -> Fraction:
    """An availability between 0 and 1."""
    ratio = parse_percent(text)
    if ratio > 1:
        raise InvalidValueError.of("target_range", "an availability goes from 0% to 100%")
    return ratio


def parse_target(text: str) -> Fraction:
    """An availability above 0."""
    ratio = parse_ratio(text)
    if ratio == 0:
        raise InvalidValueError.of("target_range", "a target is above 0%")
    return ratio


def parse_zone(text: str) -> str:
    """A zone of the zone database, or ``merchant``."""
    return text if text == MERCHANT_ZONE else load_zone(text).key


def parse_share_ppm(text: str) -> int:
    """A percentage as parts per million."""
    ppm = parse_percent(text) * SHARE_FULL_PPM
    if ppm.denominator != 1 or ppm > SHARE_FULL_PPM:
        raise InvalidValueError.of("percent_range", "a share goes from 0% to 100%, with up to 4 decimals")
    return ppm.numerator


def parse_shown_ratio(text: str) -> str:
    """An availability as results show it: ``99.2939%``, or the exact ratio ``8579/8640``."""
    if _SHOWN_RATIO.fullmatch(text) is None:
        raise InvalidValueError.of("ratio_format", "write 99.2939% (four decimals, floored) or the ratio, 8579/8640")
    return text


def parse_money(text: str) -> Money:
    """``1.00 USD``."""
    amount, _, currency = text.partition(" ")
    money = Money.parse(amount, currency)
    if money.minor < 0:
        raise InvalidValueError.of("amount_range", "fees, minimums and credits are not negative")
    return money


def parse_duration_ms(text: str) -> int:
    """``5 min`` in milliseconds."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidValueError.of("duration_format", "write a duration such as 30 s, 5 min, 72 h or 3 d")
    return int(match[1]) * _UNIT_MS[match[2]]


def parse_months(text: str) -> int:
    """``12 months`` as a number."""
    match = _MONTHS.fullmatch(text)
    if match is None:
        raise InvalidValueError.of("duration_format", "write a number of months, such as 12 months")
    return int(match[1])


def choice(kind: type[E]) -> Callable[[str], E]:
    """A parser for the values of an enumeration."""

    def parse(text: str) -> E:
        return kind(one_of(*kind)(text))

    return parse


def one_of(*known: str) -> Callable[[str], str]:
    """A parser that takes one of some words."""

    def parse(text: str) -> str:
        if text not in known:
            raise InvalidValueError.of("choice", f"write one of: {', '.join(known)}")
        return text

    return parse
