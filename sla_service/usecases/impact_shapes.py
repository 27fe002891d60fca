"""The impact that an incident's curve gives, cut to any window: the same incident hits a million merchants."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

from sla_service.domain.incidents import Curve, Incident, recovery_segments
from sla_service.domain.instants import LATEST_MS

SHAPES = 1_024
"""Incidents by accounting method that are remembered: of a month there are some dozens."""


class Shape:
    """Disjoint stretches of constant impact in order of time, with the areas before them."""

    def __init__(self, stretches: list[tuple[int, int, int]]) -> None:
        """Take start, end and share of each."""
        self.stretches = stretches
        self.starts = [start_ms for start_ms, _, _ in stretches]
        self.ends = [end_ms for _, end_ms, _ in stretches]
        areas = ((end_ms - start_ms) * share_ppm for start_ms, end_ms, share_ppm in stretches)
        self.areas = list(accumulate(areas, initial=0))

    def within(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """The first stretch that reaches into a window, and the first one after it."""
        return bisect_right(self.ends, start_ms), bisect_left(self.starts, end_ms)

    def cut(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, int, int]]:
        """The stretches within a window."""
        first, stop = self.within(start_ms, end_ms)
        for one_ms, two_ms, share_ppm in self.stretches[first:stop]:
            yield max(one_ms, start_ms), min(two_ms, end_ms), share_ppm

    def area(self, start_ms: int, end_ms: int) -> int:
        """Share × milliseconds within a window."""
        first, stop = self.within(start_ms, end_ms)
        if first >= stop:
            return 0
        one_ms, _, first_ppm = self.stretches[first]
        _, two_ms, last_ppm = self.stretches[stop - 1]
        before, after = max(0, start_ms - one_ms) * first_ppm, max(0, two_ms - end_ms) * last_ppm
        return self.areas[stop] - self.areas[first] - before - after


@lru_cache(maxsize=SHAPES)
def shape_of(incident: Incident, curve: Curve) -> Shape:
    """What a curve reads out of an incident's timeline; of one that is still open, to the end of all time."""
    segments = recovery_segments(incident, curve, until_ms=LATEST_MS)
    return Shape([(s.window.start_ms, s.window.end_ms, int(s.share_ppm)) for s in segments])
