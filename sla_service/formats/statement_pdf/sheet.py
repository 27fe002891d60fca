"""Pages as lists of things at places, filled from the top down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sla_service.formats.statement_pdf.faces import Faces
from sla_service.formats.statement_pdf.measures import (
    BOTTOM_MM,
    HAIR,
    HAIRLINE_MM,
    INK,
    LEFT_MM,
    RIGHT_MM,
    ROOMY,
    TOP_MM,
    WIDTH_MM,
    Colour,
    Rhythm,
    Style,
)
from sla_service.formats.statement_pdf.setting import clean, cut, wrap

Place = tuple[float, float]
"""Millimetres from the left and from the top."""


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; ``at`` is the left end of its baseline."""

    at: Place
    text: str
    style: Style
    colour: Colour


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points."""

    points: tuple[Place, ...]
    colour: Colour
    width_mm: float


@dataclass(frozen=True, slots=True)
class Area:
    """A filled outline."""

    points: tuple[Place, ...]
    colour: Colour


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    at: Place
    radius_mm: float
    colour: Colour


Drawing = Stroke | Area | Dot
Thing = Words | Drawing


@dataclass(slots=True)
class Sheet:
    """The statement while it is being laid out. ``y`` is where the next thing begins, from the top of the page."""

    faces: Faces
    rhythm: Rhythm = ROOMY
    pages: list[list[Thing]] = field(default_factory=lambda: [[]])
    y: float = TOP_MM
    head: Callable[[], None] | None = None
    """Draws the top of a continuation page."""
    written: list[str] = field(default_factory=list)
    """Every text as it was given, for the check of characters."""

    def add(self, thing: Thing) -> None:
        """Put something on the current page."""
        self.pages[-1].append(thing)

    def turn(self) -> None:
        """Begin a new page."""
        self.pages.append([])
        self.y = TOP_MM
        if self.head:
            self.head()

    def need(self, height_mm: float) -> bool:
        """Begin a new page if less than this is left; says whether it did."""
        if self.y + height_mm <= BOTTOM_MM:
            return False
        self.turn()
        return True

    def write(
        self, x: float, y: float, text: str, style: Style, colour: Colour = INK, *, width_mm: float | None = None
    ) -> float:
        """Write a line with its baseline at ``y``, cut with an ellipsis where it is wider than ``width_mm``.

        Returns:
            Its width in millimetres.
        """
        self.written.append(text)
        shown = clean(text) if width_mm is None else cut(text, width_mm, style, self.faces)
        if shown:
            self.add(Words((x, y), shown, style, colour))
        return self.faces.width_mm(shown, style)

    def write_right(self, x: float, y: float, text: str, style: Style, colour: Colour = INK) -> None:
        """Write a line that ends at ``x``."""
        self.write(x - self.faces.width_mm(clean(text), style), y, text, style, colour)

    def write_middle(self, x: float, y: float, text: str, style: Style, colour: Colour = INK) -> None:
        """Write a line around ``x``."""
        self.write(x - self.faces.width_mm(clean(text), style) / 2, y, text, style, colour)

    def paragraph(
        self, text: str, style: Style, *, x: float = LEFT_MM, width_mm: float = WIDTH_MM, lines: int | None = None
    ) -> None:
        """Write a text at the cursor, broken into lines, and move below it."""
        self.written.append(text)
        for line in wrap(text, width_mm, style, self.faces, lines=lines):
            self.need(style.leading_mm)
            self.y += style.leading_mm
            self.write(x, self.y, line, style)

    def rule(self, y: float, x0: float = LEFT_MM, x1: float = RIGHT_MM, colour: Colour = HAIR) -> None:
        """A hairline across."""
        self.add(Stroke(((x0, y), (x1, y)), colour, HAIRLINE_MM))

    def rule_down(self, x: float, y0: float, y1: float) -> None:
        """A hairline from top to bottom."""
        self.add(Stroke(((x, y0), (x, y1)), HAIR, HAIRLINE_MM))

    def box(self, at: Place, width_mm: float, height_mm: float, colour: Colour) -> None:
        """A filled rectangle; ``at`` is its upper left corner."""
        x, y = at
        self.add(Area(((x, y), (x + width_mm, y), (x + width_mm, y + height_mm), (x, y + height_mm)), colour))

    def stroke(self, points: Sequence[Place], width_mm: float, colour: Colour = INK) -> None:
        """A line through points."""
        self.add(Stroke(tuple(points), colour, width_mm))
