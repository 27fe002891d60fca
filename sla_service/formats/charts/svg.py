"""The two drawings as SVG for pages: no script, colours from the page, readable by a screen reader.

The page may set ``--ink``, ``--accent``, ``--bad`` and ``--hair``; without them the drawing has colours of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from sla_service.formats.charts.shapes import Mark, MonthStrip, RecoveryCurve, Side, Span

WIDTH = 680
"""Width of both drawings in their own units; the page scales them."""
STRIP_HEIGHT, STRIP_CELL_HEIGHT = 44, 28
CURVE_HEIGHT, PLOT_TOP, PLOT_HEIGHT = 190, 24, 130
CELL_GAP = 2
SMALL = 11
"""Text size in the drawing's units."""
INK = "var(--ink, currentColor)"
ACCENT = "var(--accent, #0b5563)"
BAD = "var(--bad, #b3261e)"
HAIR = "var(--hair, #8a9099)"


def month_strip_svg(strip: MonthStrip, title: str) -> str:
    """The month as a row of days.

    Args:
        strip: From ``geometry.month_strip``.
        title: What a screen reader says in its place.
    """
    return _drawing(STRIP_HEIGHT, title, _cells(strip))


def recovery_curve_svg(curve: RecoveryCurve, title: str) -> str:
    """The opened days as a curve of the share available.

    Args:
        curve: From ``geometry.recovery_curve``.
        title: The finding; read out and not drawn, for the page sets it as a heading.
    """
    return _drawing(CURVE_HEIGHT, title, _curve(curve))


def _drawing(height: int, title: str, parts: Iterator[str]) -> str:
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="100%" role="img" '
        f'font-family="inherit" font-size="{SMALL}" fill="{INK}" style="font-variant-numeric:tabular-nums">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def _cells(strip: MonthStrip) -> Iterator[str]:
    for cell in strip.cells:
        x, width = cell.x0 * WIDTH + CELL_GAP / 2, (cell.x1 - cell.x0) * WIDTH - CELL_GAP
        yield _box(x, 0, width, STRIP_CELL_HEIGHT, f'fill="{HAIR}" fill-opacity=".22"')
        if cell.is_affected:
            yield _box(
                x,
                0,
                width,
                cell.lost * STRIP_CELL_HEIGHT,
                f'fill="{ACCENT}" fill-opacity="{1 if cell.is_counted else 0.35}"',
            )
        weight = ' font-weight="600"' if cell.is_affected else ' fill-opacity=".72"'
        yield _text(x + width / 2, STRIP_HEIGHT - 2, str(cell.day.day), f'text-anchor="middle"{weight}')


def _curve(curve: RecoveryCurve) -> Iterator[str]:
    for span in curve.spans:
        opacity = ".28" if span.is_counted else ".1"
        yield f'<polygon points="{_path(_outline(span))}" fill="{ACCENT}" fill-opacity="{opacity}"/>'
    bottom = PLOT_TOP + PLOT_HEIGHT
    yield _rule(0, bottom, WIDTH, bottom, HAIR)
    yield f'<polyline points="{_path(curve.points)}" fill="none" stroke="{INK}" stroke-width="1.8"/>'
    for tick in curve.ticks:
        yield _rule(tick.x * WIDTH, bottom, tick.x * WIDTH, bottom + 4, HAIR)
        yield _text(tick.x * WIDTH, bottom + 17, tick.label, _anchor(tick.x))
    for tread in curve.treads:
        if (tread.x1 - tread.x0) * WIDTH > SMALL * 0.62 * len(tread.label):
            middle = (tread.x0 + tread.x1) / 2 * WIDTH
            yield _text(middle, _y(tread.y) + (-5 if tread.y < 0.5 else 14), tread.label, 'text-anchor="middle"')  # noqa: PLR2004 - the half
    for mark in curve.marks:
        yield f'<circle cx="{mark.x * WIDTH:.1f}" cy="{_y(mark.y):.1f}" r="3" fill="{INK}"/>'
        x, anchor = _beside(mark)
        yield _text(x, PLOT_TOP - 8, mark.label, f'font-weight="600" {anchor}')


def _outline(span: Span) -> list[tuple[float, float]]:
    return [(span.points[0][0], 1.0), *span.points, (span.points[-1][0], 1.0)]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x * WIDTH:.1f},{_y(y):.1f}" for x, y in points)


def _y(share: float) -> float:
    return PLOT_TOP + (1 - share) * PLOT_HEIGHT


def _anchor(x: float) -> str:
    """Labels at an edge stay inside the drawing."""
    half_label = 0.03
    if x < half_label:
        return 'text-anchor="start"'
    return 'text-anchor="end"' if x > 1 - half_label else 'text-anchor="middle"'


def _beside(mark: Mark) -> tuple[float, str]:
    """Where a turning point's label is anchored."""
    x = mark.x * WIDTH
    match mark.side:
        case Side.BEFORE:
            return x - 1, 'text-anchor="end"'
        case Side.AFTER:
            return x + 1, 'text-anchor="start"'
    return x, _anchor(mark.x)


def _box(x: float, y: float, width: float, height: float, attributes: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {attributes}/>'


def _rule(x0: float, y0: float, x1: float, y1: float, colour: str) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, attributes: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'
