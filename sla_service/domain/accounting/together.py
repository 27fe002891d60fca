"""Stage 1 for contracts that count only what hits several units at once: their pieces as those of one subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sla_service.domain.accounting.pieces import Piece
from sla_service.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies on one unit, and from when to when the unit exists."""

    exists: Window
    pieces: Sequence[Piece]
    """Flat, in order."""


def together(units: Sequence[Lying], down: int | None) -> list[Piece]:
    """The contract's own pieces: at each instant as much is lost as the least hit of the units that it takes.

    Args:
        units: Of one contract, in any order.
        down: How many units must be hit at once; None for all that exist.

    Returns:
        Flat pieces in order. Where it takes an excluded unit to make an outage, the outage is excluded by the first
        rule that lies on one of them; time that is only excluded stays where it is excluded for every unit.
    """
    found: list[Piece] = []
    at = [0] * len(units)
    for start, end in pairwise(_edges(units)):
        lying: list[Piece | None] = []
        for i, unit in enumerate(units):
            while at[i] < len(unit.pieces) and unit.pieces[at[i]].end_ms <= start:
                at[i] += 1
            if unit.exists.start_ms <= start < unit.exists.end_ms:
                here = unit.pieces[at[i]] if at[i] < len(unit.pieces) else None
                lying.append(here if here is not None and here.start_ms <= start else None)
        one = _at(lying, len(lying) if down is None else down)
        if one is not None:
            _append(found, replace(one, start_ms=start, end_ms=end))
    return found


def _edges(units: Iterable[Lying]) -> list[int]:
    edges = {edge for unit in units for piece in unit.pieces for edge in (piece.start_ms, piece.end_ms)}
    return sorted(edges.union(edge for unit in units for edge in (unit.exists.start_ms, unit.exists.end_ms)))


def _at(lying: Sequence[Piece | None], down: int) -> Piece | None:
    """What an instant comes to; its start and end are still those of a unit's piece."""
    hit = sorted((one for one in lying if one is not None and one.share_ppm), key=lambda one: -one.share_ppm)
    counted = [one for one in hit if one.rule < 0]
    if 0 < down <= len(counted):
        return counted[down - 1]
    ruled = [one for one in lying if one is not None and one.rule >= 0]
    if 0 < down <= len(hit):
        return replace(hit[down - 1], rule=min(one.rule for one in ruled if one.share_ppm))
    if ruled and len(ruled) == len(lying):
        return replace(ruled[0], share_ppm=0, incident=-1, rule=min(one.rule for one in ruled))
    return None


def _append(found: list[Piece], piece: Piece) -> None:
    """Beside the last one, or as its continuation."""
    last = found[-1] if found else None
    if (
        last is not None
        and last.end_ms == piece.start_ms
        and replace(last, end_ms=piece.end_ms) == replace(piece, start_ms=last.start_ms)
    ):
        found[-1] = replace(last, end_ms=piece.end_ms)
    else:
        found.append(piece)
