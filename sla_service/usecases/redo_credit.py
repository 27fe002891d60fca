"""A stored credit done again from its own row and lines, to say what each function of its policy came to.

What is found is only told where it comes to the stored amount, exactly: a statement never shows figures that were not
the ones computed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sla_service.domain.accounting import Judged, Piece, PieceStatus
from sla_service.domain.accounting.detail import pays_for_outages
from sla_service.domain.accounting.order import PARTING
from sla_service.domain.accounting.rounding import outages_of, rounded_availability, rounded_total
from sla_service.domain.accounting.spans import parts_of
from sla_service.domain.assessment import is_met
from sla_service.domain.covered import covered
from sla_service.domain.credit_functions import owed
from sla_service.domain.cycles import months_in, periods_ending_in
from sla_service.domain.facts import Facts
from sla_service.domain.limits import base_minor, limited
from sla_service.domain.measurement import Measurement, Outage
from sla_service.domain.money import Money
from sla_service.domain.owed import NOTHING, Owed, Terms
from sla_service.domain.periods import Month, day_count
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Credit, Stack, Stacking, Table
from sla_service.domain.policies.cycles import EachDay, EachHour, EachIncident, Period
from sla_service.domain.policies.downtime import ExclusionEffect, ExclusionRule, Qualify, RunsMeasured
from sla_service.domain.policies.indicators import (
    Events,
    Metric,
    ScoredEvents,
    SlotMean,
    SubjectKind,
)
from sla_service.domain.policies.payment import MONTHLY_FEE, PERIOD_FEE, CapPer
from sla_service.domain.policies.terms import rows_of
from sla_service.domain.windows import SHARE_FULL_PPM, Window

Row = Mapping[str, Any]

YEAR_MONTHS = 12
PERIODS = 4_096
"""Whole periods that are remembered: a month has one per zone and rule, and some for contracts that begin in it."""


@dataclass(frozen=True, slots=True)
class Redone:
    """What each function gives, before any cap."""

    measurement: Measurement
    terms: Terms
    base: Fraction | None
    """What shares are of, where it is known."""
    found: tuple[tuple[Credit, int, Owed], ...]
    """The functions of the policy's credit with the index of their first row, and what each gives."""
    is_sure: bool
    """Whether they come to what is stored."""
    missed: tuple[int, ...] = ()
    """Lengths of the hours or days that missed the promise."""


def redo(policy: Policy, row: Row, lines: Sequence[Row]) -> Redone:
    """Do a credited row again.

    Args:
        policy: The version that the row names.
        row: Of the credits table, measured.
        lines: Its rows of the lines table, in order.
    """
    measurement = measured_again(policy, row, lines)
    facts = _facts(policy, row)
    base = _base(policy, row, facts)
    covers = covered(policy, facts.period_ms or 0, facts.period_days).of_part(facts.in_force)
    own = base or Fraction(0)

    def limit(one: Owed) -> Owed:
        return limited(policy, one, facts, own, covers, per={CapPer.OUTAGE})[0]

    free = Terms(policy, row["currency"], own, covers, row["time_zone"], in_force=facts.in_force)
    capped = replace(free, limit=limit)
    parts = _parts(policy, row, measurement, lines)
    found = tuple((one, at, _summed(one, at, parts, free, row)) for one, at in functions(policy.credit))
    total = found[0][2]
    if isinstance(policy.credit, Stack) or free.caps_outages:
        total = NOTHING
        for part in parts:
            one = _one(policy.credit, 0, part, capped, row)
            total += limit(one) if isinstance(policy.period, EachIncident) else one
    is_sure = not total.undefined and _is_stored(total, policy, row) and _adds_up(policy, len(parts))
    by_clock = isinstance(policy.period, EachHour | EachDay)
    missed = tuple(part.total_ms for part in parts) if by_clock else ()
    return Redone(measurement, free, base, found, is_sure, missed)


