"""Lengths and colours of the statement, from the design: a 4 mm grid, margins of 20 mm, three sizes of one family."""

from __future__ import annotations

from dataclasses import dataclass

from sla_service.formats.fonts import Face

PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210, 297
"""A4."""
GRID_MM = 4.0
LEFT_MM = 20.0
RIGHT_MM = 190.0
WIDTH_MM = RIGHT_MM - LEFT_MM
TOP_MM = 20.0
BOTTOM_MM = 283.0
"""Nothing but the page number below."""
FOOT_MM = 287.0
"""Baseline of the page number."""
WINDOW_MM = 45.0
"""Top of the recipient's lines: the window of a DIN long envelope begins here."""
WINDOW_WIDTH_MM = 85.0
HAIRLINE_MM = 0.15
CURVE_LINE_MM = 0.45
MM_PER_PT = 25.4 / 72


@dataclass(frozen=True, slots=True)
class Style:
    """A size in points, a weight, and the distance between baselines in millimetres."""

    size_pt: float
    weight: Face
    leading_mm: float

    @property
    def size_mm(self) -> float:
        """The size in millimetres."""
        return self.size_pt * MM_PER_PT


ANSWER = Style(20, Face.SEMIBOLD, 8.0)
FIGURE = Style(20, Face.REGULAR, 8.0)
TEXT = Style(9.5, Face.REGULAR, GRID_MM)
STRONG = Style(9.5, Face.SEMIBOLD, GRID_MM)
NOTE = Style(7.5, Face.REGULAR, 3.2)
NOTE_STRONG = Style(7.5, Face.SEMIBOLD, 3.2)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How much air there is: what gives way before a statement spills onto a second page."""

    gap_mm: float
    """Below a section."""
    plot_mm: float
    """Height of the curve."""


ROOMY = Rhythm(GRID_MM, 22.0)
TIGHTER = (Rhythm(GRID_MM / 2, 16.0), Rhythm(GRID_MM / 4, 14.0))


@dataclass(frozen=True, slots=True)
class Colour:
    """Red, green, blue from 0 to 1."""

    red: float
    green: float
    blue: float

    @classmethod
    def parse(cls, text: str, fallback: Colour) -> Colour:
        """Read ``#rrggbb``; a setting that is none must not keep a statement from being drawn."""
        try:
            red, green, blue = bytes.fromhex(text.removeprefix("#"))
        except ValueError:
            return fallback
        return cls(red / 255, green / 255, blue / 255)

    def tint(self, share: float) -> Colour:
        """The colour thinned with white; 1 leaves it as it is."""
        return Colour(*(1 - share * (1 - part) for part in (self.red, self.green, self.blue)))


INK = Colour(0.10, 0.11, 0.12)
QUIET = Colour(0.36, 0.38, 0.40)
"""Notes and labels; 6.9 : 1 against white."""
HAIR = Colour(0.62, 0.65, 0.68)
BAD = Colour(0.69, 0.13, 0.10)
"""Red of a breach; 6.9 : 1 against white, and never without a word."""
UP = Colour(0.90, 0.91, 0.92)
"""A day on which all was well."""
