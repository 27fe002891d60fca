"""Stages 3 and 4 in the order of the contract: outages are judged whole, or as what is left of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sla_service.domain.accounting.exclusion import exclude
from sla_service.domain.accounting.grants import Allowed, Grants
from sla_service.domain.accounting.pieces import Judged, Piece, PieceStatus
from sla_service.domain.accounting.qualification import Doubt, in_order, in_slots, judge
from sla_service.domain.policies.downtime import ExclusionEffect, RunsMeasured
from sla_service.domain.windows import Window

PARTING = frozenset({ExclusionEffect.NOT_DOWN, ExclusionEffect.NOT_MEASURED})
"""Effects that take time out of downtime, and so may end an outage; under the others it is down all the same."""


def judge_and_exclude(
    grants: Grants, pieces: Sequence[Piece], activity: Sequence[Window]
) -> tuple[list[Judged], list[Doubt]]:
    """What became of every piece, and the outages that are in doubt.

    Args:
        grants: The terms, and when their allowances are granted anew.
        pieces: Flat, in order.
        activity: When the merchant was there itself.
    """
    allowed, policy = Allowed(grants), grants.policy
    pieces, beside = in_slots(policy, pieces, grants.zone)
    if policy.qualify.measured is RunsMeasured.BEFORE_EXCLUSIONS:
        judged, doubts = judge(policy, pieces, activity)
        return exclude(allowed, in_order([*judged, *beside]) if beside else judged), doubts
    left, taken = _parted(allowed, pieces)
    judged, doubts = judge(policy, left, activity)
    return in_order([*exclude(allowed, in_order([*judged, *beside])), *taken]), doubts


def _parted(allowed: Allowed, pieces: Sequence[Piece]) -> tuple[list[Piece], list[Judged]]:
    """What is left of the pieces, and what an exclusion takes out of downtime, as far as its allowance goes."""
    rules = allowed.grants.policy.exclude
    parting = [piece for piece in pieces if piece.rule >= 0 and rules[piece.rule].effect in PARTING]
    status = {True: PieceStatus.COUNTED, False: PieceStatus.EXCLUDED}
    found = exclude(allowed, [Judged(one, status[bool(one.share_ppm)], -1) for one in parting])
    others = [piece for piece in pieces if piece.rule < 0 or rules[piece.rule].effect not in PARTING]
    beyond = [replace(one.piece, rule=-1) for one in found if one.effect is None]
    left = sorted([*others, *beyond], key=lambda piece: piece.start_ms)
    return left, [one for one in found if one.effect is not None]
