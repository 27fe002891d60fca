"""The slow, obvious reference: what the stages mean, said once more without looking at how the product does it.

Nothing here is clever and nothing is shared with ``sla_service.measure``. Stages 1 to 6 walk over every edge in time
and ask, between two edges, what is the case there; stages 7 to 9 are the contract read aloud in exact fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Any

from sla_service.domain.incidents import TimelinePoint
from sla_service.domain.money import Money, Rounding
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Share, Tier
from sla_service.domain.windows import Window

FULL = 1_000_000


@dataclass(frozen=True)
class Hit:
    """A share of impact: on everybody (read through ``curve``, in ``region`` if given) or on one merchant."""

    incident: int
    window: Window
    share_ppm: int
    region: str | None = None
    curve: str = "step"


@dataclass(frozen=True)
class Excluded:
    """Time that a rule may exclude; ``mine`` says for whom: None for all, True this merchant, False another one."""

    kind: str
    window: Window
    notice_ms: int | None = None
    region: str | None = None
    mine: bool | None = None


@dataclass(frozen=True)
class Rule:
    """An exclusion of the terms; its rank is its place in ``Case.rules``."""

    kind: str
    notice_ms: int | None = None
    leaves_period: bool = False


@dataclass(frozen=True)
class Case:
    """One subject, its terms, and all the evidence of its service."""

    period: Window
    own: tuple[Hit, ...] = ()
    platform: tuple[Hit, ...] = ()
    exclusions: tuple[Excluded, ...] = ()
    rules: tuple[Rule, ...] = ()
    minimum_run_ms: int = 0
    curve: str = "step"
    region: str = "cn-east"
    after_exclusions: bool = False
    joined_within_ms: int = 0


@dataclass(frozen=True)
class Line:
    """A stretch inside the period in which one incident counts, or does not count for one reason."""

    incident: int
    start_ms: int
    end_ms: int
    impact_ppm_ms: int
    counted_ppm_ms: int
    status: str
    reason: str | None


@dataclass(frozen=True)
class Result:
    """Stages 1 to 6."""

    bad_ppm_ms: int
    excluded_ppm_ms: int
    unmeasured_ms: int
    total_ms: int
    lines: tuple[Line, ...]

    @property
    def availability(self) -> Fraction:
        return 1 - Fraction(self.bad_ppm_ms, FULL * self.total_ms)


@dataclass
class _Piece:
    """Between two neighbouring edges nothing changes."""

    start_ms: int
    end_ms: int
    share_ppm: int = 0
    incident: int | None = None
    rule: Rule | None = None
    qualified: bool = False


def measure_slowly(case: Case) -> Result:
    hits = [hit for hit in case.platform if hit.curve == case.curve and hit.region in (None, case.region)]
    hits += [Hit(hit.incident, hit.window, _through(hit.share_ppm, case.curve)) for hit in case.own]
    windows = [case.period, *(hit.window for hit in hits), *(found.window for found in case.exclusions)]
    edges = sorted({edge for window in windows for edge in (window.start_ms, window.end_ms)})
    pieces = [_Piece(start, end) for start, end in pairwise(edges)]
    for piece in pieces:
        _worst(piece, hits)
        piece.rule = next((rule for rule in case.rules if _excludes(rule, case, piece)), None)
    _qualify(pieces, case)
    inside = [p for p in pieces if case.period.start_ms <= p.start_ms and p.end_ms <= case.period.end_ms]
    bad = excluded = unmeasured = total = 0
    for piece in inside:
        length = piece.end_ms - piece.start_ms
        total += length
        if piece.rule and piece.rule.leaves_period:
            unmeasured += length
        if piece.qualified and piece.rule:
            excluded += piece.share_ppm * length
        elif piece.qualified:
            bad += piece.share_ppm * length
    return Result(bad, excluded, unmeasured, total - unmeasured, tuple(_lines(inside)))


def _through(share_ppm: int, curve: str) -> int:
    """A merchant's own impact, read by an accounting method."""
    if curve == "full_outage":
        return FULL if share_ppm == FULL else 0
    if curve in {"any_impact", "reported_window"}:
        return FULL if share_ppm > 0 else 0
    return share_ppm


def _worst(piece: _Piece, hits: Sequence[Hit]) -> None:
    """The largest share counts; of equal ones, the incident with the lowest number."""
    for hit in hits:
        if hit.share_ppm == 0 or not (hit.window.start_ms <= piece.start_ms < hit.window.end_ms):
            continue
        larger = hit.share_ppm > piece.share_ppm
        same_but_lower = hit.share_ppm == piece.share_ppm and hit.incident < piece.incident
        if larger or same_but_lower:
            piece.share_ppm, piece.incident = hit.share_ppm, hit.incident


def _excludes(rule: Rule, case: Case, piece: _Piece) -> bool:
    for found in case.exclusions:
        there = found.window.start_ms <= piece.start_ms < found.window.end_ms
        mine = found.mine in (None, True) and found.region in (None, case.region)
        announced = rule.notice_ms is None or (found.notice_ms is not None and found.notice_ms >= rule.notice_ms)
        if found.kind == rule.kind and there and mine and announced:
            return True
    return False


