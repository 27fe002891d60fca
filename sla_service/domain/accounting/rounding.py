"""Stage 5: outages, totals and availabilities made whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from sla_service.domain.accounting.pieces import Judged, Piece, PieceStatus, inside, runs_of, whole_slots
from sla_service.domain.measurement import Measurement, Outage
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import (
    ExclusionEffect,
    RoundAvailability,
    RoundOutage,
    RoundTotal,
    TimeRounding,
    WholeSlots,
)
from sla_service.domain.windows import SHARE_FULL_PPM

_DOWN_FOR_CREDIT = frozenset({ExclusionEffect.ADDED_BACK})
_DOWN = _DOWN_FOR_CREDIT | {ExclusionEffect.NOT_CREDITED}
"""Added back and not credited are down all the same; what that does to the ratio is told apart."""


def whole(value: Fraction, unit: Fraction | int, rounding: TimeRounding) -> Fraction:
    """The value as a whole number of units; halves go up under ``NEAREST``."""
    units = value / unit
    match rounding:
        case TimeRounding.DOWN:
            number = units.__floor__()
        case TimeRounding.UP:
            number = units.__ceil__()
        case _:
            number = (units + Fraction(1, 2)).__floor__()
    return Fraction(number) * unit


def rounded_availability(policy: Policy, measurement: Measurement) -> Fraction | None:
    """The availability, or a metric's value, that gate and table see, where the policy rounds it; otherwise None."""
    if not any(isinstance(step, RoundAvailability) for step in policy.quantise):
        return None
    return rounded_figure(policy, measurement.decisive)


def rounded_figure(policy: Policy, figure: Fraction) -> Fraction:
    """A period's figure as gate and table see it, where only what was measured is known: of an earlier period."""
    for step in policy.quantise:
        if isinstance(step, RoundAvailability):
            figure = whole(figure, step.step, step.rounding)
    return figure


def outages_of(
    policy: Policy, judged: Iterable[Judged], zone: str, *, for_credit: bool, uncut: Iterable[Judged] = ()
) -> tuple[Outage, ...]:
    """The runs that count, each made whole as the policy says.

    Args:
        policy: The terms.
        judged: Cut to the period.
        zone: Whose clock slots count.
        for_credit: Without what counts for availability only.
        uncut: The same pieces as they are, where some go beyond the period. An outage of which nothing is left in the
            period after rounding is kept for what it is as a whole.
    """
    # Mostly nothing goes beyond the period, and both are the same list.
    entire = {} if uncut is judged else _runs(uncut, for_credit=for_credit)
    outages = []
    for number, pieces in _runs(judged, for_credit=for_credit).items():
        one = _outage(policy, pieces, zone)
        if number in entire and entire[number] != pieces:
            one = replace(one, uncut=_outage(policy, entire[number], zone))
        if one.bad_ms or one.whole.bad_ms:
            outages.append(one)
    return tuple(outages)


def _runs(judged: Iterable[Judged], *, for_credit: bool) -> dict[int, list[Piece]]:
    down = _DOWN_FOR_CREDIT if for_credit else _DOWN
    runs: dict[int, list[Piece]] = defaultdict(list)
    for one in judged:
        is_down = one.status is PieceStatus.EXCLUDED and one.effect in down and one.piece.share_ppm > 0
        if is_down or one.status is PieceStatus.COUNTED:
            runs[one.run].append(one.piece)
    return runs


def _outage(policy: Policy, pieces: list[Piece], zone: str) -> Outage:
    steps = tuple([(piece.start_ms, piece.end_ms, piece.share_ppm) for piece in pieces])
    return Outage(pieces[0].start_ms, pieces[-1].end_ms, _bad_of(policy, pieces, zone), steps)


def _bad_of(policy: Policy, pieces: list[Piece], zone: str) -> Fraction:
    bad: Fraction | None = None
    for step in policy.quantise:
        if isinstance(step, WholeSlots):
            pieces = _slotted(pieces, step.slot_ms, zone)
        elif isinstance(step, RoundOutage):
            bad = whole(_sum_ms(pieces) if bad is None else bad, step.unit_ms, step.rounding)
    return _sum_ms(pieces) if bad is None else bad


def _slotted(pieces: list[Piece], slot_ms: int, zone: str) -> list[Piece]:
    kept: list[Piece] = []
    for run in runs_of(pieces):
        start, end = whole_slots(run[0].start_ms, run[-1].end_ms, slot_ms, zone)
        kept += inside(run, start, end)[0] if start < end else []
    return kept


def _sum_ms(pieces: Iterable[Piece]) -> Fraction:
    ppm_ms = sum([piece.share_ppm * (piece.end_ms - piece.start_ms) for piece in pieces])
    whole_ms, rest = divmod(ppm_ms, SHARE_FULL_PPM)
    # Whole milliseconds as a rule, which need no common divisor.
    return Fraction(ppm_ms, SHARE_FULL_PPM) if rest else Fraction(whole_ms)


def all_bad_ms(outages: Iterable[Outage]) -> Fraction:
    """The downtime of all together: numerators over one denominator first, which are whole numbers."""
    sums: dict[int, int] = {}
    for bad_ms in [outage.bad_ms for outage in outages]:
        sums[bad_ms.denominator] = sums.get(bad_ms.denominator, 0) + bad_ms.numerator
    parts = [Fraction(bad, over) for over, bad in sums.items()]
    return parts[0] if len(parts) == 1 else sum(parts, Fraction(0))


def rounded_total(policy: Policy, bad_ms: Fraction) -> Fraction:
    """The period's downtime, made whole as the policy says."""
    for step in policy.quantise:
        if isinstance(step, RoundTotal):
            bad_ms = whole(bad_ms, step.unit_ms, step.rounding)
    return bad_ms
