"""The accounts of a contract's units as one: pooled, or one by one, each with its share of the fee."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sla_service.domain.accounting.rounding import rounded_availability
from sla_service.domain.assessment import is_higher_worse, is_whole
from sla_service.domain.measurement import Measurement, Part
from sla_service.domain.policies import Policy
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.windows import Window
from sla_service.usecases.contract_periods import Subject, Unit

LineRow = tuple[int, int, int, int, int, str, str | None]
"""Incident's number, start, end, impact, counted impact, status, reason."""


@dataclass(frozen=True, slots=True)
class Accounted:
    """A subject over one window. ``measurement`` is None where nothing was left to measure, or nothing is known."""

    measurement: Measurement | None
    excluded_ppm_ms: int = 0
    unmeasured_ms: int = 0
    lines: tuple[LineRow, ...] = ()
    reason: str = ""
    """Why there is no measurement."""


def of_units(subject: Subject, policy: Policy, found: Sequence[Accounted]) -> Accounted:
    """The units of a contract: pooled, or one by one. Units to which nothing is promised are left out."""
    known = [(one, one.measurement, unit) for one, unit in zip(found, subject.units, strict=True) if one.measurement]
    if not known:
        return found[0]
    # Where nothing is promised to any of them, what was measured is told all the same.
    known = [one for one in known if one[1].is_promised] or known
    measurements = [measurement for _, measurement, _ in known]
    pooled = policy.subject is SubjectKind.POOL
    each = [(m, unit) for _, m, unit in known]
    whole = _pooled(policy, measurements) if pooled else _one_by_one(policy, each, subject.window)
    measurement = replace(
        whole,
        outages=tuple(replace(outage, unit=unit.name) for _, one, unit in known for outage in one.outages),
        undefined=next((one.undefined for one in measurements if one.undefined), ""),
        is_promised=measurements[0].is_promised,
    )
    lines = sorted((line for one, _, _ in known for line in one.lines), key=lambda line: line[1:3])
    return Accounted(
        measurement,
        sum(one.excluded_ppm_ms for one, _, _ in known),
        sum(one.unmeasured_ms for one, _, _ in known),
        tuple(lines),
    )


def _one_by_one(policy: Policy, known: Sequence[tuple[Measurement, Unit]], active: Window | None) -> Measurement:
    """The unit that was hit most, with all of them as parts."""
    worst = (max if is_higher_worse(policy) else min)((one for one, _ in known), key=lambda one: one.decisive)
    parts = tuple(
        replace(
            part,
            fee_share=unit.fee_share * part.fee_share,
            name=unit.name,
            in_force=_in_force(policy, unit, active),
        )
        for one, unit in known
        for part in (one.parts or ((Part(one),) if is_whole(policy) else ()))
    )
    return replace(worst, parts=parts)


def _in_force(policy: Policy, unit: Unit, active: Window | None) -> Fraction:
    """The part of the contract's time in which a unit is there, where its base is prorated."""
    if not policy.base.prorated or active is None:
        return Fraction(1)
    return Fraction(unit.window.duration_ms, active.duration_ms)


def _pooled(policy: Policy, measurements: Sequence[Measurement]) -> Measurement:
    """All units together: bad time and time in existence are summed."""
    bad = sum((Fraction(one.bad_ppm_ms) for one in measurements), Fraction(0))
    credited = None
    if any(one.credited_bad_ms is not None for one in measurements):
        credited = sum((one.creditable_ms for one in measurements), Fraction(0))
    pooled = Measurement(
        bad.numerator if bad.denominator == 1 else bad,
        sum(one.total_ms for one in measurements),
        credited_bad_ms=credited,
    )
    return replace(pooled, figure=rounded_availability(policy, pooled))
