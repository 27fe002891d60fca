"""The time axis: local hours of up to three days, days of more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sla_service.domain.instants import HOUR_MS
from sla_service.domain.windows import Window
from sla_service.formats.charts.shapes import Tick, x_of
from sla_service.formats.texts.conventions import Conventions

HOURS_APART = {1: 2, 2: 4, 3: 6}
"""Hours between two labels of the axis, by the number of days opened."""
WIDER_APART = (2, 3, 4, 6, 8, 12, 24)
"""What it becomes where those find no room; each divides a day."""
AIR = 0.8
"""Characters between two labels."""
DAYS_WITH_HOURS = 3
"""Above so many days the axis has days instead of hours."""
DAY_LABELS = 10
"""At most so many labels of days on the axis."""


def ticks(
    parts: Sequence[tuple[date, Window]], window: Window, conventions: Conventions, character: float | None = None
) -> list[Tick]:
    """Hours of up to three days, the days alone of more.

    Args:
        parts: The opened days.
        window: All of them.
        conventions: The reader's.
        character: Width of a character as a share of the axis; labels that would touch are then thinned out evenly.
    """
    if len(parts) > DAYS_WITH_HOURS:
        tries = [list(_days(parts, window, conventions, apart)) for apart in range(_fewest_days(parts), len(parts) + 1)]
    else:
        first = HOURS_APART[len(parts)]
        tries = [list(_hours(parts, window, conventions, apart)) for apart in WIDER_APART if apart >= first]
    if character is None:
        return tries[0]
    return next((found for found in tries if not _touch(found, character)), tries[-1][:1])


def _touch(found: Sequence[Tick], character: float) -> bool:
    """Whether two labels come closer than a gap; those at the edges are moved inside."""
    ends = -1.0
    for tick in found:
        width = character * len(tick.label)
        low = min(max(tick.x - width / 2, 0.0), 1 - width)
        if low < ends + character * AIR:
            return True
        ends = low + width
    return False


def _fewest_days(parts: Sequence[tuple[date, Window]]) -> int:
    return -(-len(parts) // DAY_LABELS)


def _days(parts: Sequence[tuple[date, Window]], window: Window, conventions: Conventions, apart: int) -> Iterator[Tick]:
    for day, part in parts[::apart]:
        yield Tick(x_of(part.start_ms, window), conventions.short_day(day))


def _hours(
    parts: Sequence[tuple[date, Window]], window: Window, conventions: Conventions, apart: int
) -> Iterator[Tick]:
    for i, (day, part) in enumerate(parts):
        for hour in range(0, 24, apart):
            at_ms = _instant(part, hour, conventions)
            if at_ms is not None:
                label = conventions.short_day(day) if hour == 0 and i else conventions.hour(at_ms)
                yield Tick(x_of(at_ms, window), label)
    yield Tick(1.0, conventions.hour(window.end_ms))


def _instant(part: Window, hour: int, conventions: Conventions) -> int | None:
    """When the local clock first shows the full hour on that day; None if it never does (a clock set forward)."""
    midnight = conventions.local(part.start_ms)
    guess = part.start_ms + (hour - midnight.hour) * HOUR_MS
    near = (guess + shift * HOUR_MS for shift in (-1, 0, 1))
    found = (ms for ms in near if part.start_ms <= ms < part.end_ms and _shows(ms, hour, conventions))
    return next(found, None)


def _shows(ms: int, hour: int, conventions: Conventions) -> bool:
    local = conventions.local(ms)
    return local.hour == hour and local.minute == 0
