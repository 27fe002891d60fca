"""The two drawings as SVG for pages: no script, colours from the page, readable by a screen reader.

The page may set ``--ink``, ``--accent``, ``--bad`` and ``--hair``; without them the drawing has colours of its own.
A drawing's units are CSS pixels: it is made for a width, with text of one size, and has as many labels as find room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from sla_service.formats.charts.shapes import DayCell, Mark, MonthStrip, RecoveryCurve, Side, Span

WIDTH = 680
"""Width of a drawing that was not told another."""
STRIP_HEIGHT, STRIP_CELL_HEIGHT = 44, 28
CURVE_HEIGHT, PLOT_TOP, PLOT_HEIGHT = 190, 24, 130
CELL_GAP = 2
GAP_OF_CELL = 0.15
"""Most of a narrow day that the gap takes."""
SMALL = 11
"""Text size."""
CHARACTER = SMALL * 0.68
"""Width of a label's character with some air, in the widest of the faces that a page may get."""
DAYS_APART = 5
"""Where not every day finds room for its number, every fifth has it, and those that matter."""
INK = "var(--ink, currentColor)"
ACCENT = "var(--accent, #0b5563)"
HAIR = "var(--hair, #8a9099)"


def character_share(width: int) -> float:
    """Width of a character as a share of a drawing: what ``geometry.recovery_curve`` lays out its labels by."""
    return CHARACTER / width


def month_strip_svg(strip: MonthStrip, title: str, width: int = WIDTH) -> str:
    """The month as a row of days.

    Args:
        strip: From ``geometry.month_strip``.
        title: What a screen reader says in its place.
        width: In CSS pixels.
    """
    return _drawing(width, STRIP_HEIGHT, title, _cells(strip, width))


def recovery_curve_svg(curve: RecoveryCurve, title: str, width: int = WIDTH) -> str:
    """The opened days as a curve of the share available.

    Args:
        curve: From ``geometry.recovery_curve``, laid out with ``character_share`` of the same width.
        title: The finding; read out and not drawn, for the page sets it as a heading.
        width: In CSS pixels.
    """
    return _drawing(width, CURVE_HEIGHT, title, _Plot(width).parts(curve))


def _drawing(width: int, height: int, title: str, parts: Iterator[str]) -> str:
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" class="chart" font-family="inherit" font-size="{SMALL}" fill="{INK}">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def _cells(strip: MonthStrip, width: int) -> Iterator[str]:
    numbered = _numbered(strip.cells, width)
    for i, cell in enumerate(strip.cells):
        whole = (cell.x1 - cell.x0) * width
        gap = min(CELL_GAP, whole * GAP_OF_CELL)
        x, inner = cell.x0 * width + gap / 2, whole - gap
        yield from _cell(cell, x, inner)
        if i in numbered:
            weight = ' font-weight="600"' if cell.is_affected else ' fill-opacity=".72"'
            at, anchor = _inside(x + inner / 2, len(str(cell.day.day)) * CHARACTER, width)
            yield _text(at, STRIP_HEIGHT - 2, str(cell.day.day), f'text-anchor="{anchor}"{weight}')


def _cell(cell: DayCell, x: float, width: float) -> Iterator[str]:
    """A day: filled, with what was lost; an outline if it is still to come."""
    if cell.is_to_come:
        outline = f'fill="none" stroke="{HAIR}" stroke-opacity=".55"'
        yield _box(x + 0.5, 0.5, width - 1, STRIP_CELL_HEIGHT - 1, outline)
        return
    yield _box(x, 0, width, STRIP_CELL_HEIGHT, f'fill="{HAIR}" fill-opacity=".22"')
    if cell.is_affected:
        opacity = 1 if cell.is_counted else 0.35
        yield _box(x, 0, width, cell.lost * STRIP_CELL_HEIGHT, f'fill="{ACCENT}" fill-opacity="{opacity}"')


