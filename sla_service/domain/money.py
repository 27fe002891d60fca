"""Money as integer minor units, and the one place where anything is rounded.

No float comes near an amount. A currency has 0, 2 or 3 decimals (ISO 4217); an amount that is not a whole number of
minor units exists only as a ``Fraction`` and becomes ``Money`` through ``round_to_money``, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.errors import InvalidValueError

_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_TWO_DECIMALS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW"
)
MINOR_DIGITS: dict[str, int] = {
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
}
"""Decimals of each currency in which we credit: ISO 4217, list one, without funds, metals and test codes."""

MAX_MINOR = 10**15
"""Above ten million millions of a two-decimal currency an amount is a typing error."""

_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,15})(?:\.([0-9]{1,6}))?", re.ASCII)


class Rounding(StrEnum):
    """How a fraction of a minor unit becomes whole; a term of the policy, printed on the statement."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


def minor_digits(currency: str) -> int:
    """Decimals of a currency.

    Raises:
        InvalidValueError: The code is not one in which amounts can be credited.
    """
    digits = MINOR_DIGITS.get(currency)
    if digits is None:
        if currency.upper() in MINOR_DIGITS:
            raise InvalidValueError.of("currency_case", f"write the currency as {currency.upper()}", value=currency)
        raise InvalidValueError.of("currency_unknown", "use an ISO 4217 code such as USD, EUR or JPY", value=currency)
    return digits


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A whole number of minor units of one currency."""

    currency: str
    minor: int

    def __post_init__(self) -> None:
        minor_digits(self.currency)
        if type(self.minor) is not int:
            raise InvalidValueError.of("amount_type", "an amount is a whole number of minor units", value=self.minor)
        if abs(self.minor) > MAX_MINOR:
            raise InvalidValueError.of("amount_range", f"amounts go up to {MAX_MINOR} minor units", value=self.minor)

    @classmethod
    def parse(cls, amount: str, currency: str) -> Money:
        """Read a decimal string in the currency's own precision; never rounds.

        Raises:
            InvalidValueError: Not a plain decimal (``1,000.00``, ``1E5``, ``１２``), or more decimals than the
                currency has.
        """
        digits = minor_digits(currency)
        match = _AMOUNT.fullmatch(amount)
        if match is None:
            hint = "use . and no separators" if re.fullmatch(r"[0-9.,\s\u00a0]+", amount) else "write a plain decimal"
            raise InvalidValueError.of("number_format", f"{hint}, such as 1299.50", value=amount)
        decimals = match[2] or ""
        if len(decimals) > digits:
            raise InvalidValueError.of("minor_units", f"{currency} has {digits} decimals", value=amount)
        minor = int(match[1] + decimals.ljust(digits, "0"))
        return cls(currency, -minor if amount.startswith("-") else minor)

    @property
    def amount(self) -> str:
        """The decimal string in the currency's own precision: ``29.90``, ``3000``, ``10.000``."""
        digits = MINOR_DIGITS[self.currency]
        sign, whole = ("-" if self.minor < 0 else ""), str(abs(self.minor)).rjust(digits + 1, "0")
        return f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else f"{sign}{whole}"

    @property
    def grouped(self) -> str:
        """For people, with thousands separated: ``USD 1,204,000.00``."""
        sign, size = ("-" if self.minor < 0 else ""), self.amount.lstrip("-")
        whole, dot, decimals = size.partition(".")
        return f"{self.currency} {sign}{int(whole):,}{dot}{decimals}"

    def __str__(self) -> str:
        """Currency code first, as on every document: ``USD 29.90``."""
        return f"{self.currency} {self.amount}"


def round_to_money(minor: Fraction, currency: str, rule: Rounding) -> Money:
    """Round an exact number of minor units to a whole one: the only rounding of money there is.

    Args:
        minor: Minor units, exact; may be negative. Halves go away from zero under ``HALF_UP``.
        currency: ISO 4217 code.
        rule: The policy's rounding; ``UP`` and ``DOWN`` are away from and towards zero.
    """
    size = abs(minor)
    whole, rest = divmod(size.numerator, size.denominator)
    twice = 2 * rest
    match rule:
        case Rounding.HALF_UP:
            add = twice >= size.denominator
        case Rounding.HALF_EVEN:
            add = twice > size.denominator or (twice == size.denominator and whole % 2 == 1)
        case Rounding.UP:
            add = rest > 0
        case _:
            add = False
    return Money(currency, (whole + add) * (-1 if minor < 0 else 1))


def totals(amounts: Iterable[Money]) -> list[Money]:
    """Sum per currency, in order of the code; never across currencies."""
    sums: dict[str, int] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, 0) + money.minor
    return [Money(currency, minor) for currency, minor in sorted(sums.items())]


def format_exact(minor: Fraction, currency: str, *, places: int = 6) -> str:
    """Write an unrounded amount of minor units as a decimal in major units, cut (never rounded) after ``places``.

    An ellipsis says that digits were cut: ``29.90`` is exact, ``33.333333…`` is not. Always shows at least the
    currency's own decimals.
    """
    digits = MINOR_DIGITS[currency]
    scaled = abs(minor) * 10**places / 10**digits
    whole, cut = divmod(scaled.numerator, scaled.denominator)
    text = str(whole).rjust(places + 1, "0")
    major, decimals = text[:-places], text[-places:]
    if not cut:
        decimals = decimals[:digits] + decimals[digits:].rstrip("0")
    sign = "-" if minor < 0 else ""
    return f"{sign}{major}{'.' if decimals else ''}{decimals}{'…' if cut else ''}"
