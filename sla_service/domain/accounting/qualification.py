"""Stage 3: which runs of impact count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sla_service.domain.accounting.pieces import Judged, Piece, PieceStatus, inside, runs_of, whole_slots
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import Affected, Qualify
from sla_service.domain.policies.indicators import Needed, Slots, UsageFigure
from sla_service.domain.windows import SHARE_FULL_PPM, Window

Doubt = tuple[Piece, str]
"""An outage for which the contract has no single answer, as one piece, and the reason."""


@dataclass(slots=True)
class _Outage:
    """Runs that are one outage: from when to when, and the pieces that are down in it."""

    start_ms: int
    end_ms: int
    pieces: list[Piece]


def judge(policy: Policy, pieces: Sequence[Piece], activity: Sequence[Window]) -> tuple[list[Judged], list[Doubt]]:
    """Every piece with what became of its outage; exclusions not yet applied.

    Args:
        policy: The terms.
        pieces: In whole slots, where the contract looks at slots.
        activity: When the merchant was there itself.

    Returns:
        The pieces in order, without those that nothing lies on; and the outages that are in doubt.
    """
    judged: list[Judged] = []
    doubts: list[Doubt] = []
    outages: list[_Outage] = []
    for run in runs_of(pieces):
        if not run[0].share_ppm:
            judged += [Judged(piece, PieceStatus.EXCLUDED, -1) for piece in run if piece.rule >= 0]
            continue
        _join(outages, _Outage(run[0].start_ms, run[-1].end_ms, run), policy.qualify.joined_within_ms)
    for number, outage in enumerate(outages):
        found, doubt = _judge_outage(policy.qualify, outage, number, activity)
        judged += found
        if doubt:
            doubts.append((Piece(outage.start_ms, outage.end_ms, SHARE_FULL_PPM), doubt))
    return in_order(judged), doubts


def in_order(judged: Iterable[Judged]) -> list[Judged]:
    """By start."""
    return sorted(judged, key=lambda one: one.piece.start_ms)


def in_slots(policy: Policy, pieces: Sequence[Piece], zone: str) -> tuple[Sequence[Piece], list[Judged]]:
    """Under contracts that look at slots, whole slots that are bad or not, and the pieces that lie beside them.

    A slot is bad or good as a whole before anything is left out of it, so that an exclusion takes its own time and no
    more.
    """
    if not isinstance(policy.indicator, Slots):
        return pieces, []
    kept: list[Piece] = []
    beside: list[Judged] = []
    for run in runs_of([_as_slot(policy.indicator, piece) for piece in pieces]):
        if not run[0].share_ppm:
            kept += run
            continue
        start, end = whole_slots(run[0].start_ms, run[-1].end_ms, policy.indicator.slot_ms, zone)
        whole, rest = inside(run, start, max(start, end))
        kept += whole
        beside += [Judged(piece, PieceStatus.PARTIAL_SLOT, -1) for piece in rest]
    return kept, beside


def _join(outages: list[_Outage], one: _Outage, within_ms: int) -> None:
    """Add a run: to the last outage if it is near enough, else as one of its own."""
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
    share = Fraction(piece.share_ppm) / SHARE_FULL_PPM
    rates = [one.comparison.holds(share, one.edge) for one in slots.bad_when if one.figure is UsageFigure.ERROR_RATE]
    enough = any if slots.needed is Needed.ANY and rates else all
    is_bad = share > 0 and enough(rates)
    return replace(piece, share_ppm=SHARE_FULL_PPM if is_bad else 0)


def _was_there(start_ms: int, end_ms: int, margin_ms: int, activity: Sequence[Window]) -> bool:
    return any(one.start_ms < end_ms + margin_ms and one.end_ms > start_ms - margin_ms for one in activity)
