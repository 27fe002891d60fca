"""What single cells of our files look like; each parser raises InvalidValueError saying how to write it.

A pattern with a length limit comes first, always: nothing is trimmed, coerced or guessed.
"""

from __future__ import annotations

import re
import unicodedata

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import load_zone, parse_date
from sla_service.domain.money import minor_digits

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


def parse_count(text: str) -> int:
    """A whole number from 0."""
    if _COUNT.fullmatch(text) is None:
        raise InvalidValueError.of("number_format", "write a whole number without signs or separators")
    return int(text)
