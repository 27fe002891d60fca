"""Turning points: which ones are labelled, and on which side of its place each label finds room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from sla_service.domain.statements import TimelineNote
from sla_service.domain.windows import Window
from sla_service.formats.charts.levels import Level
from sla_service.formats.charts.shapes import Mark, Side, x_of
from sla_service.formats.texts.conventions import Conventions

CHARACTER = 0.0094
"""Width of a label's character with some air, as a share of the drawing: 1.6 mm of 170 mm."""


def marks(
    chain: Sequence[Level],
    notes: Sequence[TimelineNote],
    window: Window,
    conventions: Conventions,
    character: float = CHARACTER,
) -> tuple[Mark, ...]:
    """Turning points, the ends of interruptions first; one whose label would touch another's is left out."""
    told = {note.at_ms: note.text for note in notes}
    taken: list[tuple[float, float]] = []
    kept: list[Mark] = []
    for ms, side in _candidates(chain, notes, window, conventions, character):
        x, label = x_of(ms, window), conventions.clock(ms)
        low, high = _extent(x, character * len(label), side)
        if all(high <= other_low or low >= other_high for other_low, other_high in taken):
            taken.append((low, high))
            kept.append(Mark(x, float(_available_from(chain, ms)), label, side, told.get(ms, "")))
    return tuple(sorted(kept, key=lambda mark: mark.x))


def _candidates(
    chain: Sequence[Level],
    notes: Sequence[TimelineNote],
    window: Window,
    conventions: Conventions,
    character: float,
) -> Iterator[tuple[int, Side]]:
    """Instants worth a label, the most telling first, each with the side on which its label finds room."""
    ends = _ends(chain)
    for start_ms, end_ms in sorted(ends, key=lambda pair: pair[0] - pair[1]):
        room = x_of(end_ms, window) - x_of(start_ms, window)
        is_tight = room < character * len(conventions.clock(start_ms))
        yield start_ms, Side.BEFORE if is_tight else Side.AROUND
        yield end_ms, Side.AFTER if is_tight else Side.AROUND
    changes = {two.at_ms for one, two in pairwise(notes) if one.available_ppm != two.available_ppm}
    sloping = [level for level in chain if not level.is_held]
    bends = {ms for ms in changes if any(level.start_ms <= ms < level.end_ms for level in sloping)}
    for ms in sorted((bends | {level.start_ms for level in chain}) - {edge for pair in ends for edge in pair}):
        yield ms, Side.AROUND


def _ends(chain: Sequence[Level]) -> list[tuple[int, int]]:
    """Start and end of every unbroken interruption."""
    found: list[tuple[int, int]] = []
    for level in chain:
        if found and found[-1][1] == level.start_ms:
            found[-1] = (found[-1][0], level.end_ms)
        else:
            found.append((level.start_ms, level.end_ms))
    return found


def _extent(x: float, width: float, side: Side) -> tuple[float, float]:
    """From where to where a label reaches; at the drawing's edges it is moved inside."""
    low = {Side.AROUND: x - width / 2, Side.BEFORE: x - width, Side.AFTER: x}[side]
    low = min(max(low, 0.0), 1 - width)
    return low, low + width


def _available_from(chain: Sequence[Level], ms: int) -> Fraction:
    """The share available from an instant on."""
    for level in chain:
        if level.start_ms <= ms < level.end_ms:
            return _along(level, ms)
    return Fraction(1)


def _along(level: Level, ms: int) -> Fraction:
    for one, two in zip(level.corners, level.corners[1:], strict=False):
        if one.at_ms <= ms <= two.at_ms:
            return one.available + (two.available - one.available) * (ms - one.at_ms) / (two.at_ms - one.at_ms)
    return level.last