def _qualify(pieces: Sequence[_Piece], case: Case) -> None:
    """An outage is unbroken impact, inside and outside the period, excluded or not unless the terms part it there."""
    outage: list[_Piece] = []
    for piece in [*pieces, None]:
        if piece and (piece.share_ppm == 0 or (case.after_exclusions and piece.rule)):
            piece.qualified = piece.share_ppm > 0
            continue
        if piece and (not outage or piece.start_ms - outage[-1].end_ms <= case.joined_within_ms):
            outage.append(piece)
            continue
        for one in outage:
            one.qualified = outage[-1].end_ms - outage[0].start_ms >= case.minimum_run_ms
        outage = [piece] if piece else []


def _lines(pieces: Sequence[_Piece]) -> list[Line]:
    lines: list[Line] = []
    before: _Piece | None = None
    for piece in pieces:
        if piece.incident is None:
            before = None
            continue
        impact = piece.share_ppm * (piece.end_ms - piece.start_ms)
        status = "excluded" if piece.rule else ("counted" if piece.qualified else "too_short")
        counted = impact if status == "counted" else 0
        reason = piece.rule.kind if piece.rule else None
        line = Line(piece.incident, piece.start_ms, piece.end_ms, impact, counted, status, reason)
        if before and (before.incident, before.rule, before.qualified) == (piece.incident, piece.rule, piece.qualified):
            last = lines.pop()
            impact, counted = last.impact_ppm_ms + impact, last.counted_ppm_ms + counted
            line = Line(piece.incident, last.start_ms, piece.end_ms, impact, counted, status, reason)
        lines.append(line)
        before = piece
    return lines


def line_area(one: TimelinePoint, two: TimelinePoint) -> Fraction:
    """Impact × milliseconds under the straight line between two reports: the trapezoid."""
    heights = (FULL - one.available_ppm) + (FULL - two.available_ppm)
    return Fraction(heights, 2) * (two.at_ms - one.at_ms)


def round_slowly(minor: Fraction, rule: Rounding) -> int:
    size = abs(minor)
    whole = {
        Rounding.HALF_UP: floor(size + Fraction(1, 2)),
        Rounding.HALF_EVEN: round(size),
        Rounding.UP: ceil(size),
        Rounding.DOWN: floor(size),
    }[rule]
    return whole if minor >= 0 else -whole


def credit_slowly(policy: Policy, availability: Fraction, fee: Money) -> int | None:
    """Minor units credited, or None where the table has no single answer."""
    if availability >= policy.target:
        return 0
    rows = [tier for tier in policy.tiers if _in_row(tier, availability)]
    if len(rows) != 1:
        return None
    pays = rows[0].pays
    assert isinstance(pays, Share)
    credit = pays.ratio * fee.minor
    for cap in policy.caps:
        assert isinstance(cap.at, Fraction)
        credit = min(credit, cap.at * fee.minor)
    for minimum in policy.minimums:
        if minimum.amount.currency != fee.currency:
            continue
        if credit < minimum.amount.minor or (minimum.strict and credit == minimum.amount.minor):
            return 0
    return round_slowly(credit, policy.rounding)


def _in_row(tier: Tier, availability: Fraction) -> bool:
    if tier.upper < availability or (tier.upper == availability and not tier.upper_inclusive):
        return False
    if availability < 0:
        return tier.lower == 0
    return tier.lower < availability or (tier.lower == availability and tier.lower_inclusive)


def excluded_slowly(policy: Policy, pieces: Sequence[Any], period: Window, *, step_ms: int, first: date) -> int:
    """What allowances leave out of a period, step by step, in UTC; ``first`` is the contract's first day.

    ``pieces`` have ``start_ms``, ``end_ms`` and ``rule``, and their edges lie on steps.
    """
    used: dict[Any, int] = {}
    excluded_ms = 0
    for piece in pieces:
        allowances = policy.exclude[piece.rule].allowances
        for at_ms in range(piece.start_ms, piece.end_ms, step_ms):
            keys = [
                (one.shared or (piece.rule, one.per), _stretch(policy, one.per, at_ms, first)) for one in allowances
            ]
            if any(used.get(key, 0) + step_ms > one.time_ms for key, one in zip(keys, allowances, strict=True)):
                continue
            for key in keys:
                used[key] = used.get(key, 0) + step_ms
            if period.start_ms <= at_ms < period.end_ms:
                excluded_ms += step_ms
    return excluded_ms


def _stretch(policy: Policy, per: str, at_ms: int, first: date) -> Any:
    """What an allowance is granted for, by any name that no other stretch has."""
    day = datetime.fromtimestamp(at_ms / 1000, UTC).date()
    since = day.year * 12 + day.month - policy.period.first_month
    names = {
        "week": day.isocalendar()[:2],
        "month": (day.year, day.month),
        "quarter": since // 3,
        "year": since // 12,
        "contract_year": day.year - ((day.month, day.day) < (first.month, first.day)),
    }
    return names[per]