def _numbered(cells: Sequence[DayCell], width: int) -> set[int]:
    """Which days have their number: all if there is room, else the opened, the affected, and of the others some."""
    room = 3 * CHARACTER
    if width / len(cells) >= room - CHARACTER / 2:
        return set(range(len(cells)))
    opened = [i for i, cell in enumerate(cells) if cell.is_opened]
    affected = [i for i, cell in enumerate(cells) if cell.is_affected]
    others = [i for i, cell in enumerate(cells) if cell.day.day == 1 or cell.day.day % DAYS_APART == 0]
    kept: set[int] = set()
    for i in (*opened, *affected, *others):
        if all(abs(cells[i].x0 - cells[other].x0) * width >= room for other in kept):
            kept.add(i)
    return kept


def _inside(middle: float, text_width: float, width: float) -> tuple[float, str]:
    """Where a label around a place is anchored; at an edge it stays inside the drawing."""
    if middle < text_width / 2:
        return 0.0, "start"
    return (width, "end") if middle > width - text_width / 2 else (middle, "middle")


@dataclass(frozen=True, slots=True)
class _Plot:
    """The curve at a width."""

    width: int

    def parts(self, curve: RecoveryCurve) -> Iterator[str]:
        for span in curve.spans:
            opacity = ".28" if span.is_counted else ".1"
            yield f'<polygon points="{self._path(_outline(span))}" fill="{ACCENT}" fill-opacity="{opacity}"/>'
        bottom = PLOT_TOP + PLOT_HEIGHT
        yield _rule(0, bottom, self.width, bottom, HAIR)
        yield f'<polyline points="{self._path(curve.points)}" fill="none" stroke="{INK}" stroke-width="1.8"/>'
        yield from self._axis(curve, bottom)
        yield from self._labels(curve)

    def _axis(self, curve: RecoveryCurve, bottom: float) -> Iterator[str]:
        for tick in curve.ticks:
            x = tick.x * self.width
            yield _rule(x, bottom, x, bottom + 4, HAIR)
            at, anchor = _inside(x, len(tick.label) * CHARACTER, self.width)
            yield _text(at, bottom + 17, tick.label, f'text-anchor="{anchor}"')

    def _labels(self, curve: RecoveryCurve) -> Iterator[str]:
        for tread in curve.treads:
            if (tread.x1 - tread.x0) * self.width > CHARACTER * len(tread.label):
                middle = (tread.x0 + tread.x1) / 2 * self.width
                low = _y(tread.y) + (-5 if tread.y < 0.5 else 14)  # noqa: PLR2004 - the half
                yield _text(middle, low, tread.label, 'text-anchor="middle"')
        for mark in curve.marks:
            yield f'<circle cx="{mark.x * self.width:.1f}" cy="{_y(mark.y):.1f}" r="3" fill="{INK}"/>'
            x, anchor = self._beside(mark)
            yield _text(x, PLOT_TOP - 8, mark.label, f'font-weight="600" text-anchor="{anchor}"')

    def _beside(self, mark: Mark) -> tuple[float, str]:
        """Where a turning point's label is anchored, inside the drawing."""
        x, text_width = mark.x * self.width, len(mark.label) * CHARACTER
        match mark.side:
            case Side.BEFORE:
                return (x - 1, "end") if x > text_width else (0.0, "start")
            case Side.AFTER:
                return (x + 1, "start") if x < self.width - text_width else (float(self.width), "end")
        return _inside(x, text_width, self.width)

    def _path(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{x * self.width:.1f},{_y(y):.1f}" for x, y in points)


def _outline(span: Span) -> list[tuple[float, float]]:
    return [(span.points[0][0], 1.0), *span.points, (span.points[-1][0], 1.0)]


def _y(share: float) -> float:
    return PLOT_TOP + (1 - share) * PLOT_HEIGHT


def _box(x: float, y: float, width: float, height: float, attributes: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {attributes}/>'


def _rule(x0: float, y0: float, x1: float, y1: float, colour: str) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, attributes: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'
