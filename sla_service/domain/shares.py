"""Shares and ratios: exact fractions inside, decimals and percentages at the edges.

A share of impact is an integer number of parts per million. A target or tier edge is a ``Fraction`` between 0 and 1.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.windows import SHARE_FULL_PPM

_SHARE = re.compile(r"(0|1)(?:\.([0-9]{1,6}))?", re.ASCII)
_PERCENT = re.compile(r"(0|[1-9][0-9]{0,5})(?:\.([0-9]{1,9}))?\s?%", re.ASCII)
_BARE_PERCENT = re.compile(r"(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,4}))?", re.ASCII)

SHOWN_PERCENT_DIGITS = 4
"""Decimals of a shown percentage: a month's smallest countable step of one second is 0.00004 %."""


def parse_share(text: str) -> int:
    """Read a share from 0 to 1 with up to six decimals, as parts per million.

    Raises:
        InvalidValueError: Not a plain decimal, or above 1; a percentage by mistake is named as such.
    """
    match = _SHARE.fullmatch(text)
    ppm = int(match[1]) * SHARE_FULL_PPM + int((match[2] or "").ljust(6, "0")) if match else -1
    if not 0 <= ppm <= SHARE_FULL_PPM:
        rule = "range" if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text, re.ASCII) else "number_format"
        raise InvalidValueError.of(rule, "write a share from 0 to 1 with up to 6 decimals: 0.5 for half", value=text)
    return ppm


def parse_available_percent(text: str) -> int:
    """Read a percentage from 0 to 100 with up to four decimals (the sign may be left out), as parts per million.

    Raises:
        InvalidValueError: Not a plain decimal, or above 100.
    """
    bare = text[:-1].rstrip() if text.endswith("%") else text
    match = _BARE_PERCENT.fullmatch(bare)
    ppm = int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0")) if match else -1
    if not 0 <= ppm <= SHARE_FULL_PPM:
        rule = "percent_range" if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", bare, re.ASCII) else "number_format"
        message = "write the share still available as a percentage from 0 to 100: 50 for half"
        raise InvalidValueError.of(rule, message, value=text)
    return ppm


def parse_percent(text: str) -> Fraction:
    """Read ``99.95%`` exactly, as 1999/2000. The sign is required, so that 0.9995 and 99.95 cannot be confused.

    Raises:
        InvalidValueError: No percent sign, or not a plain decimal.
    """
    match = _PERCENT.fullmatch(text)
    if match is None:
        raise InvalidValueError.of("percent_format", "write a percentage with its sign, such as 99.95%", value=text)
    decimals = match[2] or ""
    return Fraction(int(match[1] + decimals), 100 * 10 ** len(decimals))


def format_percent(ratio: Fraction) -> str:
    """Write a ratio as an exact percentage without trailing zeros, such as a term of a contract: ``99.95%``.

    Raises:
        ValueError: The ratio has no finite decimal, so it is not a term but a result; use ``format_floored``.
    """
    for digits in range(10):
        scaled = ratio * 100 * 10**digits
        if scaled.denominator == 1:
            text = str(scaled.numerator).rjust(digits + 1, "0")
            return f"{text[:-digits]}.{text[-digits:]}%" if digits else f"{text}%"
    message = f"{ratio} is not a decimal percentage"
    raise ValueError(message)


def format_floored(ratio: Fraction, digits: int = SHOWN_PERCENT_DIGITS) -> str:
    """Write a measured ratio as a percentage, floored, never rounded up: 99.99996 % must not read as 100 %."""
    scaled = (ratio * 100 * 10**digits).__floor__()
    sign, text = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}%" if digits else f"{sign}{text}%"


def format_floored_between(ratio: Fraction, edge: Fraction) -> str:
    """Write a measured ratio, with more digits where four would print it equal to an edge it missed or passed.

    99.94999 % against a target of 99.95 % prints as 99.9499 %, and 99.9500001 % above it as such, not as the edge.
    """
    for digits in range(SHOWN_PERCENT_DIGITS, 10):
        text = format_floored(ratio, digits)
        if ratio == edge or text != format_floored(edge, digits):
            return text
    return format_floored(ratio, 9)
