"""The impact that an incident's curve gives, cut to any window: the same incident hits a million merchants."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

from sla_service.domain.incidents import Curve, Incident, recovery_segments
from sla_service.domain.instants import LATEST_MS
from sla_service.domain.windows import SHARE_FULL_PPM

SHAPES = 1_024
"""Incidents by accounting method that are remembered: of a month there are some dozens."""

Stretch = tuple[int, int, int]
"""Start, end and share."""


class Shape:
    """Disjoint stretches of constant impact in order of time, with the areas before them."""

    def __init__(self, stretches: list[Stretch]) -> None:
        """Take the stretches."""
        self.stretches = stretches
        self.starts = [start_ms for start_ms, _, _ in stretches]
        self.ends = [end_ms for _, end_ms, _ in stretches]
        areas = ((end_ms - start_ms) * share_ppm for start_ms, end_ms, share_ppm in stretches)
        self.areas = list(accumulate(areas, initial=0))

    def drawn(self, start_ms: int, end_ms: int, area_ppm_ms: int) -> list[Stretch]:
        """What a chart draws of a line, where its area is the curve's over the same time: the curve.

        Another area was made by the merchant's own evidence, and is drawn at its mean.
        """
        if self.area(start_ms, end_ms) == area_ppm_ms:
            return list(self._cut(start_ms, end_ms))
        share_ppm = min(SHARE_FULL_PPM, mean_ppm(area_ppm_ms, end_ms - start_ms))
        return [(start_ms, end_ms, share_ppm)] if share_ppm else []

    def _cut(self, start_ms: int, end_ms: int) -> Iterator[Stretch]:
        first, stop = self._within(start_ms, end_ms)
        for one_ms, two_ms, share_ppm in self.stretches[first:stop]:
            yield max(one_ms, start_ms), min(two_ms, end_ms), share_ppm

    def area(self, start_ms: int, end_ms: int) -> int:
        """Share × milliseconds within a window."""
        first, stop = self._within(start_ms, end_ms)
        if first >= stop:
            return 0
        one_ms, _, first_ppm = self.stretches[first]
        _, two_ms, last_ppm = self.stretches[stop - 1]
        before, after = max(0, start_ms - one_ms) * first_ppm, max(0, two_ms - end_ms) * last_ppm
        return self.areas[stop] - self.areas[first] - before - after

    def _within(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """The first stretch that reaches into a window, and the first one after it."""
        return bisect_right(self.ends, start_ms), bisect_left(self.starts, end_ms)


def mean_ppm(area_ppm_ms: int, duration_ms: int) -> int:
    """The share that gives an area, to the nearest whole part; of two as near the even one."""
    whole, rest = divmod(area_ppm_ms, duration_ms)
    return whole + (2 * rest > duration_ms or (2 * rest == duration_ms and whole % 2 == 1))


@lru_cache(maxsize=SHAPES)
def shape_of(incident: Incident, curve: Curve) -> Shape:
    """What a curve reads out of an incident's timeline; of one that is still open, to the end of all time."""
    segments = recovery_segments(incident, curve, until_ms=LATEST_MS)
    return Shape([(s.window.start_ms, s.window.end_ms, int(s.share_ppm)) for s in segments])
