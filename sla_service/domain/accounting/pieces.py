"""Flat pieces of one subject's time, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.clock_slots import slot_at
from sla_service.domain.policies.downtime import ExclusionEffect
from sla_service.domain.windows import Window


class PieceStatus(StrEnum):
    """What became of a piece of impact."""

    COUNTED = "counted"
    EXCLUDED = "excluded"
    TOO_SHORT = "too_short"
    NOT_AFFECTED = "not_affected"
    GRACE = "grace"
    PARTIAL_SLOT = "partial_slot"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch in which share, incident and exclusion stay the same; pieces of a subject are disjoint and in order."""

    start_ms: int
    end_ms: int
    share_ppm: int | Fraction
    incident: int = -1
    rule: int = -1
    """Index of the policy's exclusion that lies here; −1 for none."""

    @property
    def impact_ppm_ms(self) -> int | Fraction:
        """Share × milliseconds."""
        return self.share_ppm * (self.end_ms - self.start_ms)

    def within(self, window: Window) -> Piece | None:
        """The part inside a window, or None."""
        # Most pieces lie inside whole: one object less for each of a hundred thousand merchants.
        if self.start_ms >= window.start_ms and self.end_ms <= window.end_ms:
            return self
        return self.between(max(self.start_ms, window.start_ms), min(self.end_ms, window.end_ms))

    def between(self, start_ms: int, end_ms: int) -> Piece | None:
        """The same from one instant to another, or None if that is no time."""
        return Piece(start_ms, end_ms, self.share_ppm, self.incident, self.rule) if start_ms < end_ms else None


@dataclass(frozen=True, slots=True)
class Judged:
    """A piece, what became of it, the run it belongs to, and the effect of the exclusion that took it, if one did."""

    piece: Piece
    status: PieceStatus
    run: int
    effect: ExclusionEffect | None = None

    def within(self, window: Window) -> Judged | None:
        """The part inside a window, or None."""
        piece = self.piece.within(window)
        if piece is None or piece is self.piece:
            return self if piece is not None else None
        return Judged(piece, self.status, self.run, self.effect)


def runs_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Neighbouring pieces with impact together; pieces that are only excluded by themselves."""
    runs: list[list[Piece]] = []
    for piece in pieces:
        last = runs[-1][-1] if runs else None
        if last is not None and last.share_ppm and piece.share_ppm and last.end_ms == piece.start_ms:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs


def inside(pieces: Sequence[Piece], start_ms: int, end_ms: int) -> tuple[list[Piece], list[Piece]]:
    """The parts of the pieces between two instants, and the rest."""
    if not pieces or (pieces[0].start_ms >= start_ms and pieces[-1].end_ms <= end_ms):
        return list(pieces), []
    kept: list[Piece] = []
    rest: list[Piece] = []
    for piece in pieces:
        start, end = max(piece.start_ms, start_ms), min(piece.end_ms, end_ms)
        if start >= end:
            rest.append(piece)
            continue
        parts = ((piece.start_ms, start, rest), (start, end, kept), (end, piece.end_ms, rest))
        for one, two, to in parts:
            part = piece.between(one, two)
            if part is not None:
                to.append(part)
    return kept, rest


def whole_slots(start_ms: int, end_ms: int, slot_ms: int, zone: str) -> tuple[int, int]:
    """The part of a stretch made of whole clock slots, counted from the zone's own full hours and days."""
    first, last = slot_at(start_ms, slot_ms, zone), slot_at(end_ms, slot_ms, zone)
    return start_ms if first.start_ms == start_ms else first.end_ms, last.start_ms


def length_ms(piece: Piece) -> int:
    """Milliseconds from start to end."""
    return piece.end_ms - piece.start_ms
