"""Stages 3 to 6 on the flat pieces of one subject: which runs count, what is left out, how time is made whole.

Most policies need only the sums that ``measure`` makes in columns. Those that look at single outages, at allowances or
at clock slots are accounted for here, once per distinct subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from sla_service.domain.accounting.grants import NO_DAY, Grants
from sla_service.domain.accounting.order import judge_and_exclude
from sla_service.domain.accounting.pieces import Judged, Piece, PieceStatus, length_ms
from sla_service.domain.accounting.rounding import outages_of, rounded_availability, rounded_total, total_ms
from sla_service.domain.accounting.spans import parts_of
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import PartPeriod
from sla_service.domain.policies.downtime import ExclusionEffect
from sla_service.domain.windows import SHARE_FULL_PPM, Window

__all__ = ["Account", "Judged", "Piece", "PieceStatus", "account"]


@dataclass(frozen=True, slots=True)
class Account:
    """A subject's downtime in its period, and the pieces behind it, cut to the period."""

    measurement: Measurement | None
    """None where nothing is left to measure."""
    judged: tuple[Judged, ...]
    excluded_ppm_ms: int
    unmeasured_ms: int


def account(
    policy: Policy,
    pieces: Sequence[Piece],
    *,
    period: Window,
    active: Window,
    zone: str,
    activity: Sequence[Window] = (),
    starts_on: date = NO_DAY,
) -> Account:
    """Account for one subject.

    Args:
        policy: The terms.
        pieces: Flat, in order; they may reach beyond the period, so that runs are whole and allowances known.
        period: The whole period.
        active: The part of it in which the contract is in force.
        zone: Whose midnights and clock hours count.
        activity: When the merchant was there itself (or had errors), for policies that ask for it.
        starts_on: The contract's first day, for allowances of its years.
    """
    measured = period if policy.part_period is PartPeriod.FULL_PERIOD else active
    judged, doubts = judge_and_exclude(Grants(policy, zone, measured, starts_on), pieces, activity)
    inside = [cut for one in judged if (cut := one.within(measured)) is not None]
    unmeasured = sum(length_ms(j.piece) for j in inside if j.effect is ExclusionEffect.NOT_MEASURED)
    total = denominator_ms(policy, period=period, active=active) - unmeasured
    excluded = sum(j.piece.impact_ppm_ms for j in inside if j.effect is not None and j.status is PieceStatus.EXCLUDED)
    measurement = None
    if total > 0:
        measurement = _measurement(policy, inside, total, zone)
        parts = parts_of(policy, judged, measured, zone)
        figure = rounded_availability(policy, measurement)
        if parts or figure is not None:
            measurement = replace(measurement, parts=parts, figure=figure)
        undefined = next((why for piece, why in doubts if piece.within(measured) is not None), "")
        if undefined:
            strict = replace(policy, qualify=replace(policy.qualify, strict=True, exactly_undefined=False))
            other = account(
                strict, pieces, period=period, active=active, zone=zone, activity=activity, starts_on=starts_on
            )
            measurement = replace(measurement, undefined=undefined, otherwise=other.measurement)
    return Account(measurement, tuple(inside), int(excluded), unmeasured)


def denominator_ms(policy: Policy, *, period: Window, active: Window) -> int:
    """The length that downtime is divided by, before anything leaves the period."""
    whole = active if policy.part_period is PartPeriod.OWN_CYCLE else period
    return whole.duration_ms if policy.denominator_ms is None else policy.denominator_ms


def _measurement(policy: Policy, inside: Sequence[Judged], whole_ms: int, zone: str) -> Measurement:
    added_back = sum(length_ms(j.piece) for j in inside if j.effect is ExclusionEffect.ADDED_BACK)
    outages = outages_of(policy, inside, zone, for_credit=False)
    bad = rounded_total(policy, total_ms(outages))
    ppm_ms = max(Fraction(0), bad - added_back) * SHARE_FULL_PPM
    measurement = Measurement(ppm_ms.numerator if ppm_ms.denominator == 1 else ppm_ms, whole_ms, outages)
    if not any(rule.effect is ExclusionEffect.NOT_CREDITED for rule in policy.exclude):
        return measurement
    outages = outages_of(policy, inside, zone, for_credit=True)
    bad = rounded_total(policy, total_ms(outages))
    return replace(measurement, outages=outages, credited_bad_ms=max(Fraction(0), bad - added_back))