def functions(credit: Credit) -> list[tuple[Credit, int]]:
    """The functions of a stack, or the one there is, each with the index of its first row in ``policy.rows``."""
    parts = credit.of if isinstance(credit, Stack) else (credit,)
    found, at = [], 0
    for part in parts:
        found.append((part, at))
        at += len(rows_of(part))
    return found


def steps_of(row: Row) -> dict[str, Any]:
    """The row's steps; empty where its other columns say it all."""
    found: dict[str, Any] = json.loads(row["steps"]) if row.get("steps") else {}
    return found


def whole_period(policy: Policy, row: Row) -> Window:
    """The period that the row's window is a part of, or all of."""
    return _whole(policy.period, Window(row["period_start_ms"], row["period_end_ms"]), row["time_zone"])


@lru_cache(maxsize=PERIODS)
def _whole(period: Period, window: Window, zone: str) -> Window:
    month = Month.at(window.end_ms - 1, zone)
    for _ in range(YEAR_MONTHS):
        for whole in periods_ending_in(period, month, zone):
            if whole.start_ms <= window.start_ms and window.end_ms <= whole.end_ms:
                return whole
        month = month.next
    return window


def is_by_parts(policy: Policy) -> bool:
    """Whether units, hours or days were reckoned each with its own share of the fee."""
    return policy.subject is SubjectKind.UNIT or isinstance(policy.period, EachHour | EachDay)


def measured_again(policy: Policy, row: Row, lines: Sequence[Row]) -> Measurement:
    """The row's measurement, with the outages that its lines show, where the credit depends on them."""
    bad = _bad_of(row)
    if isinstance(policy.indicator, SlotMean | Events | ScoredEvents | Metric):
        plain = Measurement(bad, row["total_ms"])
        return _rounded(policy, plain)
    outages: tuple[Outage, ...] = ()
    is_less = any(rule.effect is ExclusionEffect.NOT_CREDITED for rule in policy.exclude)
    if is_less or pays_for_outages(policy.credit):
        outages = outages_of(policy, _judged(policy, lines), row["time_zone"], for_credit=True)
    credited = None
    if is_less:
        credited = rounded_total(policy, sum((outage.bad_ms for outage in outages), Fraction(0)))
    return _rounded(policy, Measurement(bad, row["total_ms"], outages, credited_bad_ms=credited))


def _bad_of(row: Row) -> int | Fraction:
    """Bad time, exact; whole as a rule, and then it needs no fractions."""
    bad: int = row["bad_ppm_ms"]
    exact = row.get("availability")
    if not exact:
        return bad
    given = (1 - Fraction(exact)) * row["total_ms"] * SHARE_FULL_PPM
    return bad if given == bad else given


def _rounded(policy: Policy, measurement: Measurement) -> Measurement:
    figure = None if policy.is_metric else rounded_availability(policy, measurement)
    return Measurement(
        measurement.bad_ppm_ms,
        measurement.total_ms,
        measurement.outages,
        credited_bad_ms=measurement.credited_bad_ms,
        figure=figure,
    )


def _judged(policy: Policy, lines: Sequence[Row]) -> list[Judged]:
    """Lines as the pieces that they were made of; those of one outage have one run."""
    effects = {
        rule.kind.value if isinstance(rule, ExclusionRule) else "recurring": rule.effect
        for rule in reversed(policy.exclude)
    }
    judged: list[Judged] = []
    run, last_end = 0, None
    for line in lines:
        start, end = line["started_at_ms"], line["ended_at_ms"]
        effect = effects.get(line["reason"]) if line["reason"] else None
        status = PieceStatus(line["status"])
        if effect is not None and status is PieceStatus.COUNTED:
            status = PieceStatus.EXCLUDED
        if _is_of_outage(policy.qualify, status, effect):
            run += last_end is not None and not 0 <= start - last_end <= policy.qualify.joined_within_ms
            last_end = end
        piece = Piece(start, end, Fraction(line["impact_ppm_ms"], end - start))
        judged.append(Judged(piece, status, run, effect))
    return judged


