"""Reading the steps of a month's impact: interruptions, levels held and slopes between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import groupby, pairwise

from sla_service.domain.instants import MINUTE_MS
from sla_service.domain.statements import ImpactStep
from sla_service.domain.windows import SHARE_FULL_PPM, Window

SLOPE_STEPS = 3
"""From so many neighbouring one-minute steps of different shares on, a straight line is meant."""
STRAIGHT = 0.004
"""How far a slope's corner may lie off the line drawn instead, as a share of the full height."""


@dataclass(frozen=True, slots=True)
class Corner:
    """A corner of the curve: an instant (exact milliseconds) and the share available there, 0 to 1."""

    at_ms: Fraction
    available: Fraction


@dataclass(frozen=True, slots=True)
class Level:
    """A share held, or the slope from one share to another."""

    corners: tuple[Corner, ...]
    """Two for a share held; more where a slope bends."""

    @property
    def start_ms(self) -> int:
        """First instant."""
        return int(self.corners[0].at_ms)

    @property
    def end_ms(self) -> int:
        """End, exclusive."""
        return int(self.corners[-1].at_ms)

    @property
    def first(self) -> Fraction:
        """Share available at the start."""
        return self.corners[0].available

    @property
    def last(self) -> Fraction:
        """Share available just before the end."""
        return self.corners[-1].available

    @property
    def is_held(self) -> bool:
        """Whether the share does not change."""
        return all(corner.available == self.first for corner in self.corners)


def interruptions(steps: Sequence[ImpactStep]) -> list[list[ImpactStep]]:
    """Steps grouped into unbroken interruptions: neighbours that touch belong together.

    Args:
        steps: Disjoint and in order of time.
    """
    groups: list[list[ImpactStep]] = []
    for step in steps:
        if groups and groups[-1][-1].end_ms == step.start_ms:
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def counted_steps(steps: Sequence[ImpactStep], uncounted: Sequence[Window]) -> list[ImpactStep]:
    """The parts of the steps that lie outside all windows that do not count."""
    edges = sorted({edge for part in uncounted for edge in (part.start_ms, part.end_ms)})
    return [piece for step in steps for piece in cut(step, edges) if is_counted(piece, uncounted)]


def told_interruptions(steps: Sequence[ImpactStep], uncounted: Sequence[Window]) -> list[list[ImpactStep]]:
    """Interruptions that count, each from the first to the last instant that does, with what does not in between."""
    edges = sorted({edge for part in uncounted for edge in (part.start_ms, part.end_ms)})
    pieces = [piece for step in steps for piece in cut(step, edges)]
    found = []
    for group in interruptions(pieces):
        counted = [i for i, piece in enumerate(group) if is_counted(piece, uncounted)]
        if counted:
            found.append(group[counted[0] : counted[-1] + 1])
    return found


def cut(step: ImpactStep, edges: Sequence[int]) -> list[ImpactStep]:
    """A step in pieces, cut at every edge inside it; edges in order."""
    inner = [edge for edge in edges if step.start_ms < edge < step.end_ms]
    bounds = pairwise([step.start_ms, *inner, step.end_ms])
    return [ImpactStep(start, end, step.share_ppm) for start, end in bounds]


def is_counted(piece: ImpactStep, uncounted: Sequence[Window]) -> bool:
    """Whether a piece, which is cut at the windows' edges, lies outside all of them."""
    return not any(window.start_ms <= piece.start_ms < window.end_ms for window in uncounted)


def levels(interruption: Sequence[ImpactStep]) -> tuple[Level, ...]:
    """The levels and slopes of one unbroken interruption, in order; each begins where the one before ends."""
    return _levels(tuple(interruption))


@lru_cache(maxsize=256)
def _levels(interruption: tuple[ImpactStep, ...]) -> tuple[Level, ...]:
    """Remembered, for an outage of the whole platform looks the same to many merchants."""
    held = _joined(interruption)
    found: list[Level] = []
    for is_short, group in groupby(held, key=_is_short):
        part = list(group)
        if is_short and len(part) >= SLOPE_STEPS:
            found.extend(_slopes(part))
        else:
            found.extend(Level((_corner(s.start_ms, s), _corner(s.end_ms, s))) for s in part)
    return tuple(found)


def available(step: ImpactStep) -> Fraction:
    """The share still available during a step, 0 to 1."""
    return Fraction(SHARE_FULL_PPM - step.share_ppm, SHARE_FULL_PPM)


def _joined(steps: Sequence[ImpactStep]) -> list[ImpactStep]:
    """Neighbours with the same share as one step."""
    groups = groupby(steps, key=lambda step: step.share_ppm)
    parts = [(share, list(group)) for share, group in groups]
    return [ImpactStep(part[0].start_ms, part[-1].end_ms, share) for share, part in parts]


def _is_short(step: ImpactStep) -> bool:
    return step.end_ms - step.start_ms <= MINUTE_MS


def _corner(at_ms: int, step: ImpactStep) -> Corner:
    return Corner(Fraction(at_ms), available(step))


def _slopes(steps: Sequence[ImpactStep]) -> Iterator[Level]:
    """Straight pieces through one-minute steps, one level for each direction."""
    middles = [Corner(Fraction(s.start_ms + s.end_ms, 2), available(s)) for s in steps]
    first = Corner(Fraction(steps[0].start_ms), _towards(middles[1], middles[0]))
    last = Corner(Fraction(steps[-1].end_ms), _towards(middles[-2], middles[-1]))
    corners = _straightened([first, *middles, last])
    rises = [two.available >= one.available for one, two in pairwise(corners)]
    for _, group in groupby(range(len(rises)), key=rises.__getitem__):
        piece = list(group)
        yield Level(tuple(corners[piece[0] : piece[-1] + 2]))


def _towards(inner: Corner, outer: Corner) -> Fraction:
    """The share half a step beyond ``outer``: a step's share is that of its middle, the line reaches its edge."""
    beyond = outer.available + (outer.available - inner.available) / 2
    return min(max(beyond, Fraction(0)), Fraction(1))


def _straightened(corners: list[Corner]) -> list[Corner]:
    """Leave out corners that lie on the line between those kept (Douglas and Peucker's way, with a stack)."""
    places = [(float(corner.at_ms - corners[0].at_ms), float(corner.available)) for corner in corners]
    keep = {0, len(corners) - 1}
    open_pieces = [(0, len(corners) - 1)]
    while open_pieces:
        one, two = open_pieces.pop()
        offsets = [(_offset(places[i], places[one], places[two]), i) for i in range(one + 1, two)]
        furthest, far = max(offsets, default=(0.0, one))
        if furthest > STRAIGHT:
            keep.add(far)
            open_pieces += [(one, far), (far, two)]
    return [corners[i] for i in sorted(keep)]


def _offset(place: tuple[float, float], one: tuple[float, float], two: tuple[float, float]) -> float:
    """How far a place lies above or below the line from ``one`` to ``two``."""
    share = (place[0] - one[0]) / (two[0] - one[0])
    return abs(one[1] + share * (two[1] - one[1]) - place[1])
