"""Failing often: rights that arise from it, and credits that wait for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from sla_service.domain.facts import Facts
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Gate
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.policies.payment import Chronic, ChronicOutages, DueAfter

NOT_DUE = "a credit is due only once the promise is missed as often as the contract says, and it has not been yet"


def chronic_rights(policy: Policy, measurement: Measurement, facts: Facts) -> tuple[str, ...]:
    """Rights that arise from failing often, each once, in the order of the file."""
    rights = [rule.then for rule in policy.chronic if _is_chronic(policy, rule, measurement, facts)]
    return tuple(dict.fromkeys(rights))


def is_due(policy: Policy, measurement: Measurement, facts: Facts) -> bool:
    """Whether a breach is credited, as far as that depends on the periods before."""
    rule = policy.due_after
    return rule is None or bool(_missed(policy, rule, (*facts.history, measurement.decisive)))


def _is_chronic(policy: Policy, rule: Chronic | ChronicOutages, measurement: Measurement, facts: Facts) -> bool:
    if isinstance(rule, ChronicOutages):
        return _most_outages(policy, rule, measurement) >= rule.outages
    figures = _missed(policy, rule, (*facts.history, measurement.decisive))
    return bool(figures) and (
        rule.one_below is None or any(_is_worse(policy, figure, rule.one_below) for figure in figures)
    )


def _missed(policy: Policy, rule: Chronic | DueAfter, figures: Sequence[Fraction]) -> list[Fraction]:
    """The figures of the missed periods that make it often enough, the present one among them; empty if it is not.

    Args:
        policy: The terms.
        rule: How often of how many.
        figures: Of all periods that are known, the present one last.
    """
    last = figures[-rule.of :]
    missed = [_misses(policy, rule.below, figure) for figure in last]
    if not missed[-1]:
        return []
    # Of a row, only what follows the last period that kept the promise.
    start = max((n for n, one in enumerate(missed, 1) if not one), default=0) if rule.in_a_row else 0
    found = [figure for figure, one in zip(last[start:], missed[start:], strict=True) if one]
    return found if len(found) >= rule.missed else []


def _misses(policy: Policy, edge: Fraction | None, figure: Fraction) -> bool:
    """Below an edge of its own, or not what is promised: where that is more than the target, exactly that is missed."""
    if edge is not None:
        return _is_worse(policy, figure, edge)
    if policy.target is None:
        return False
    return _is_worse(policy, figure, policy.target) or (policy.gate is Gate.ABOVE and figure == policy.target)


def _is_worse(policy: Policy, figure: Fraction, edge: Fraction) -> bool:
    return figure > edge if policy.is_higher_worse else figure < edge


def _most_outages(policy: Policy, rule: ChronicOutages, measurement: Measurement) -> int:
    """How many outages are long enough: of each unit by itself where units are assessed so, and then of the worst."""
    by_unit = policy.subject is SubjectKind.UNIT
    counted = Counter(
        outage.unit if by_unit else ""
        for outage in measurement.outages
        if outage.bad_ms and rule.is_long_enough(outage.bad_ms)
    )
    return max(counted.values(), default=0)
