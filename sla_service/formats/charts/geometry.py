"""Where things lie in both drawings: the month as a strip of days, the affected days opened as a curve."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from sla_service.domain.periods import days
from sla_service.domain.statements import ImpactStep, TimelineNote
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.formats.charts.axis import DAYS_WITH_HOURS, ticks
from sla_service.formats.charts.levels import (
    Corner,
    Level,
    counted_steps,
    cut,
    interruptions,
    is_counted,
    levels,
)
from sla_service.formats.charts.marks import CHARACTER, marks
from sla_service.formats.charts.shapes import DayCell, MonthStrip, RecoveryCurve, Span, Tread, x_of
from sla_service.formats.texts.conventions import Conventions

SMALLEST_SHARE = 0.08
"""A day with any impact shows at least this much of its cell, or three minutes would not be seen."""


def month_strip(
    period: Window,
    steps: Sequence[ImpactStep],
    conventions: Conventions,
    uncounted: Sequence[Window] = (),
    *,
    until_ms: int | None = None,
) -> MonthStrip:
    """Lay out the days of a period.

    Args:
        period: The month, on the policy's clock.
        steps: Disjoint, in order.
        conventions: Whose local days they are; the first and last may be cut where the zones differ.
        uncounted: Windows that do not count: a day that has only such impact is drawn fainter.
        until_ms: Until when anything is known, in a month that is not over: later days are still to come.
    """
    parts = days(period, conventions.zone)
    lost, counted = _lost_by_day(parts, steps), _lost_by_day(parts, counted_steps(steps, uncounted))
    opened = _opened(parts, steps, counted if any(counted) else lost)
    width = 1 / len(parts)
    return MonthStrip(
        tuple(
            DayCell(
                day=day,
                x0=i * width,
                x1=(i + 1) * width,
                lost=_shown_loss(counted[i] or lost[i], window),
                is_counted=counted[i] > 0,
                is_opened=i in opened,
                is_to_come=until_ms is not None and window.start_ms >= until_ms,
            )
            for i, (day, window) in enumerate(parts)
        ),
    )


def recovery_curve(
    period: Window,
    steps: Sequence[ImpactStep],
    notes: Sequence[TimelineNote],
    conventions: Conventions,
    uncounted: Sequence[Window] = (),
    *,
    character: float | None = None,
) -> RecoveryCurve | None:
    """Open the day that lost most, with those into which the interruption runs on.

    Args:
        period: The month, on the policy's clock.
        steps: Disjoint, in order, share above 0.
        notes: Turning points, in order; those outside the opened days are left out.
        conventions: The reader's zone and way of writing the time.
        uncounted: Windows that do not count, for a fainter drawing.
        character: Width of a label's character as a share of the drawing, on which fewer labels find room the
            narrower it is; without it that of the statement on paper.

    Returns:
        None if there was no impact.
    """
    parts = days(period, conventions.zone)
    lost, counted = _lost_by_day(parts, steps), _lost_by_day(parts, counted_steps(steps, uncounted))
    opened = _opened(parts, steps, counted if any(counted) else lost)
    if not opened:
        return None
    window = Window(parts[opened[0]][1].start_ms, parts[opened[-1]][1].end_ms)
    chain = [level for group in interruptions(_clipped(steps, window)) for level in levels(group)]
    return RecoveryCurve(
        window=window,
        first_day=parts[opened[0]][0],
        last_day=parts[opened[-1]][0],
        points=tuple(_line(chain, window)),
        spans=tuple(_spans(_clipped(steps, window), window, uncounted)),
        ticks=tuple(ticks([parts[i] for i in opened], window, conventions, character)),
        treads=tuple(_treads(chain, window, conventions)),
        marks=marks(chain, notes, window, conventions, character or CHARACTER)
        if len(opened) <= DAYS_WITH_HOURS
        else (),
    )


def _point(corner: Corner, window: Window) -> tuple[float, float]:
    return x_of(corner.at_ms, window), float(corner.available)


def _lost_by_day(parts: Sequence[tuple[date, Window]], steps: Sequence[ImpactStep]) -> list[int]:
    """Parts per million × milliseconds lost on each day."""
    starts = [window.start_ms for _, window in parts]
    lost = [0] * len(parts)
    for step in steps:
        for i in range(max(bisect_right(starts, step.start_ms) - 1, 0), bisect_left(starts, step.end_ms)):
            window = parts[i][1]
            inside_ms = min(step.end_ms, window.end_ms) - max(step.start_ms, window.start_ms)
            lost[i] += max(inside_ms, 0) * step.share_ppm
    return lost


def _clipped(steps: Sequence[ImpactStep], window: Window) -> list[ImpactStep]:
    cut = (ImpactStep(max(s.start_ms, window.start_ms), min(s.end_ms, window.end_ms), s.share_ppm) for s in steps)
    return [step for step in cut if step.start_ms < step.end_ms]


def _opened(parts: Sequence[tuple[date, Window]], steps: Sequence[ImpactStep], lost: Sequence[int]) -> range:
    """Indexes of the day that lost most, and of its neighbours while an interruption runs on over midnight."""
    if not any(lost):
        return range(0)
    seams = {step.start_ms for step in steps} & {step.end_ms for step in steps}
    first = last = max(range(len(lost)), key=lost.__getitem__)
    while first > 0 and _runs_over(parts[first][1].start_ms, steps, seams):
        first -= 1
    while last + 1 < len(parts) and _runs_over(parts[last][1].end_ms, steps, seams):
        last += 1
    return range(first, last + 1)


def _runs_over(ms: int, steps: Sequence[ImpactStep], seams: set[int]) -> bool:
    """Whether impact goes on at an instant: inside a step, or where one ends and the next begins."""
    return ms in seams or any(step.start_ms < ms < step.end_ms for step in steps)


def _shown_loss(lost: int, window: Window) -> float:
    return max(SMALLEST_SHARE, lost / (window.duration_ms * SHARE_FULL_PPM)) if lost else 0.0


def _line(chain: Sequence[Level], window: Window) -> Iterator[tuple[float, float]]:
    """The share available over the whole window: all of it wherever no level says otherwise."""
    end_ms = window.start_ms
    yield 0.0, 1.0
    for level in chain:
        if level.start_ms > end_ms:
            yield x_of(end_ms, window), 1.0
            yield x_of(level.start_ms, window), 1.0
        yield from (_point(corner, window) for corner in level.corners)
        end_ms = level.end_ms
    if end_ms < window.end_ms:
        yield x_of(end_ms, window), 1.0
        yield 1.0, 1.0


def _spans(steps: Sequence[ImpactStep], window: Window, uncounted: Sequence[Window]) -> Iterator[Span]:
    """The areas lost, cut where counting begins or ends."""
    edges = sorted({edge for part in uncounted for edge in (part.start_ms, part.end_ms)})
    pieces = [piece for step in steps for piece in cut(step, edges)]
    for group in interruptions(pieces):
        for counts, part in groupby(group, key=lambda piece: is_counted(piece, uncounted)):
            corners = [corner for level in levels(list(part)) for corner in level.corners]
            yield Span(tuple(_point(corner, window) for corner in corners), counts)


def _treads(chain: Sequence[Level], window: Window, conventions: Conventions) -> Iterator[Tread]:
    for level in chain:
        x0, x1 = x_of(level.start_ms, window), x_of(level.end_ms, window)
        if level.is_held:
            yield Tread(x0, x1, float(level.first), conventions.share(level.first))
