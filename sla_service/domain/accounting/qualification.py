"""Stage 3: which runs of impact count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from sla_service.domain.accounting.pieces import Judged, Piece, PieceStatus, inside, runs_of, whole_slots
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import Affected
from sla_service.domain.policies.indicators import Slots, UsageFigure
from sla_service.domain.windows import SHARE_FULL_PPM, Window


def judge(
    policy: Policy, pieces: Sequence[Piece], zone: str, activity: Sequence[Window]
) -> tuple[list[Judged], list[tuple[Piece, str]]]:
    """Every piece with what became of its run; exclusions not yet applied.

    Returns:
        The pieces in order, without those that nothing lies on; and runs for which the contract has no single answer,
        each as one piece with the reason.
    """
    judged: list[Judged] = []
    doubts: list[tuple[Piece, str]] = []
    if isinstance(policy.indicator, Slots):
        pieces = [_as_slot(policy.indicator, piece) for piece in pieces]
    for number, run in enumerate(runs_of(pieces)):
        if not run[0].share_ppm:
            judged += [Judged(piece, PieceStatus.EXCLUDED, number) for piece in run if piece.rule >= 0]
            continue
        found, doubt = _judge_run(policy, run, number, zone, activity)
        judged += found
        if doubt:
            doubts.append((Piece(run[0].start_ms, run[-1].end_ms, run[0].share_ppm), doubt))
    return judged, doubts


def _judge_run(
    policy: Policy, run: list[Piece], number: int, zone: str, activity: Sequence[Window]
) -> tuple[list[Judged], str]:
    qualify = policy.qualify
    start, end = run[0].start_ms, run[-1].end_ms
    judged: list[Judged] = []
    if isinstance(policy.indicator, Slots):
        start, end = whole_slots(start, end, policy.indicator.slot_ms, zone)
        # A run without a whole slot leaves an empty stretch at its start.
        end = max(start, end)
        run, rest = inside(run, start, end)
        judged += [Judged(piece, PieceStatus.PARTIAL_SLOT, number) for piece in rest]
    length = end - start
    if length < qualify.minimum_run_ms or (qualify.strict and length == qualify.minimum_run_ms):
        return _ordered(judged, [Judged(piece, PieceStatus.TOO_SHORT, number) for piece in run]), ""
    reason = ""
    if qualify.exactly_undefined and length == qualify.minimum_run_ms:
        reason = "an outage lasted exactly the minimum, for which the contract has two answers"
    margin = qualify.activity_ms if qualify.affected is Affected.ACTIVE else 0
    if qualify.affected is not Affected.EVERYONE and not _was_there(start, end, margin, activity):
        return _ordered(judged, [Judged(piece, PieceStatus.NOT_AFFECTED, number) for piece in run]), ""
    counted, free = inside(run, min(end, start + qualify.grace_ms), end)
    judged += [Judged(piece, PieceStatus.GRACE, number) for piece in free]
    found = [Judged(piece, PieceStatus.COUNTED, number) for piece in counted]
    return _ordered(judged, found) if judged else found, reason


def _as_slot(slots: Slots, piece: Piece) -> Piece:
    """A slot is bad or it is not: a window's share of impact is held against the error rate that the policy names."""
    rates = [one for one in slots.bad_when if one.figure is UsageFigure.ERROR_RATE]
    share = Fraction(piece.share_ppm) / SHARE_FULL_PPM
    is_bad = share > 0 and all(one.comparison.holds(share, one.edge) for one in rates)
    return replace(piece, share_ppm=SHARE_FULL_PPM if is_bad else 0)


def _ordered(*found: Iterable[Judged]) -> list[Judged]:
    return sorted((one for some in found for one in some), key=lambda one: one.piece.start_ms)


def _was_there(start_ms: int, end_ms: int, margin_ms: int, activity: Sequence[Window]) -> bool:
    return any(one.start_ms < end_ms + margin_ms and one.end_ms > start_ms - margin_ms for one in activity)
