"""What single cells of our files look like; each parser raises InvalidValueError saying how to write it.

A pattern with a length limit comes first, always: nothing is trimmed, coerced or guessed.
"""

from __future__ import annotations

import re
import unicodedata

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.instants import load_zone, parse_date
from sla_service.domain.money import minor_digits
from sla_service.domain.periods import Month
from sla_service.domain.policies.payment import MONTHLY_FEE, PERIOD_FEE
from sla_service.formats import policy_scalars

MAX_TEXT_CHARACTERS = 300
MAX_EMAIL_CHARACTERS = 254

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}", re.ASCII)
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_COUNT = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,9}))?", re.ASCII)
_VALUE = re.compile(r"(-?)(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,9}))?", re.ASCII)
NANO_DIGITS = 9
"""Decimals of a measured value, which is kept in whole billionths: nine digits before the point fit into 64 bits."""
_UNSEEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_UNSEEN_FORMATS = frozenset("\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def parse_id(text: str) -> str:
    """An identifier from another system."""
    if _ID.fullmatch(text) is None:
        raise InvalidValueError.of("id_format", "use letters, digits and . _ : - (up to 64), without spaces")
    return text


def parse_name(text: str) -> str:
    """A service, region or policy name."""
    if _NAME.fullmatch(text) is None:
        raise InvalidValueError.of("name_format", "use small letters, digits and hyphens (up to 63)")
    return text


def parse_text(text: str) -> str:
    """One line that people read; any script, but nothing invisible."""
    if not text.strip():
        raise InvalidValueError.of("blank", "write something here")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidValueError.of("too_long", f"shorten this to {MAX_TEXT_CHARACTERS} characters (it has {len(text)})")
    if not text.isascii() or not text.isprintable():
        for character in text:
            if unicodedata.category(character) in _UNSEEN:
                raise InvalidValueError.of("control_character", f"remove the character U+{ord(character):04X}")
            if character in _UNSEEN_FORMATS:
                raise InvalidValueError.of("format_character", f"remove the invisible character U+{ord(character):04X}")
    return text


def parse_email(text: str) -> str:
    """One address with a public domain."""
    if len(text) > MAX_EMAIL_CHARACTERS or _EMAIL.fullmatch(text) is None:
        raise InvalidValueError.of("email_format", "write one address, such as billing@example.com")
    return text


def parse_locale(text: str) -> str:
    """A language tag."""
    if _LOCALE.fullmatch(text) is None:
        raise InvalidValueError.of("locale_format", "write a language tag such as en, de-AT or zh-CN")
    return text


def parse_zone(text: str) -> str:
    """A zone of the zone database."""
    return load_zone(text).key


def parse_country(text: str) -> str:
    """Two capital letters."""
    if _COUNTRY.fullmatch(text) is None:
        raise InvalidValueError.of("country_format", "write the country as two capital letters, such as CN")
    return text


def parse_currency(text: str) -> str:
    """An ISO 4217 code in which we credit."""
    minor_digits(text)
    return text


def parse_day(text: str) -> str:
    """A day, as ISO text."""
    return parse_date(text).isoformat()


def parse_month(text: str) -> str:
    """A month, as ISO text."""
    return str(Month.parse(text))


def parse_exclusion_kind(text: str) -> str:
    """A kind of time that a contract may not count."""
    if text not in list(ExclusionKind):
        raise InvalidValueError.of("choice", f"write one of: {', '.join(ExclusionKind)}")
    return text


def parse_charge_kind(text: str) -> str:
    """What a charge is for, in the policies' word; their words for a contract's own fee are taken."""
    if text in {MONTHLY_FEE, PERIOD_FEE}:
        raise InvalidValueError.of("kind_reserved", "the fee stands in contracts; call a charge otherwise")
    return policy_scalars.parse_charge_kind(text)


def parse_exact_amount(text: str) -> str:
    """An amount finer than its currency may be paid in, without the zeros at its end."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        message = "write a plain decimal, not negative, with up to 9 decimals, such as 0.004025"
        raise InvalidValueError.of("number_format", message)
    decimals = (match[2] or "").rstrip("0")
    return f"{match[1]}.{decimals}" if decimals else match[1]


def parse_nano(text: str) -> int:
    """A measured value, in billionths of its unit."""
    match = _VALUE.fullmatch(text)
    if match is None:
        message = "write a plain decimal with up to 9 digits before and 9 after the point, such as 183.25"
        raise InvalidValueError.of("number_format", message)
    nano = int(match[2] + (match[3] or "").ljust(NANO_DIGITS, "0"))
    return -nano if match[1] else nano


def parse_count(text: str) -> int:
    """A whole number from 0."""
    if _COUNT.fullmatch(text) is None:
        raise InvalidValueError.of("number_format", "write a whole number without signs or separators")
    return int(text)
