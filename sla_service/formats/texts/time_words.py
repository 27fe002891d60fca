"""Lengths of time and plain numbers in sentences."""

from __future__ import annotations

from fractions import Fraction

from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from sla_service.formats.texts.credit_words import Words, listed

UNITS = (("day", DAY_MS), ("hour", HOUR_MS), ("minute", MINUTE_MS), ("second", SECOND_MS), ("millisecond", 1))
HOURS_AT_MOST_MS = 72 * HOUR_MS
"""Outages and notices are told in hours up to this, as contracts do, and in days beyond it."""


def length(time_ms: int, words: Words, *, in_days: bool = False) -> str:
    """A contract's length in the largest unit in which it is whole: ``90 minutes``, ``72 hours``, ``30 days``.

    Args:
        time_ms: Exact.
        words: The reader's.
        in_days: Whether also short lengths are told in days where they are whole ones, as time of service is.
    """
    units = UNITS if in_days or time_ms > HOURS_AT_MOST_MS else UNITS[1:]
    name, size_ms = next((name, size) for name, size in units if time_ms % size == 0)
    return counted(name, time_ms // size_ms, words)


def service_time(time_ms: int, words: Words) -> str:
    """Service time as it is lived: ``3 days``, ``1 day and 12 hours``."""
    parts = []
    for name, size_ms in UNITS:
        number, time_ms = divmod(time_ms, size_ms)
        if number:
            parts.append(counted(name, number, words))
    return listed(parts, words.texts) if parts else counted("day", 0, words)


def part_of(time_ms: int, covers_ms: Fraction, words: Words) -> tuple[str, str]:
    """A length and the time that it is a part of, in one unit: ``10`` of the ``720 hours``."""
    for name, size_ms in UNITS:
        if time_ms % size_ms == 0 and covers_ms % size_ms == 0:
            return words.conventions.integer(time_ms // size_ms), counted(name, int(covers_ms // size_ms), words)
    return words.conventions.minutes(Fraction(time_ms)), exact_time(covers_ms, words)


def exact_time(time_ms: Fraction, words: Words) -> str:
    """Any length, exact or visibly cut: in its largest whole unit if it is whole seconds, otherwise in minutes."""
    if time_ms.denominator == 1 and time_ms % SECOND_MS == 0:
        return length(int(time_ms), words, in_days=True)
    return words.texts.say("statement.time.minute.other", number=words.conventions.minutes(time_ms))


def counted(name: str, number: int, words: Words) -> str:
    """``1 day``, ``30 minutes``."""
    return words.texts.count(f"statement.time.{name}", number, number=words.conventions.integer(number))
