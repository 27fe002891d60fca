"""Stage 6 for what stands alone, be it a period, an hour or a day: bad time against all time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sla_service.domain.accounting.pieces import Judged, length_ms
from sla_service.domain.accounting.rounding import all_bad_ms, outages_of, rounded_availability, rounded_total
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import ExclusionEffect
from sla_service.domain.windows import SHARE_FULL_PPM


def unmeasured_ms(inside: Sequence[Judged]) -> int:
    """The time that leaves the period."""
    return sum(length_ms(one.piece) for one in inside if one.effect is ExclusionEffect.NOT_MEASURED)


def ratio(policy: Policy, inside: Sequence[Judged], lived: Sequence[Judged], total_ms: int, zone: str) -> Measurement:
    """The measurement of one stretch of time, made whole as the policy says.

    Args:
        policy: The terms.
        inside: Pieces cut to the stretch.
        lived: The same pieces uncut, so that an outage knows when it began and ended.
        total_ms: What is divided by, above 0.
        zone: Whose clock slots count.
    """
    added_back = sum(length_ms(one.piece) for one in inside if one.effect is ExclusionEffect.ADDED_BACK)
    outages = outages_of(policy, inside, zone, for_credit=False, uncut=lived)
    bad = _without(added_back, rounded_total(policy, all_bad_ms(outages)))
    ppm_ms, rest = divmod(bad.numerator * SHARE_FULL_PPM, bad.denominator)
    found = Measurement(bad * SHARE_FULL_PPM if rest else ppm_ms, total_ms, outages)
    if any(rule.effect is ExclusionEffect.NOT_CREDITED for rule in policy.exclude):
        outages = outages_of(policy, inside, zone, for_credit=True, uncut=lived)
        credited = _without(added_back, rounded_total(policy, all_bad_ms(outages)))
        found = replace(found, outages=outages, credited_bad_ms=credited)
    figure = rounded_availability(policy, found)
    return found if figure is None else replace(found, figure=figure)


def _without(added_back_ms: int, bad_ms: Fraction) -> Fraction:
    return max(Fraction(0), bad_ms - added_back_ms) if added_back_ms else bad_ms
