"""Slots of the clock: a stretch of time cut at the multiples of one length, counted from a zone's own midnights.

Counted from the local midnight of 1970-01-01, so that a length that divides a day begins anew at every midnight. Where
clocks change, a slot that is longer than the change is as long as it was lived (a day has 23 or 25 hours), and a
repeated hour is an hour of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sla_service.domain.instants import DAY_MS, MINUTE_MS, offset_ms
from sla_service.domain.windows import Window

OFFSET_STEP_MS = 15 * MINUTE_MS
"""Zones are whole quarters of an hour away from UTC: slots that divide one are the same in all of them."""
_BLOCK_MS = 64 * DAY_MS
"""Clocks are looked up for this much time at once."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A stretch in which slots follow each other unbroken: they begin at multiples of ``slot_ms`` less the shift."""

    start_ms: int
    end_ms: int
    slot_ms: int
    shift_ms: int

    def slot_at(self, at_ms: int) -> Window:
        """The slot in which an instant of the stretch lies."""
        start = at_ms - (at_ms + self.shift_ms) % self.slot_ms
        return Window(start, start + self.slot_ms)

    def begun_in(self, start_ms: int, end_ms: int) -> int:
        """How many of its slots begin from one instant on and before another."""
        start, end = max(start_ms, self.start_ms), min(end_ms, self.end_ms)
        if start >= end:
            return 0
        return -(-(end + self.shift_ms) // self.slot_ms) + (-(start + self.shift_ms) // self.slot_ms)


def is_everywhere_alike(slot_ms: int) -> bool:
    """Whether slots of this length begin at the same instants in every zone."""
    return OFFSET_STEP_MS % slot_ms == 0


@lru_cache(maxsize=4096)
def clocks(start_ms: int, end_ms: int, slot_ms: int, zone: str) -> tuple[Clock, ...]:
    """The clocks that cut a stretch of time into slots, in order, without a gap."""
    if is_everywhere_alike(slot_ms):
        return (Clock(start_ms, end_ms, slot_ms, 0),)
    found: list[Clock] = []
    from_ms, shift = start_ms, offset_ms(start_ms, zone)
    for at_ms in _changes(start_ms, end_ms + slot_ms, zone):
        after = offset_ms(at_ms, zone)
        odd = _around(at_ms, shift, after, slot_ms)
        found.append(Clock(from_ms, odd[0].start_ms, slot_ms, shift))
        found += [Clock(one.start_ms, one.end_ms, one.duration_ms, -one.start_ms) for one in odd]
        from_ms, shift = odd[-1].end_ms, after
    found.append(Clock(from_ms, max(end_ms, from_ms), slot_ms, shift))
    return tuple(one for one in found if one.start_ms < one.end_ms)


def slot_at(at_ms: int, slot_ms: int, zone: str) -> Window:
    """The slot in which an instant lies."""
    block = at_ms // _BLOCK_MS * _BLOCK_MS
    # A change shortly before the block may have made the slot that reaches into it.
    known = clocks(block - slot_ms - DAY_MS, block + _BLOCK_MS, slot_ms, zone)
    return next(one for one in known if at_ms < one.end_ms).slot_at(at_ms)


def begun_in(window: Window, slot_ms: int, zone: str) -> int:
    """How many slots begin in a window."""
    known = clocks(window.start_ms - slot_ms - DAY_MS, window.end_ms, slot_ms, zone)
    return sum(one.begun_in(window.start_ms, window.end_ms) for one in known)


def _around(at_ms: int, before: int, after: int, slot_ms: int) -> list[Window]:
    """The one or two slots that meet at a change of clocks; the slots on both sides are whole again."""
    last, first = (at_ms - 1 + before) // slot_ms, (at_ms + after) // slot_ms
    start, end = last * slot_ms - before, (first + 1) * slot_ms - after
    if last == first and slot_ms > before - after:
        return [Window(start, end)]
    return [Window(start, at_ms), Window(at_ms, end)]


def _changes(start_ms: int, end_ms: int, zone: str) -> list[int]:
    """The instants from which another offset holds."""
    found = []
    for day_ms in range(start_ms, end_ms, DAY_MS):
        low, high = day_ms, min(day_ms + DAY_MS, end_ms)
        if (shift := offset_ms(low, zone)) == offset_ms(high, zone):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_ms(middle, zone) == shift else (low, middle)
        found.append(high)
    return found
