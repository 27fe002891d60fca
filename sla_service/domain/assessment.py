"""From a measurement to a credit: gate, credit function, caps, minimum, rounding (stages 7 to 9).

A pure function of one small record, exact, called once per distinct case. Every step it takes is kept, so that a
statement, an export and ``explain`` say the same thing in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from sla_service.domain.accounting.detail import pays_for_hits
from sla_service.domain.covered import Covered, covered
from sla_service.domain.credit_functions import owed
from sla_service.domain.facts import Facts
from sla_service.domain.failures import NOT_DUE, chronic_rights, is_due
from sla_service.domain.limits import LimitStep, base_minor, limited
from sla_service.domain.measurement import Measurement, Outage, Part
from sla_service.domain.money import Money, round_to_money
from sla_service.domain.owed import Owed, Terms
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Gate
from sla_service.domain.policies.cycles import EachDay, EachHour, EachIncident
from sla_service.domain.policies.payment import BY_ITSELF, CapPer

__all__ = ["Assessment", "Facts", "LimitStep", "Measurement", "Outage", "Outcome", "Part", "assess", "is_met"]


_OF_ONE = frozenset({CapPer.OUTAGE})
"""Caps for a single outage; the others are for all that is owed together."""
_OF_ALL = frozenset(CapPer) - BY_ITSELF


class Outcome(StrEnum):
    """What the assessment came to."""

    MET = "met"
    CREDITED = "credited"
    BELOW_MINIMUM = "below_minimum"
    NOTHING_OWED = "nothing_owed"
    """The commitment was missed, and what applies pays nothing, or nothing is left after rounding."""
    UNCLAIMED = "unclaimed"
    """Something is owed to whoever claims it in time, and it has not been claimed."""
    UNDEFINED = "undefined"
    """The contract has no single answer; a person must decide."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A credit and everything it took to get there."""

    outcome: Outcome
    availability: Fraction
    amount: Money
    """Rounded once; zero unless credited."""
    unrounded_minor: Fraction = Fraction(0)
    """After the caps, before rounding, in minor units."""
    tier: int | None = None
    """Index of the row that applies, from 0; of several parts, of the first that has one."""
    rate: Fraction | None = None
    """The share of the base that the row pays, where it pays one."""
    before_cap_minor: Fraction = Fraction(0)
    cap_minor: Fraction | None = None
    """The lowest cap's amount, where the policy has one."""
    minimum: Money | None = None
    """The minimum tested, where the policy has one in this currency."""
    reason: str = ""
    """Why the outcome is undefined, or why nothing is promised or due."""
    base_minor: Fraction = Fraction(0)
    """What shares are of."""
    count: Fraction | None = None
    """Blocks, days, hours or points that were paid for."""
    service_ms: Fraction = Fraction(0)
    """Service time at the end of the term, after the caps."""
    rights: tuple[str, ...] = ()
    steps: tuple[LimitStep, ...] = ()
    """Each cap in the order applied."""
    claim_until: str = ""
    """The last day for a claim, or the last instant of a deadline in hours, where one is needed."""

    @property
    def cap_applied(self) -> bool:
        """Whether a cap made the credit smaller."""
        return any(step.after < step.before for step in self.steps)


def assess(policy: Policy, measurement: Measurement, fee: Money | Facts) -> Assessment:
    """Apply the policy's gate, credit function, caps, minimum and rounding to a measurement.

    Args:
        policy: Its tables as written, with holes and overlaps.
        measurement: Of the period, after exclusions.
        fee: The monthly fee, or everything that is known besides.

    Returns:
        The credit with its steps. ``MET`` where the commitment was kept, whatever the table says.
    """
    facts = fee if isinstance(fee, Facts) else Facts(fee)
    nothing = Money(facts.fee.currency, 0)
    blank = Assessment(Outcome.MET, measurement.availability, nothing)
    if not measurement.is_promised:
        whose = "every unit was there" if policy.is_by_unit else "the contract ran"
        return replace(blank, reason=f"{whose} for a part of the period only, for which nothing is promised")
    if measurement.undefined:
        return _either(policy, measurement, facts, blank)
    rights = chronic_rights(policy, measurement, facts)
    base = base_minor(policy, facts)
    found = _of_parts(policy, measurement, facts, base)
    if found is None:
        return replace(blank, rights=rights)
    if not is_due(policy, measurement, facts):
        return replace(blank, outcome=Outcome.NOTHING_OWED, reason=NOT_DUE, rights=rights)
    rights = (*found.rights, *(right for right in rights if right not in found.rights))
    if base is None or found.undefined:
        return replace(blank, outcome=Outcome.UNDEFINED, reason=found.undefined, rights=rights)
    return _settle(policy, measurement, found, facts, base, rights)


def _either(policy: Policy, measurement: Measurement, facts: Facts, blank: Assessment) -> Assessment:
    """Two readings of one contract: the credit where they agree, and a person where they do not."""
    one = assess(policy, replace(measurement, undefined="", otherwise=None), facts)
    if measurement.otherwise is not None:
        other = assess(policy, measurement.otherwise, facts)
        if _outcome(one) == _outcome(other):
            return one
    return replace(blank, outcome=Outcome.UNDEFINED, reason=measurement.undefined)


def _outcome(one: Assessment) -> tuple[object, ...]:
    return one.outcome, one.unrounded_minor, one.amount, one.service_ms, one.rights


def is_met(policy: Policy, figure: Fraction) -> bool:
    """Stage 7: whether the commitment is kept, apart from any table."""
    if policy.target is None or policy.gate is Gate.NONE:
        return False
    if is_higher_worse(policy):
        figure, target = -figure, -policy.target
    else:
        target = policy.target
    return figure >= target if policy.gate is Gate.AT_LEAST else figure > target


