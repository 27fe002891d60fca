"""Indicators that are measured from usage: sums of requests, mean error rates, users affected, metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from sla_service.domain.accounting.pieces import Piece
from sla_service.domain.accounting.rounding import rounded_availability
from sla_service.domain.measurement import Measurement
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
from sla_service.domain.windows import SHARE_FULL_PPM

NANO = 10**9


@dataclass(frozen=True, slots=True)
class UsageSum:
    """Rows of usage with one number of requests under one exclusion (or none), summed over a period."""

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


def measure_usage(policy: Policy, sums: Sequence[UsageSum], total_ms: int) -> Measurement | None:
    """The measurement of an indicator that is a sum over usage.

    Args:
        policy: Its indicator is a mean of slots, events, scored events or a metric.
        sums: Of the period.
        total_ms: The period's denominator in time, for the mean over slots.

    Returns:
        None where there was nothing to measure: no data is never taken for 100 %.
    """
    if not sums:
        return None
    match policy.indicator:
        case SlotMean(slot_ms, idle):
            found = _slot_mean(policy, sums, total_ms, slot_ms, idle)
        case Events(minimum_requests):
            found = _events(policy, sums, Fraction(0), minimum_requests)
        case ScoredEvents(tolerated):
            found = _events(policy, sums, 1 - tolerated, None)
        case Metric(statistic=statistic):
            found = _metric(policy, sums, total_ms, statistic)
        case _:
            return None
    # A metric has a figure of its own, which may be 0; where the policy rounds it, the rounded one is the figure.
    rounded = None if found is None else rounded_availability(policy, found)
    return found if found is None or rounded is None else replace(found, figure=rounded)


def has_too_few(minimum: MinimumRequests | None, sums: Iterable[UsageSum]) -> bool:
    """Whether the period had so few requests that nothing in it is bad."""
    if minimum is None or minimum.per is not RequestsPer.PERIOD:
        return False
    counts = [one.requests for one in sums]
    # Not known is not few: windows may be all that is known of a period.
    return bool(counts) and sum(counts) < minimum.count


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


def _slot_mean(policy: Policy, sums: Sequence[UsageSum], total_ms: int, slot_ms: int, idle: Idle) -> Measurement | None:
    bad = creditable = Fraction(0)
    gone = active = 0
    for one in sums:
        rate = Fraction(one.failed, one.base) if one.base else Fraction(0)
        effect = _effect(policy, one)
        if effect is ExclusionEffect.NOT_MEASURED:
            gone += one.rows
            continue
        active += one.active_rows
        if effect in {None, ExclusionEffect.NOT_CREDITED}:
            bad += rate
            creditable += rate if effect is None else 0
    total = total_ms - gone * slot_ms if idle is Idle.GOOD else active * slot_ms
    return _measured(policy, bad * slot_ms, creditable * slot_ms, total)


def _events(
    policy: Policy, sums: Sequence[UsageSum], lost: Fraction, minimum: MinimumRequests | None
) -> Measurement | None:
    """Bad ÷ all requests, a tolerated one being bad by ``lost``."""
    bad = creditable = Fraction(0)
    total = 0
    too_few = has_too_few(minimum, sums)
    for one in sums:
        effect = _effect(policy, one)
        if effect is ExclusionEffect.NOT_MEASURED:
            continue
        total += one.requests
        ignored = minimum is not None and minimum.per is RequestsPer.SLOT and one.base < minimum.count
        if effect in {None, ExclusionEffect.NOT_CREDITED} and not ignored and not too_few:
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
