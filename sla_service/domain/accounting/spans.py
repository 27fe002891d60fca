"""Stage 6 for contracts that look at each outage, clock hour or day by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sla_service.domain.accounting.pieces import Judged
from sla_service.domain.accounting.ratio import ratio, unmeasured_ms
from sla_service.domain.accounting.rounding import outages_of, rounded_availability, rounded_total
from sla_service.domain.instants import HOUR_MS, offset_ms, to_datetime
from sla_service.domain.measurement import Measurement, Outage, Part
from sla_service.domain.periods import midnight_ms
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import EachDay, EachHour, EachIncident
from sla_service.domain.windows import SHARE_FULL_PPM, Window


def parts_of(policy: Policy, judged: Sequence[Judged], active: Window, zone: str) -> tuple[Part, ...]:
    """The parts of the month that are assessed one by one; those that nothing happened in are left out.

    Args:
        policy: The terms.
        judged: Pieces of the whole stretch that was read, not cut to the month: an outage belongs whole to the month
            in which it ends.
        active: The part of the month in which the contract is in force.
        zone: Whose clock hours and days count.
    """
    if isinstance(policy.period, EachIncident):
        ended = [
            outage
            for outage in outages_of(policy, judged, zone, for_credit=True)
            if active.start_ms < outage.end_ms <= active.end_ms
        ]
        return tuple(_part(policy, outage, active.duration_ms) for outage in ended)
    if not isinstance(policy.period, EachHour | EachDay):
        return ()
    parts = []
    for window in _hit(judged, active, zone, by_hour=isinstance(policy.period, EachHour)):
        inside = [cut for one in judged if (cut := one.within(window)) is not None]
        total_ms = window.duration_ms - unmeasured_ms(inside)
        found = ratio(policy, inside, judged, total_ms, zone) if total_ms > 0 else None
        if found is not None and found.outages:
            parts.append(Part(found, length_ms=window.duration_ms))
    return tuple(parts)


def span_window(at_ms: int, zone: str, *, by_hour: bool) -> Window:
    """The clock hour or local day in which an instant lies."""
    if by_hour:
        shift = offset_ms(at_ms, zone)
        start = (at_ms + shift) // HOUR_MS * HOUR_MS - shift
        return Window(start, start + HOUR_MS)
    day = to_datetime(at_ms, zone).date()
    return Window(midnight_ms(day, zone), midnight_ms(day + timedelta(days=1), zone))


def spans(start_ms: int, end_ms: int, zone: str, *, by_hour: bool) -> list[Window]:
    """The clock hours or local days that a stretch touches, whole, in order."""
    found = []
    at_ms = start_ms
    while at_ms < end_ms:
        span = span_window(at_ms, zone, by_hour=by_hour)
        found.append(span)
        at_ms = span.end_ms
    return found


def _hit(judged: Sequence[Judged], active: Window, zone: str, *, by_hour: bool) -> list[Window]:
    hit = {
        span
        for one in judged
        if one.piece.share_ppm and (cut := one.piece.within(active)) is not None
        for span in spans(cut.start_ms, cut.end_ms, zone, by_hour=by_hour)
    }
    return [part for span in sorted(hit) if (part := span.overlap(active)) is not None]


def _part(policy: Policy, outage: Outage, total_ms: int) -> Part:
    found = Measurement(rounded_total(policy, outage.bad_ms) * SHARE_FULL_PPM, total_ms, (outage,))
    return Part(replace(found, figure=rounded_availability(policy, found)))
