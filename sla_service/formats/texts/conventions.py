"""How documents write dates and times, as the reader's place does, and figures, as the language of the text does.

Everything here writes exact values; nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_skeleton, get_timezone_name
from babel.numbers import get_decimal_symbol, get_group_symbol

from sla_service.domain.instants import MINUTE_MS, load_zone, parse_instant, to_datetime
from sla_service.domain.money import Money, format_exact
from sla_service.domain.periods import Month
from sla_service.domain.shares import format_floored
from sla_service.domain.windows import Window

MINUS = "\u2212"
CUT = "…"
"""Marks digits that were left away."""
MINUTE_DIGITS = 3
"""Decimals of shown minutes: 0.001 min is 60 ms."""
NAMELESS = "GMT"
"""How CLDR begins the name of a zone for which it has none."""
SHARE_DIGITS = 2
"""Decimals of a share that was reported or averaged."""
PERCENT_OF_SHARE = 100 * 10**SHARE_DIGITS
"""The smallest share that is seen with so many decimals is one part of this."""
PPM_DIGITS = 4
"""Decimals of a percentage that tell one part per million."""
DAY_FIRST = "en_GB"
"""English as written where a place has none of its own: day before month, as most of the world does."""
MOST_DECIMALS = 9
"""A number with more decimals is written as a fraction."""
_GROUP = 3


@dataclass(frozen=True, slots=True)
class Conventions:
    """One reader's way of writing; make it with ``conventions_for``."""

    dates: Locale
    """Order and names in dates."""
    hours_24: bool
    decimal: str
    """Of the text's language: a figure in an English sentence is an English figure."""
    group: str
    zone: str
    """Zone name of all clock times."""

    def in_zone(self, zone: str) -> Conventions:
        """The same writing on another clock."""
        return replace(self, zone=zone)

    def local(self, ms: int) -> datetime:
        """The reader's clock at an instant."""
        return to_datetime(ms, self.zone)

    def day(self, day: date) -> str:
        """``19 September 2023``."""
        return format_date(day, "long", self.dates)

    def iso_day(self, text: str) -> str:
        """The same from ``2023-09-19``."""
        return self.day(date.fromisoformat(text))

    def until(self, text: str) -> str:
        """The end of a deadline: a day, or a moment where it is an instant, ``2023-09-19T06:00:00Z``."""
        return self.moment(parse_instant(text)) if "T" in text else self.iso_day(text)

    def weekday(self, day: date) -> str:
        """``Tuesday, 19 September 2023``."""
        return format_date(day, "full", self.dates)

    def short_day(self, day: date) -> str:
        """``19 Sep``."""
        return _one_line(format_skeleton("MMMd", day, locale=self.dates))

    def month(self, period: str) -> str:
        """``September 2023`` from ``2023-09``."""
        return _one_line(format_skeleton("yMMMM", Month.parse(period).first_day, locale=self.dates))

    def clock(self, ms: int) -> str:
        """``02:00``, with seconds where there are some; ``2:00 am`` where the place's clocks have twelve hours."""
        return self.clock_of(self.local(ms))

    def clock_of(self, local: datetime) -> str:
        """``clock`` of a local time."""
        seconds = f":{local.second:02d}" if local.second else ""
        if self.hours_24:
            return f"{local.hour:02d}:{local.minute:02d}{seconds}"
        return f"{local.hour % 12 or 12}:{local.minute:02d}{seconds} {'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon

    def hour(self, ms: int) -> str:
        """A full hour on an axis: ``02:00``, or ``2 am``."""
        return self.clock(ms) if self.hours_24 else self.clock(ms).replace(":00 ", " ")

    def moment(self, ms: int) -> str:
        """``19 September 2023, 02:00``."""
        return f"{self.day(self.local(ms).date())}, {self.clock(ms)}"

    def short_moment(self, ms: int) -> str:
        """``19 Sep 02:00``."""
        return f"{self.short_day(self.local(ms).date())} {self.clock(ms)}"

    def zone_in(self, window: Window) -> str:
        """The zone in full: ``China Standard Time``; without "Standard" or "Summer" where the window has both."""
        first, last = self.local(window.start_ms), self.local(window.end_ms - 1)
        variant: Literal["generic", "daylight", "standard"] = "generic"
        if first.utcoffset() == last.utcoffset():
            # By the year's smallest offset, not by dst(): Ireland's standard time is its summer time, so that its
            # dst() is 0 in summer, and its clock would be called Greenwich's.
            offsets = [first.replace(month=month, day=1).utcoffset() or timedelta() for month in (1, 7)]
            variant = "daylight" if (first.utcoffset() or timedelta()) > min(offsets) else "standard"
        named = get_timezone_name(load_zone(self.zone), "long", locale=self.dates, zone_variant=variant)
        if self.zone in get_global("meta_zones") and not named.startswith(f"{NAMELESS}+"):
            return named
        return _name_under_older_key(self.zone, variant, self.dates) or (
            self.zone if named.startswith(NAMELESS) else named
        )

    def number(self, text: str) -> str:
        """Write a plain decimal with the language's grouping and decimal sign: ``-1234.50`` as ``−1,234.50``."""
        sign, bare = (MINUS, text[1:]) if text.startswith("-") else ("", text)
        whole, point, decimals = bare.partition(".")
        first = len(whole) % _GROUP or _GROUP
        parts = [whole[:first], *(whole[i : i + _GROUP] for i in range(first, len(whole), _GROUP))]
        return f"{sign}{self.group.join(parts)}{self.decimal if point else ''}{decimals}"

    def exact(self, number: Fraction) -> str:
        """``2,000``, ``0.25``; ``1/3`` if it is no short decimal."""
        for digits in range(MOST_DECIMALS + 1):
            scaled = number * 10**digits
            if scaled.denominator == 1:
                sign, text = ("-" if scaled < 0 else ""), str(abs(scaled.numerator)).rjust(digits + 1, "0")
                return self.number(f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}")
        return str(number)

    def integer(self, number: int) -> str:
        """``43,200``."""
        return self.number(str(number))

    def amount(self, money: Money) -> str:
        """The figure without its currency, for columns: ``1,234.50``."""
        return self.number(money.amount)

    def money(self, money: Money) -> str:
        """``USD 29.90``, ``JPY 3,000``."""
        return f"{money.currency} {self.amount(money)}"

    def exact_amount(self, minor: Fraction, currency: str) -> str:
        """Unrounded minor units as a figure, with an ellipsis where digits were cut: ``33.333333…``."""
        return self.number(format_exact(minor, currency))

    def percent(self, text: str) -> str:
        """A percentage from ``domain.shares``, which has already been floored: ``99.2939%``."""
        return self.number(text.removesuffix("%")) + "%"

    def share(self, share: Fraction) -> str:
        """A share as a percentage, floored, without trailing zeros: ``50%``, ``33.33%``; something is never ``0%``."""
        digits = SHARE_DIGITS if share * PERCENT_OF_SHARE >= 1 else PPM_DIGITS
        text = format_floored(share, digits).removesuffix("%")
        return self.percent(text.rstrip("0").rstrip("."))

    def minutes(self, ms: Fraction) -> str:
        """Milliseconds as minutes: ``305``, ``279.5``, ``0.333…``; cut, never rounded."""
        scaled = ms * 10**MINUTE_DIGITS / MINUTE_MS
        whole, cut = divmod(scaled.numerator, scaled.denominator)
        digits = str(whole).rjust(MINUTE_DIGITS + 1, "0")
        decimals = digits[-MINUTE_DIGITS:] if cut else digits[-MINUTE_DIGITS:].rstrip("0")
        return self.number(f"{digits[:-MINUTE_DIGITS]}{'.' if decimals else ''}{decimals}") + (CUT if cut else "")


