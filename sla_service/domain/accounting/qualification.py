"""Stage 3: which runs of impact count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sla_service.domain.accounting.pieces import Judged, Piece, PieceStatus, inside, runs_of, whole_slots
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import Affected, Qualify
from sla_service.domain.policies.indicators import Slots, UsageFigure
from sla_service.domain.windows import SHARE_FULL_PPM, Window

Doubt = tuple[Piece, str]
"""An outage for which the contract has no single answer, as one piece, and the reason."""


@dataclass(slots=True)
class _Outage:
    """Runs that are one outage: from when to when, and the pieces that are down in it."""

    start_ms: int
    end_ms: int
    pieces: list[Piece]


def judge(
    policy: Policy, pieces: Sequence[Piece], zone: str, activity: Sequence[Window]
) -> tuple[list[Judged], list[Doubt]]:
    """Every piece with what became of its outage; exclusions not yet applied.

    Returns:
        The pieces in order, without those that nothing lies on; and the outages that are in doubt.
    """
    judged: list[Judged] = []
    doubts: list[Doubt] = []
    if isinstance(policy.indicator, Slots):
        pieces = [_as_slot(policy.indicator, piece) for piece in pieces]
    outages: list[_Outage] = []
    for number, run in enumerate(runs_of(pieces)):
        if not run[0].share_ppm:
            judged += [Judged(piece, PieceStatus.EXCLUDED, -1) for piece in run if piece.rule >= 0]
            continue
        one = _Outage(run[0].start_ms, run[-1].end_ms, run)
        if isinstance(policy.indicator, Slots):
            one, rest = _in_whole_slots(one, policy.indicator.slot_ms, zone)
            judged += [Judged(piece, PieceStatus.PARTIAL_SLOT, number) for piece in rest]
        _join(outages, one, policy.qualify.joined_within_ms)
    for number, outage in enumerate(outages):
        found, doubt = _judge_outage(policy.qualify, outage, number, activity)
        judged += found
        if doubt:
            doubts.append((Piece(outage.start_ms, outage.end_ms, SHARE_FULL_PPM), doubt))
    return in_order(judged), doubts


def in_order(judged: Iterable[Judged]) -> list[Judged]:
    """By start."""
    return sorted(judged, key=lambda one: one.piece.start_ms)


def _in_whole_slots(run: _Outage, slot_ms: int, zone: str) -> tuple[_Outage, list[Piece]]:
    """The part of a run that is whole slots, without pieces where there is none, and the pieces beside it."""
    start, end = whole_slots(run.start_ms, run.end_ms, slot_ms, zone)
    end = max(start, end)
    kept, rest = inside(run.pieces, start, end)
    return _Outage(start, end, kept), rest


def _join(outages: list[_Outage], one: _Outage, within_ms: int) -> None:
    """Add a run: to the last outage if it is near enough, else as one of its own."""
    if not one.pieces:
        return
    if outages and within_ms and one.start_ms - outages[-1].end_ms <= within_ms:
        last = outages[-1]
        last.end_ms, last.pieces = one.end_ms, [*last.pieces, *one.pieces]
    else:
        outages.append(one)


def _judge_outage(
    qualify: Qualify, outage: _Outage, number: int, activity: Sequence[Window]
) -> tuple[list[Judged], str]:
    start, end = outage.start_ms, outage.end_ms
    length = end - start
    if length < qualify.minimum_run_ms or (qualify.strict and length == qualify.minimum_run_ms):
        return [Judged(piece, PieceStatus.TOO_SHORT, number) for piece in outage.pieces], ""
    reason = ""
    if qualify.exactly_undefined and length == qualify.minimum_run_ms:
        reason = "an outage lasted exactly the minimum, for which the contract has two answers"
    margin = qualify.activity_ms if qualify.affected is Affected.ACTIVE else 0
    if qualify.affected is not Affected.EVERYONE and not _was_there(start, end, margin, activity):
        return [Judged(piece, PieceStatus.NOT_AFFECTED, number) for piece in outage.pieces], ""
    counted, free = inside(outage.pieces, min(end, start + qualify.grace_ms), end)
    judged = [Judged(piece, PieceStatus.GRACE, number) for piece in free]
    return judged + [Judged(piece, PieceStatus.COUNTED, number) for piece in counted], reason


def _as_slot(slots: Slots, piece: Piece) -> Piece:
    """A slot is bad or it is not: a window's share of impact is held against the error rate that the policy names."""
    rates = [one for one in slots.bad_when if one.figure is UsageFigure.ERROR_RATE]
    share = Fraction(piece.share_ppm) / SHARE_FULL_PPM
    is_bad = share > 0 and all(one.comparison.holds(share, one.edge) for one in rates)
    return replace(piece, share_ppm=SHARE_FULL_PPM if is_bad else 0)


def _was_there(start_ms: int, end_ms: int, margin_ms: int, activity: Sequence[Window]) -> bool:
    return any(one.start_ms < end_ms + margin_ms and one.end_ms > start_ms - margin_ms for one in activity)
