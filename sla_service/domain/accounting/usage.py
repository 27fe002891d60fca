"""Indicators that are measured from usage: sums of requests, mean error rates, users affected, metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from sla_service.domain.accounting.pieces import Piece, inside
from sla_service.domain.accounting.rounding import rounded_availability
from sla_service.domain.clock_slots import begun_in
from sla_service.domain.measurement import Measurement, Part
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import ExclusionEffect
from sla_service.domain.policies.indicators import (
    Events,
    Idle,
    Metric,
    MinimumRequests,
    RequestsPer,
    ScoredEvents,
    SlotMean,
    Statistic,
)
from sla_service.domain.windows import SHARE_FULL_PPM, Window

NANO = 10**9


@dataclass(frozen=True, slots=True)
class UsageSum:
    """Rows of usage, or slots, with one number of requests under one exclusion (or none), summed over a period."""

    base: int
    """Requests in each of the rows."""
    rule: int
    """Index of the policy's exclusion rule; −1 for none."""
    rows: int
    active_rows: int
    requests: int
    failed: int
    tolerated: int
    value_nano: int | None = None
    value_rows: int = 0
    value_minimum_nano: int | None = None
    value_maximum_nano: int | None = None
    part: Window | None = None
    """The hour or day in which the rows begin, where each is assessed by itself."""


Left = Callable[[Window], int]
"""How many slots begin in a window that leave the period, whether anything is known of them or not."""


def measure_usage(
    policy: Policy, sums: Sequence[UsageSum], total_ms: int, measured: Window, left: Left
) -> Measurement | None:
    """The measurement of an indicator that is a sum over usage.

    Args:
        policy: Its indicator is a mean of slots, events, scored events or a metric.
        sums: Of the period; none where nothing of this unit is known, but of others in its pool.
        total_ms: The period's denominator in time, for the mean over slots.
        measured: The stretch of time that is measured.
        left: Slots that leave the period.

    Returns:
        None where there was nothing to measure: no data is never taken for 100 %.
    """
    minimum = policy.indicator.minimum_requests if isinstance(policy.indicator, SlotMean | Events) else None
    kept = without_few(policy, minimum, sums)
    found = _measure(policy, kept, total_ms - _left_ms(policy, measured, left))
    if found is None:
        return None
    parts: list[Part] = []
    for part, some in sorted(_by_part(kept).items(), key=lambda item: item[0].start_ms):
        window = part.overlap(measured)
        one = window and _measure(policy, some, window.duration_ms - _left_ms(policy, window, left))
        if window and one and (policy.is_metric or one.creditable_ms):
            parts.append(Part(one, length_ms=window.duration_ms))
    return replace(found, parts=tuple(parts))


def _left_ms(policy: Policy, window: Window, left: Left) -> int:
    return left(window) * policy.indicator.slot_ms if isinstance(policy.indicator, SlotMean) else 0


def _measure(policy: Policy, sums: Sequence[UsageSum], total_ms: int) -> Measurement | None:
    match policy.indicator:
        case SlotMean():
            found = _slot_mean(policy, policy.indicator, sums, total_ms)
        case Events():
            found = _events(policy, sums, Fraction(0))
        case ScoredEvents(tolerated):
            found = _events(policy, sums, 1 - tolerated)
        case Metric(statistic=statistic):
            found = _metric(policy, sums, total_ms, statistic)
        case _:
            return None
    # A metric has a figure of its own, which may be 0; where the policy rounds it, the rounded one is the figure.
    rounded = None if found is None else rounded_availability(policy, found)
    return found if found is None or rounded is None else replace(found, figure=rounded)


def left_slots(policy: Policy, slot_ms: int, pieces: Sequence[Piece], zone: str) -> Left:
    """The slots whose start lies in what is not measured."""
    gone = [one for one in pieces if one.rule >= 0 and policy.exclude[one.rule].effect is ExclusionEffect.NOT_MEASURED]

    def left(window: Window) -> int:
        cuts = (one.within(window) for one in gone)
        return sum(begun_in(Window(cut.start_ms, cut.end_ms), slot_ms, zone) for cut in cuts if cut is not None)

    return left


def _by_part(sums: Iterable[UsageSum]) -> dict[Window, list[UsageSum]]:
    parts: dict[Window, list[UsageSum]] = defaultdict(list)
    for one in sums:
        if one.part is not None:
            parts[one.part].append(one)
    return parts


def few(policy: Policy, minimum: MinimumRequests | None, sums: Iterable[UsageSum]) -> set[Window | None]:
    """The periods that had so few requests that nothing in them is bad: hours or days, or None for the whole period.

    Only requests that are measured are counted: what leaves the period does not count for it either.
    """
    if minimum is None or minimum.per is not RequestsPer.PERIOD:
        return set()
    counts: dict[Window | None, int] = defaultdict(int)
    for one in sums:
        # Not known is not few: windows may be all that is known of a period.
        if _effect(policy, one) is not ExclusionEffect.NOT_MEASURED:
            counts[one.part] += one.requests
    return {part for part, count in counts.items() if count < minimum.count}