@lru_cache(maxsize=1024)
def conventions_for(locale: str, zone: str, language: str) -> Conventions:
    """How a reader writes.

    Args:
        locale: The reader's, ``zh_CN`` or ``de-DE``; a place that is not known is taken as day-first English.
        zone: Of clock times.
        language: Of the words: ``en``.

    Raises:
        InvalidValueError: The zone is not known.
    """
    load_zone(zone)
    reader = _known(locale.replace("-", "_")) or Locale.parse(DAY_FIRST)
    words = _known(f"{language}_{reader.territory}") if reader.territory else None
    fallback = DAY_FIRST if language == "en" else language
    figures = Locale.parse(language)
    return Conventions(
        dates=words or Locale.parse(fallback),
        hours_24="H" in reader.time_formats["short"].pattern,
        decimal=get_decimal_symbol(figures),
        group=get_group_symbol(figures),
        zone=zone,
    )


def _name_under_older_key(zone: str, variant: str, words: Locale) -> str:
    """A zone's name where Babel files it under the name that the zone used to have: India under Asia/Calcutta."""
    for old, new in sorted(get_global("zone_aliases").items()):
        if new == zone:
            names = words.meta_zones.get(get_global("meta_zones").get(old), {}).get("long", {})
            named = names.get(variant) or names.get("standard")
            if named:
                return str(named)
    return ""


def _known(locale: str) -> Locale | None:
    try:
        return Locale.parse(locale)
    except (UnknownLocaleError, ValueError, TypeError):
        return None


def _one_line(text: str) -> str:
    return " ".join(text.split())