def _is_of_outage(qualify: Qualify, status: PieceStatus, effect: ExclusionEffect | None) -> bool:
    """Whether a line is a part of an outage, and not of what ends it."""
    is_left_out = qualify.measured is RunsMeasured.AFTER_EXCLUSIONS and effect in PARTING
    return status is not PieceStatus.PARTIAL_SLOT and not is_left_out


def _parts(policy: Policy, row: Row, measurement: Measurement, lines: Sequence[Row]) -> list[Measurement]:
    """What was assessed one by one, and missed its promise."""
    if isinstance(policy.period, EachIncident | EachHour | EachDay):
        window = Window(row["period_start_ms"], row["period_end_ms"])
        parts = [part.measurement for part in parts_of(policy, _judged(policy, lines), window, row["time_zone"])]
    else:
        parts = [measurement]
    return [part for part in parts if policy.is_metric or not is_met(policy, part.decisive)]


def _one(credit: Credit, at: int, part: Measurement, terms: Terms, row: Row) -> Owed:
    """A table by the row that was stored: it was found by a figure that the row may not have."""
    if isinstance(credit, Table) and row["tier"] is not None and at <= row["tier"] < at + len(credit.rows):
        return replace(terms.pay(credit.rows[row["tier"] - at].pays), tier=row["tier"])
    return owed(credit, part, terms, at)


def _summed(credit: Credit, at: int, parts: Sequence[Measurement], terms: Terms, row: Row) -> Owed:
    return sum((_one(credit, at, part, terms, row) for part in parts), NOTHING)


def _is_stored(total: Owed, policy: Policy, row: Row) -> bool:
    """Whether a sum is what the row says was owed before its caps."""
    if total.minor != Fraction(row["before_cap_minor"] or 0):
        return False
    timed = [cap for cap in steps_of(row).get("caps", ()) if isinstance(policy.caps[cap[0]].at, int)]
    if total.time_ms and timed:
        return total.time_ms == Fraction(timed[0][2])
    served: int = row.get("service_ms") or 0
    return total.time_ms.__ceil__() == served


def _adds_up(policy: Policy, parts: int) -> bool:
    """Whether what the functions give, each summed over the parts, can be stacked as the policy does."""
    if is_by_parts(policy):
        return False
    return not isinstance(policy.credit, Stack) or policy.credit.rule is Stacking.SUM or parts == 1


def base_of(policy: Policy, row: Row) -> Fraction | None:
    """What shares are of, in minor units; None where the row does not show it."""
    return _base(policy, row, _facts(policy, row))


def _facts(policy: Policy, row: Row) -> Facts:
    """What the row says of the fee and the time that it is for."""
    whole, fee = whole_period(policy, row), Money(row["currency"], row["fee_minor"])
    in_force = Fraction(1)
    if policy.base.prorated:
        in_force = Fraction(row["period_end_ms"] - row["period_start_ms"], whole.duration_ms)
    days = day_count(whole, row["time_zone"])
    return Facts(fee, months_in(policy.period), whole.duration_ms, period_days=days, in_force=in_force)


def _base(policy: Policy, row: Row, facts: Facts) -> Fraction | None:
    if {*policy.base.of} <= {MONTHLY_FEE, PERIOD_FEE}:
        return base_minor(policy, facts)
    steps = steps_of(row)
    if "base_minor" in steps and not row.get("decided_by"):
        return Fraction(steps["base_minor"])
    rate = Fraction(row["rate"] or 0)
    is_one_row = isinstance(policy.credit, Table) and not is_by_parts(policy)
    is_one_row = is_one_row and not isinstance(policy.period, EachIncident)
    return Fraction(row["before_cap_minor"]) / rate if rate and is_one_row else None
