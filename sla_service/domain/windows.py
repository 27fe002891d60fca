"""Windows of time: half-open ``[start, end)``, so that neighbours touch without overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import format_instant

SHARE_FULL_PPM = 1_000_000
"""Fully down: shares of impact are integer parts per million."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """``[start_ms, end_ms)``, never empty."""

    start_ms: int
    end_ms: int

    def __post_init__(self) -> None:
        if self.end_ms == self.start_ms:
            raise InvalidValueError.of("interval_empty", f"the window starts and ends at {format_instant(self.end_ms)}")
        if self.end_ms < self.start_ms:
            start, end = format_instant(self.start_ms), format_instant(self.end_ms)
            raise InvalidValueError.of("interval_reversed", f"the window ends {end}, not after its start {start}")

    @property
    def duration_ms(self) -> int:
        """Length in milliseconds, at least 1."""
        return self.end_ms - self.start_ms

    def overlap(self, other: Window) -> Window | None:
        """The time in both, or None where they only touch or lie apart."""
        start, end = max(self.start_ms, other.start_ms), min(self.end_ms, other.end_ms)
        return Window(start, end) if start < end else None


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A window in which the share of impact is constant."""

    window: Window
    share_ppm: int | Fraction


def clip(windows: Sequence[Window], *, to: Window) -> list[Window]:
    """Keep the parts of the windows that lie inside ``to``.

    Args:
        windows: Any order, may overlap, may be empty.
        to: The period; half-open like every window.

    Returns:
        Non-empty windows in the order given; one that only touches ``to`` is dropped.
    """
    parts = (window.overlap(to) for window in windows)
    return [part for part in parts if part is not None]
