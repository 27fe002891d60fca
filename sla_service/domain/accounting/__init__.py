"""Stages 3 to 6 on the flat pieces of one subject: which runs count, what is left out, how time is made whole.

Most policies need only the sums that ``measure`` makes in columns. Those that look at single outages, at allowances or
at clock slots are accounted for here, once per distinct subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sla_service.domain.accounting.grants import NO_DAY, Grants
from sla_service.domain.accounting.order import judge_and_exclude
from sla_service.domain.accounting.pieces import Judged, Piece, PieceStatus
from sla_service.domain.accounting.ratio import ratio, unmeasured_ms
from sla_service.domain.accounting.spans import parts_of
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import PartPeriod
from sla_service.domain.windows import Window

__all__ = ["Account", "Judged", "Piece", "PieceStatus", "account"]


@dataclass(frozen=True, slots=True)
class Account:
    """A subject's downtime in its period, and the pieces behind it, cut to the period."""

    measurement: Measurement | None
    """None where nothing is left to measure."""
    judged: tuple[Judged, ...]
    excluded_ppm_ms: int
    unmeasured_ms: int


def account(  # noqa: PLR0913 - one for each thing that is known of a subject
    policy: Policy,
    pieces: Sequence[Piece],
    *,
    period: Window,
    active: Window,
    zone: str,
    activity: Sequence[Window] = (),
    starts_on: date = NO_DAY,
    life: Window | None = None,
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
        life: When the contract (or unit) was in force, also beyond the period, as far as that is known; what was down
            before and after is no part of its outages.
    """
    measured = period if policy.part_period is PartPeriod.FULL_PERIOD else active
    judged, doubts = judge_and_exclude(Grants(policy, zone, measured, starts_on), pieces, activity)
    inside = _within(measured, judged)
    unmeasured = unmeasured_ms(inside)
    total = denominator_ms(policy, period=period, active=active) - unmeasured
    excluded = sum(j.piece.impact_ppm_ms for j in inside if j.effect is not None and j.status is PieceStatus.EXCLUDED)
    measurement = None
    if total > 0:
        lived = judged if life is None else _within(life, judged)
        measurement = ratio(policy, inside, lived, total, zone)
        if parts := parts_of(policy, lived, measured, zone):
            measurement = replace(measurement, parts=parts)
        undefined = next((why for piece, why in doubts if piece.within(measured) is not None), "")
        if undefined:
            strict = replace(policy, qualify=replace(policy.qualify, strict=True, exactly_undefined=False))
            other = account(
                strict,
                pieces,
                period=period,
                active=active,
                zone=zone,
                activity=activity,
                starts_on=starts_on,
                life=life,
            )
            measurement = replace(measurement, undefined=undefined, otherwise=other.measurement)
    return Account(measurement, tuple(inside), int(excluded), unmeasured)


def denominator_ms(policy: Policy, *, period: Window, active: Window) -> int:
    """The length that downtime is divided by, before anything leaves the period."""
    whole = active if policy.part_period is PartPeriod.OWN_CYCLE else period
    return whole.duration_ms if policy.denominator_ms is None else policy.denominator_ms


def _within(window: Window, judged: Sequence[Judged]) -> Sequence[Judged]:
    """The pieces in order, cut to a window; themselves where all of them lie inside, as they mostly do."""
    if not judged or (judged[0].piece.start_ms >= window.start_ms and judged[-1].piece.end_ms <= window.end_ms):
        return judged
    return [cut for one in judged if (cut := one.within(window)) is not None]
