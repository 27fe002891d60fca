"""The picture: the month as a strip of days, and below it the affected days opened as a curve."""

from __future__ import annotations

from collections.abc import Sequence

from sla_service.domain.incidents import Curve
from sla_service.domain.statements import ImpactLine, LineStatus, StatedCredit, TimelineNote
from sla_service.domain.windows import Window
from sla_service.formats.charts import MonthStrip, RecoveryCurve, Side, Span, finding, month_strip, recovery_curve
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.measures import (
    CURVE_LINE_MM,
    GRID_MM,
    HAIR,
    INK,
    LEFT_MM,
    NOTE,
    NOTE_STRONG,
    QUIET,
    RIGHT_MM,
    STRONG,
    UP,
    WIDTH_MM,
)
from sla_service.formats.statement_pdf.sheet import Area, Dot, Place
from sla_service.formats.texts.credit_words import REQUESTS, period

BY_VOLUME = frozenset({Curve.STEP, Curve.LINEAR})
"""Methods whose curve is what was reported; the others count more or less than that."""
STRIP_HEIGHT_MM = 5.0
CELL_GAP_MM = 0.6
MOST_GAP = 0.2
"""Of a cell's width: the days of a quarter are narrow."""
LABELLED_CELL_MM = 4.0
"""Narrower days have no room for their number; the first of each month is named instead."""
COUNTED_TINT, UNCOUNTED_TINT, UNCOUNTED_DAY_TINT = 0.38, 0.13, 0.4
MARK_RADIUS_MM = 0.75
STRIP_ROOM_MM = STRIP_HEIGHT_MM + 2 * GRID_MM
CURVE_ROOM_MM = 6 * GRID_MM
"""With the plot's own height: what the curve needs."""


def draw_picture(draft: Draft, credit: StatedCredit, notes: Sequence[TimelineNote]) -> None:
    """Both drawings, under the finding as their title; they stay on one page. Nothing where no time was down."""
    is_timed = not credit.measured.metric and credit.measured.indicator not in REQUESTS
    if not (credit.steps or is_timed):
        return
    sheet, window = draft.sheet, period(credit)
    refused = uncounted_windows(credit)
    curve = recovery_curve(window, credit.steps, notes, draft.conventions, refused)
    sheet.need(STRIP_ROOM_MM + (CURVE_ROOM_MM + sheet.rhythm.plot_mm if curve else 0))
    sheet.y += GRID_MM
    title = finding(window, credit.steps, draft.texts, draft.conventions, refused)
    sheet.write(LEFT_MM, sheet.y, title, STRONG, width_mm=WIDTH_MM)
    sheet.y += GRID_MM / 2
    _strip(draft, month_strip(window, credit.steps, draft.conventions, refused))
    if curve:
        _curve(draft, credit, curve)
    sheet.y += sheet.rhythm.gap_mm / 2


def uncounted_windows(credit: StatedCredit) -> list[Window]:
    """Stretches that do not count, less what another incident's line counts all the same."""
    refused = [Window(line.start_ms, line.end_ms) for line in credit.lines if line.status is not LineStatus.COUNTED]
    for line in credit.lines:
        if line.status is LineStatus.COUNTED:
            refused = [part for window in refused for part in _without(window, line)]
    return refused


def _without(window: Window, line: ImpactLine) -> list[Window]:
    """What of a window lies before and after a line."""
    before = (window.start_ms, min(window.end_ms, line.start_ms))
    after = (max(window.start_ms, line.end_ms), window.end_ms)
    return [Window(start, end) for start, end in (before, after) if start < end]


def _strip(draft: Draft, strip: MonthStrip) -> None:
    sheet, top = draft.sheet, draft.sheet.y
    cell_mm = WIDTH_MM / len(strip.cells)
    gap = min(CELL_GAP_MM, cell_mm * MOST_GAP)
    for cell in strip.cells:
        x = LEFT_MM + cell.x0 * WIDTH_MM + gap / 2
        width = (cell.x1 - cell.x0) * WIDTH_MM - gap
        sheet.box((x, top), width, STRIP_HEIGHT_MM, UP)
        if cell.is_affected:
            sheet.box(
                (x, top),
                width,
                cell.lost * STRIP_HEIGHT_MM,
                draft.accent.tint(1 if cell.is_counted else UNCOUNTED_DAY_TINT),
            )
        style, colour = (NOTE_STRONG, INK) if cell.is_affected else (NOTE, QUIET)
        y = top + STRIP_HEIGHT_MM + NOTE.leading_mm
        if cell_mm >= LABELLED_CELL_MM:
            sheet.write_middle(x + width / 2, y, str(cell.day.day), style, colour)
        elif cell.day.day == 1:
            sheet.write(x, y, draft.conventions.short_day(cell.day), NOTE, QUIET)
    sheet.y = top + STRIP_HEIGHT_MM + NOTE.leading_mm


