"""What the two drawings are made of, in unit coordinates: x from 0 (start) to 1 (end), y from 0 (nothing) to 1 (all).

Only places are floats; every figure that is shown comes from exact integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on the time axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the month."""

    day: date
    x0: float
    x1: float
    lost: float
    """Share of the day that was lost, 0 to 1; enough to be seen where there was any."""
    is_counted: bool
    """Whether any of it counts."""
    is_opened: bool
    """Whether the curve below shows it."""
    is_to_come: bool = False
    """Whether it has not begun, so that nothing is known of it."""

    @property
    def is_affected(self) -> bool:
        """Whether there was any impact."""
        return self.lost > 0


@dataclass(frozen=True, slots=True)
class MonthStrip:
    """The month as a row of days."""

    cells: tuple[DayCell, ...]


@dataclass(frozen=True, slots=True)
class Tread:
    """A share held long enough to be labelled: where its label's middle lies."""

    x0: float
    x1: float
    y: float
    label: str


class Side(StrEnum):
    """Where a label stands: around its point, or ending or beginning there."""

    AROUND = "around"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Mark:
    """A turning point."""

    x: float
    y: float
    label: str
    """The clock time."""
    side: Side
    text: str
    """What happened, if it was told."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of impact: the outline of what was lost lies between ``points`` and the top."""

    points: tuple[tuple[float, float], ...]
    """Corners of the curve, from the start of the impact to its end."""
    is_counted: bool


@dataclass(frozen=True, slots=True)
class RecoveryCurve:
    """The opened days."""

    window: Window
    first_day: date
    last_day: date
    points: tuple[tuple[float, float], ...]
    """The whole line of the share available, from the left edge to the right one."""
    spans: tuple[Span, ...]
    ticks: tuple[Tick, ...]
    treads: tuple[Tread, ...]
    marks: tuple[Mark, ...]


def x_of(at_ms: Fraction | int, window: Window) -> float:
    """Where an instant lies in a window."""
    return float((at_ms - window.start_ms) / Fraction(window.duration_ms))
