"""Which policies need single outages, and which can be measured as a sum."""

from __future__ import annotations

from sla_service.domain.instants import DAY_MS
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Bands, Blocks, Credit, Flat, HitBy, Hits, Per, Share, Stack, Table
from sla_service.domain.policies.cycles import EachDay, EachHour, EachIncident, PartPeriod
from sla_service.domain.policies.downtime import (
    Affected,
    Exclude,
    ExclusionEffect,
    Qualify,
    RunsMeasured,
)
from sla_service.domain.policies.indicators import SlotMean, Slots, SubjectKind, Windows
from sla_service.domain.policies.payment import ChronicOutages, ClaimFrom
from sla_service.domain.windows import Window

LONGEST_OUTAGE_MS = 31 * DAY_MS
"""How far beyond a month an outage may reach and still be read whole, where contracts pay for each outage or count a
deadline from it."""


def needs_detail(policy: Policy) -> bool:
    """Whether downtime must be accounted for piece by piece; otherwise sums in columns say the same."""
    return (
        not isinstance(policy.indicator, Windows)
        or policy.subject is not SubjectKind.MERCHANT
        or bool(policy.quantise)
        or policy.denominator_ms is not None
        or policy.part_period is not PartPeriod.OWN_CYCLE
        or isinstance(policy.period, EachIncident | EachHour | EachDay)
        or _qualifies_in_detail(policy.qualify)
        or any(_excludes_in_detail(rule) for rule in policy.exclude)
        or looks_at_outages(policy)
        or (policy.claim is not None and policy.claim.looks_at_outages)
    )


def _qualifies_in_detail(qualify: Qualify) -> bool:
    if qualify.joined_within_ms or qualify.measured is not RunsMeasured.BEFORE_EXCLUSIONS:
        return True
    return bool(qualify.grace_ms) or qualify.exactly_undefined or qualify.affected is not Affected.EVERYONE


def _excludes_in_detail(rule: Exclude) -> bool:
    return bool(rule.allowances) or rule.effect in {ExclusionEffect.ADDED_BACK, ExclusionEffect.NOT_CREDITED}


def looks_at_outages(policy: Policy) -> bool:
    """Whether what is owed depends on single outages, and not only on what they come to together."""
    return pays_for_outages(policy.credit) or any(isinstance(rule, ChronicOutages) for rule in policy.chronic)


def pays_for_outages(credit: Credit) -> bool:
    """Whether a credit function looks at single outages."""
    if isinstance(credit, Stack):
        return any(pays_for_outages(one) for one in credit.of)
    return isinstance(credit, Hits) or (isinstance(credit, Flat | Blocks | Bands) and credit.per is Per.OUTAGE)


def pays_for_hits(credit: Credit) -> bool:
    """Whether it pays for hours or days that are hit."""
    return any(map(pays_for_hits, credit.of)) if isinstance(credit, Stack) else isinstance(credit, Hits)


def pays_by_outage(credit: Credit) -> bool:
    """Whether it pays for single outages and nothing else."""
    if isinstance(credit, Stack):
        return all(map(pays_by_outage, credit.of))
    is_hit = isinstance(credit, Hits) and credit.hit_by is HitBy.OUTAGE
    return is_hit or (isinstance(credit, Flat | Blocks | Bands) and credit.per is Per.OUTAGE)


def pays_shares_only(credit: Credit) -> bool:
    """Whether nothing but the fee is needed to know what it pays."""
    if isinstance(credit, Stack):
        return all(pays_shares_only(one) for one in credit.of)
    return isinstance(credit, Table) and all(isinstance(row.pays, Share) for row in credit.rows)


def reach(policy: Policy, period: Window, first_ms: int) -> Window:
    """From when to when evidence is read for a period.

    Args:
        policy: The terms.
        period: What is measured.
        first_ms: From when on excluded time may have used up the policy's allowances; the period's start at the latest.
    """
    margin = max(policy.qualify.minimum_run_ms, policy.qualify.grace_ms, policy.qualify.activity_ms) + 1
    # However long a chain of runs is, some of it lies in each such stretch.
    margin += policy.qualify.joined_within_ms
    if needs_detail(policy):
        margin = max(margin, DAY_MS, slot_length_ms(policy))
    margin = max(margin, _longest_hit_ms(policy.credit) + 1)
    asked = policy.claim.counts_from if policy.claim is not None else frozenset()
    asks_start = isinstance(policy.period, EachIncident) or asked & {ClaimFrom.INCIDENT_START, ClaimFrom.AWARENESS}
    before = max(margin, LONGEST_OUTAGE_MS) if asks_start else margin
    after = max(margin, LONGEST_OUTAGE_MS) if ClaimFrom.INCIDENT_END in asked else margin
    return Window(min(period.start_ms, first_ms) - before, period.end_ms + after)


def _longest_hit_ms(credit: Credit) -> int:
    """How long an outage must be to hit an hour or day: so much of it is read, also beyond the period's end."""
    if isinstance(credit, Stack):
        return max(map(_longest_hit_ms, credit.of))
    return credit.minimum_ms if isinstance(credit, Hits) else 0


def slot_length_ms(policy: Policy) -> int:
    """The length of the slots that the policy looks at; 0 for one that looks at none."""
    return policy.indicator.slot_ms if isinstance(policy.indicator, Slots | SlotMean) else 0
