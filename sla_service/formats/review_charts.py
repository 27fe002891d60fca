"""Bars of a review as SVG: a label and its figure above each bar, readable on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 400
"""Of a drawing, in its own units: half a desk's page, or a little more than a phone's whole."""
ROW, BAR, TEXT = 38, 12, 13
"""Heights: of a row, of its bar, and the size of its text."""
CHARACTER = TEXT * 0.64
"""Width of a character with some air, in the widest of the faces that a reader may have."""
GAP = 18
"""Between a label and its figure, at least."""
THINNEST = 1.5
"""Of a bar whose figure is not nothing."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: what it is, its figure in words, and its length; the part that is drawn strong comes first."""

    label: str
    figure: str
    size: int
    strong: int
    """Of ``size``; the rest is drawn pale."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and the sentence that it shows."""

    title: str
    svg: str


def bar_chart(title: str, bars: Sequence[Bar], longest: int = 0) -> Chart:
    """Bars on one scale.

    Args:
        title: What they show; a heading, and what a screen reader says.
        bars: From top to bottom.
        longest: The size that fills the width; the largest of the bars if nothing is given.
    """
    whole = longest or max((bar.size for bar in bars), default=0) or 1
    return Chart(title, _drawing(title, bars, whole))


def _drawing(title: str, bars: Sequence[Bar], whole: int) -> str:
    height = ROW * len(bars)
    body = "".join(part for i, bar in enumerate(bars) for part in _row(bar, i * ROW, whole))
    told = "; ".join(f"{bar.label}: {bar.figure}" for bar in bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" font-family="inherit" font-size="{TEXT}" fill="var(--ink, currentColor)">'
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>{body}</svg>"
    )


def _row(bar: Bar, y: int, whole: int) -> Iterator[str]:
    base = y + TEXT + 2
    room = int((WIDTH - GAP) / CHARACTER) - len(bar.figure)
    label = bar.label if len(bar.label) <= room else bar.label[: max(room - 1, 1)] + "…"
    yield f'<text x="0" y="{base}">{escape(label)}</text>'
    yield f'<text x="{WIDTH}" y="{base}" text-anchor="end" font-weight="600">{escape(bar.figure)}</text>'
    top = y + TEXT + 8
    full, strong = _length(bar.size, whole), _length(bar.strong, whole)
    yield f'<rect x="0" y="{top}" width="{WIDTH}" height="{BAR}" fill="var(--hair, #8a9099)" fill-opacity=".12"/>'
    yield f'<rect x="0" y="{top}" width="{full}" height="{BAR}" fill="var(--hair, #8a9099)" fill-opacity=".6"/>'
    yield f'<rect x="0" y="{top}" width="{strong}" height="{BAR}" fill="var(--accent, #0b5563)"/>'


def _length(size: int, whole: int) -> str:
    if size <= 0:
        return "0"
    # In hundredths of a pixel and whole numbers: the same figures are the same bytes on every machine.
    hundredths = max(min(size, whole) * WIDTH * 100 // whole, int(THINNEST * 100))
    return f"{hundredths // 100}.{hundredths % 100:02d}"