def without_few(policy: Policy, minimum: MinimumRequests | None, sums: Sequence[UsageSum]) -> list[UsageSum]:
    """The sums, with nothing bad in those of too few requests: in a row or slot, or in the whole period."""
    if minimum is None:
        return list(sums)
    periods = few(policy, minimum, sums)
    is_per_slot = minimum.per is RequestsPer.SLOT
    return [
        replace(one, failed=0) if one.part in periods or (is_per_slot and one.base < minimum.count) else one
        for one in sums
    ]


def pieces_without_few(pieces: Sequence[Piece], periods: Iterable[Window | None]) -> list[Piece]:
    """The pieces with no impact in periods of too few requests, however it was observed."""
    kept = list(pieces)
    for period in periods:
        if period is None:
            return [replace(one, share_ppm=0) for one in kept]
        here, rest = inside(kept, period.start_ms, period.end_ms)
        kept = sorted([replace(one, share_ppm=0) for one in here] + rest, key=lambda one: one.start_ms)
    return kept


def _effect(policy: Policy, one: UsageSum) -> ExclusionEffect | None:
    return policy.exclude[one.rule].effect if one.rule >= 0 else None


def _measured(policy: Policy, bad: Fraction, creditable: Fraction, total: int) -> Measurement | None:
    """In the indicator's own unit; the rate at which a part is not credited is kept apart."""
    if total <= 0:
        return None
    ppm = bad * SHARE_FULL_PPM
    measurement = Measurement(ppm.numerator if ppm.denominator == 1 else ppm, total)
    if any(rule.effect is ExclusionEffect.NOT_CREDITED for rule in policy.exclude):
        return replace(measurement, credited_bad_ms=creditable)
    return measurement


def _slot_mean(policy: Policy, terms: SlotMean, sums: Sequence[UsageSum], total_ms: int) -> Measurement | None:
    bad = creditable = Fraction(0)
    active = 0
    for one in sums:
        rate = Fraction(one.failed, one.base) if one.base else Fraction(0)
        effect = _effect(policy, one)
        if effect is ExclusionEffect.NOT_MEASURED:
            continue
        active += one.active_rows
        if effect in {None, ExclusionEffect.NOT_CREDITED}:
            bad += rate
            creditable += rate if effect is None else 0
    total = total_ms if terms.idle is Idle.GOOD else active * terms.slot_ms
    return _measured(policy, bad * terms.slot_ms, creditable * terms.slot_ms, total)


def _events(policy: Policy, sums: Sequence[UsageSum], lost: Fraction) -> Measurement | None:
    """Bad ÷ all requests, a tolerated one being bad by ``lost``."""
    bad = creditable = Fraction(0)
    total = 0
    for one in sums:
        effect = _effect(policy, one)
        if effect is ExclusionEffect.NOT_MEASURED:
            continue
        total += one.requests
        if effect in {None, ExclusionEffect.NOT_CREDITED}:
            one_bad = one.failed + lost * one.tolerated
            bad += one_bad
            creditable += one_bad if effect is None else 0
    return _measured(policy, bad, creditable, total)


def _metric(policy: Policy, sums: Sequence[UsageSum], total_ms: int, statistic: Statistic) -> Measurement | None:
    kept = [one for one in sums if _effect(policy, one) is None and one.value_rows]
    if not kept:
        return None
    match statistic:
        case Statistic.MEAN:
            rows = sum(one.value_rows for one in kept)
            figure = Fraction(sum(one.value_nano or 0 for one in kept), rows)
        case Statistic.MINIMUM:
            figure = Fraction(min(one.value_minimum_nano or 0 for one in kept))
        case _:
            figure = Fraction(max(one.value_maximum_nano or 0 for one in kept))
    return Measurement(0, total_ms, figure=figure / NANO)


def users_as_pieces(rows: Sequence[tuple[int, int, int, int]], excluded: Sequence[Piece], incident: int) -> list[Piece]:
    """Rows of users affected laid over what is excluded: disjoint, at each instant the largest share.

    Args:
        rows: Start, end, users, users affected.
        excluded: Pieces without impact.
        incident: The number under which usage is told.
    """
    edges = sorted(
        {edge for row in rows for edge in row[:2]} | {edge for one in excluded for edge in (one.start_ms, one.end_ms)}
    )
    pieces = []
    for start, end in pairwise(edges):
        shares = [
            Fraction(hit, users) for from_ms, to_ms, users, hit in rows if from_ms < end and to_ms > start and users
        ]
        share = max(shares, default=Fraction(0)) * SHARE_FULL_PPM
        rule = next((one.rule for one in excluded if one.start_ms < end and one.end_ms > start), -1)
        if share or rule >= 0:
            pieces.append(Piece(start, end, share, incident if share else -1, rule))
    return pieces
