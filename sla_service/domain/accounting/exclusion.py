"""Stage 4: the effect of what the contract leaves out, as far as its allowance goes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from sla_service.domain.accounting.pieces import Judged, Piece, PieceStatus, inside, length_ms
from sla_service.domain.periods import Month, midnight_ms
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import AllowancePer, ExclusionEffect, ExclusionRule
from sla_service.domain.windows import Window


def exclude(policy: Policy, judged: list[Judged], zone: str, active: Window) -> list[Judged]:
    """Apply the effect of the exclusion that lies on each piece, as far as its allowance goes."""
    if not policy.exclude:
        return judged
    used: dict[tuple[int, str], int] = defaultdict(int)
    found: list[Judged] = []
    for one in judged:
        rule = policy.exclude[one.piece.rule] if one.piece.rule >= 0 else None
        idle = one.status is PieceStatus.EXCLUDED
        leaves = rule is not None and rule.effect in {ExclusionEffect.NOT_MEASURED, ExclusionEffect.ADDED_BACK}
        if rule is None or (one.status is not PieceStatus.COUNTED and not leaves):
            found += [] if idle else [one]
            continue
        out = PieceStatus.EXCLUDED if one.status is PieceStatus.COUNTED else one.status
        allowance = rule.allowance if isinstance(rule, ExclusionRule) else None
        if allowance is None:
            found.append(Judged(one.piece, out, one.run, rule.effect))
            continue
        for piece, key in _by_grant(one.piece, allowance.per, zone, active):
            left = max(0, allowance.time_ms - used[one.piece.rule, key])
            spent = min(left, length_ms(piece))
            used[one.piece.rule, key] += spent
            free, rest = inside([piece], piece.start_ms, piece.start_ms + spent)
            found += [Judged(part, out, one.run, rule.effect) for part in free]
            found += [] if idle else [Judged(part, one.status, one.run) for part in rest]
    return found


def _by_grant(piece: Piece, per: AllowancePer, zone: str, active: Window) -> list[tuple[Piece, str]]:
    """The piece cut where an allowance is granted anew, each part with the name of its grant."""
    if per is AllowancePer.PERIOD:
        kept, rest = inside([piece], active.start_ms, active.end_ms)
        return [*((part, "before") for part in rest), *((part, "period") for part in kept)]
    found, rest_ms = [], piece.start_ms
    while rest_ms < piece.end_ms:
        start, end, name = grant(rest_ms, per, zone)
        until = min(end, piece.end_ms)
        found.append((replace(piece, start_ms=max(rest_ms, start), end_ms=until), name))
        rest_ms = until
    return found


def grant(at_ms: int, per: AllowancePer, zone: str) -> tuple[int, int, str]:
    """The calendar month, quarter or year of an instant, in which one allowance holds, and its name."""
    month = Month.at(at_ms, zone)
    months = {AllowancePer.MONTH: 1, AllowancePer.QUARTER: 3, AllowancePer.YEAR: 12}[per]
    first = Month(month.year, (month.month - 1) // months * months + 1)
    last = first
    for _ in range(months - 1):
        last = last.next
    return midnight_ms(first.first_day, zone), midnight_ms(last.next.first_day, zone), f"{per}/{first}"