def _of_parts(policy: Policy, measurement: Measurement, facts: Facts, base: Fraction | None) -> Owed | None:
    """Everything owed for the parts together, before the caps; None where every one met its commitment."""
    units: dict[str, tuple[Part, Owed]] = {}
    outages: dict[str, tuple[Outage, ...]] = {}
    # An hour or day is paid once, also where each outage is assessed by itself.
    counts_hits = isinstance(policy.period, EachIncident) and pays_for_hits(policy.credit)
    for part in measurement.parts or _whole(policy, measurement):
        if is_met(policy, part.measurement.decisive):
            continue
        if base is None:
            kinds = " or ".join(policy.base.of)
            return Owed(
                undefined=f"no charge of the kind {kinds} is known for {policy.base.month} month; import charges"
            )
        before = outages.get(part.name, ())
        found = _of_part(policy, part, measurement, facts, base, before)
        outages[part.name] = (*before, *part.measurement.outages) if counts_hits else ()
        units[part.name] = (part, units[part.name][1] + found if part.name in units else found)
    each = [_of_unit(policy, part, one, facts, base or Fraction(0)) for part, one in units.values()]
    return sum(each[1:], each[0]) if each else None


def _whole(policy: Policy, measurement: Measurement) -> Sequence[Part]:
    """The period itself; nothing where single incidents, hours or days are promised and none was hit."""
    return (Part(measurement),) if is_whole(policy) else ()


def is_whole(policy: Policy) -> bool:
    """Whether the period is assessed as one, not incident by incident, hour by hour or day by day."""
    return not isinstance(policy.period, EachIncident | EachHour | EachDay)


def is_higher_worse(policy: Policy) -> bool:
    """Whether a higher figure is a worse one: for metrics that say so."""
    return policy.is_higher_worse


def _of_part(
    policy: Policy, part: Part, measurement: Measurement, facts: Facts, base: Fraction, before: tuple[Outage, ...]
) -> Owed:
    period_ms = measurement.total_ms if facts.period_ms is None else facts.period_ms
    covers = covered(policy, period_ms, facts.period_days).of_part(facts.in_force)
    share, length_ms = part.fee_share, part.length_ms or part.measurement.total_ms
    # The fee of an hour or day is that part of what the base pays for; a day is a day, whatever its clock.
    if isinstance(policy.period, EachHour):
        share, covers = share * length_ms / covers.ms, covers.hour(length_ms)
    elif isinstance(policy.period, EachDay):
        share, covers = share * covers.one_day(), Covered(Fraction(length_ms), Fraction(1))
    else:
        share, covers = share * part.in_force, covers.of_part(part.in_force)
    own = base if share == 1 else base * share

    def limit(one: Owed) -> Owed:
        return limited(policy, one, facts, own, covers, per=_OF_ONE, share=part.fee_share)[0]

    terms = Terms(
        policy, facts.fee.currency, own, covers, facts.time_zone, limit, before, facts.in_force * part.in_force
    )
    found = owed(policy.credit, part.measurement, terms)
    return limit(found) if isinstance(policy.period, EachIncident) else found


def _of_unit(policy: Policy, part: Part, found: Owed, facts: Facts, base: Fraction) -> Owed:
    """What is owed for all parts of one unit, under the caps for a unit."""
    if not any(cap.per is CapPer.UNIT for cap in policy.caps):
        return found
    own = part.fee_share * part.in_force
    covers = covered(policy, facts.period_ms or 0, facts.period_days).of_part(facts.in_force * part.in_force)
    return limited(policy, found, facts, base * own, covers, per={CapPer.UNIT}, share=own)[0]


def _settle(
    policy: Policy, measurement: Measurement, found: Owed, facts: Facts, base: Fraction, rights: tuple[str, ...]
) -> Assessment:
    """Stage 9 on what is owed: caps in order, then the minimum, then one rounding."""
    covers = covered(policy, facts.period_ms or 0, facts.period_days).of_part(facts.in_force)
    after, steps = limited(policy, found, facts, base, covers, per=_OF_ALL)
    minimum = next((m for m in policy.minimums if m.amount.currency == facts.fee.currency), None)
    amount = round_to_money(after.minor, facts.fee.currency, policy.rounding)
    too_small = minimum is not None and (
        after.minor < minimum.amount.minor or (minimum.strict and after.minor == minimum.amount.minor)
    )
    if not found.minor and not found.time_ms:
        outcome = Outcome.NOTHING_OWED
    elif too_small and not after.time_ms:
        outcome, amount = Outcome.BELOW_MINIMUM, Money(facts.fee.currency, 0)
    elif not amount.minor and not after.time_ms:
        outcome = Outcome.NOTHING_OWED
    elif policy.claim is not None and not facts.is_claimed:
        outcome, amount = Outcome.UNCLAIMED, Money(facts.fee.currency, 0)
    else:
        outcome = Outcome.CREDITED
    limits = [step.limit for step in steps if step.limit is not None and not step.is_time]
    return Assessment(
        outcome,
        measurement.availability,
        amount,
        unrounded_minor=after.minor,
        tier=found.tier,
        rate=found.rate,
        before_cap_minor=found.minor,
        cap_minor=min(limits, default=None),
        minimum=minimum.amount if minimum else None,
        base_minor=base,
        count=found.count,
        service_ms=after.time_ms,
        rights=rights,
        steps=steps,
        claim_until=facts.claim_until if policy.claim else "",
    )
