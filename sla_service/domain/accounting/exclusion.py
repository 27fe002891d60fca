"""Stage 4: the effect of what the contract leaves out, as far as its allowance goes."""

from __future__ import annotations

from sla_service.domain.accounting.grants import Allowed
from sla_service.domain.accounting.pieces import Judged, PieceStatus
from sla_service.domain.policies.downtime import Exclude, ExclusionEffect, RecurringRule

_OF_THE_WHOLE = frozenset({ExclusionEffect.NOT_MEASURED, ExclusionEffect.ADDED_BACK})
"""Effects on the whole of what is excluded, whether anything was down in it or not."""


def exclude(allowed: Allowed, judged: list[Judged]) -> list[Judged]:
    """Apply the effect of the exclusion that lies on each piece, as far as its allowance goes."""
    rules = allowed.grants.policy.exclude
    if not rules:
        return judged
    found: list[Judged] = []
    for one in judged:
        rule = rules[one.piece.rule] if one.piece.rule >= 0 else None
        idle = one.status is PieceStatus.EXCLUDED
        if rule is None or not _applies(rule, one):
            found += [] if idle else [one]
            continue
        out = PieceStatus.EXCLUDED if one.status is PieceStatus.COUNTED else one.status
        for part, is_free in allowed.excluded(one.piece):
            if is_free:
                found.append(Judged(part, out, one.run, rule.effect))
            elif not idle:
                found.append(Judged(part, one.status, one.run))
    return found


def _applies(rule: Exclude, one: Judged) -> bool:
    """Whether a rule does something to a piece.

    A window that comes again is no maintenance while nothing is down: under an allowance, downtime alone is excluded.
    """
    if one.status is PieceStatus.COUNTED:
        return True
    return rule.effect in _OF_THE_WHOLE and not (isinstance(rule, RecurringRule) and rule.allowances)