def _curve(draft: Draft, credit: StatedCredit, curve: RecoveryCurve) -> None:
    sheet = draft.sheet
    sheet.y += GRID_MM * 1.25
    sheet.write(LEFT_MM, sheet.y, _caption(draft, credit, curve), NOTE, QUIET, width_mm=WIDTH_MM)
    top, height = sheet.y + GRID_MM * 1.25, sheet.rhythm.plot_mm
    for span in curve.spans:
        tint = COUNTED_TINT if span.is_counted else UNCOUNTED_TINT
        sheet.add(Area(tuple(_at(point, top, height) for point in _outline(span)), draft.accent.tint(tint)))
    sheet.rule(top + height)
    sheet.stroke([_at(point, top, height) for point in curve.points], CURVE_LINE_MM)
    _axis(draft, curve, top + height)
    _labels(draft, curve, top)
    sheet.y = top + height + GRID_MM


def _caption(draft: Draft, credit: StatedCredit, curve: RecoveryCurve) -> str:
    ways, zone = draft.conventions, draft.conventions.zone_in(curve.window)
    if curve.first_day == curve.last_day:
        said = draft.texts.say("chart.day", day=ways.weekday(curve.first_day), service=credit.service, zone=zone)
    else:
        first, last = ways.short_day(curve.first_day), ways.day(curve.last_day)
        said = draft.texts.say("chart.day_range", first=first, last=last, service=credit.service, zone=zone)
    parts = [said]
    if credit.curve not in BY_VOLUME:
        parts.append(draft.texts.say("chart.as_counted"))
    if not all(span.is_counted for span in curve.spans):
        parts.append(draft.texts.say("chart.not_counted"))
    return draft.texts.say("statement.comma").join(parts)


def _axis(draft: Draft, curve: RecoveryCurve, bottom: float) -> None:
    """Local time below the zero line."""
    sheet = draft.sheet
    for tick in curve.ticks:
        x = LEFT_MM + tick.x * WIDTH_MM
        sheet.rule_down(x, bottom, bottom + 1)
        half = sheet.faces.width_mm(tick.label, NOTE) / 2
        middle = min(max(x, LEFT_MM + half), RIGHT_MM - half)
        sheet.write_middle(middle, bottom + GRID_MM, tick.label, NOTE, QUIET)


def _labels(draft: Draft, curve: RecoveryCurve, top: float) -> None:
    """Shares on the treads and times over the turning points, so that no legend is needed."""
    sheet, height = draft.sheet, draft.sheet.rhythm.plot_mm
    for tread in curve.treads:
        x0, x1 = LEFT_MM + tread.x0 * WIDTH_MM, LEFT_MM + tread.x1 * WIDTH_MM
        if sheet.faces.width_mm(tread.label, NOTE) < x1 - x0 - 1:
            _, y = _at((0, tread.y), top, height)
            low = y - 1 if tread.y < 0.5 else y + NOTE.leading_mm  # noqa: PLR2004 - where there is room: above or below
            sheet.write_middle((x0 + x1) / 2, low, tread.label, NOTE)
    for mark in curve.marks:
        place = _at((mark.x, mark.y), top, height)
        sheet.stroke([(place[0], top - 0.8), place], 0.1, HAIR)
        sheet.add(Dot(place, MARK_RADIUS_MM, INK))
        width = sheet.faces.width_mm(mark.label, NOTE_STRONG)
        left = place[0] - width * {Side.BEFORE: 1.0, Side.AROUND: 0.5, Side.AFTER: 0.0}[mark.side]
        sheet.write(min(max(left, LEFT_MM), RIGHT_MM - width), top - 1.6, mark.label, NOTE_STRONG)


def _outline(span: Span) -> list[tuple[float, float]]:
    return [(span.points[0][0], 1.0), *span.points, (span.points[-1][0], 1.0)]


def _at(point: tuple[float, float], top: float, height: float) -> Place:
    """From unit coordinates to the page."""
    return LEFT_MM + point[0] * WIDTH_MM, top + (1 - point[1]) * height
