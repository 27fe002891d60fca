"""Which figures the rows of a table or of bands cover, which they leave out, and which they share."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

from sla_service.domain.policies import credits as c
from sla_service.domain.policies.downtime import ExclusionEffect, RoundAvailability, RoundOutage, RoundTotal
from sla_service.domain.policies.indicators import Metric, Worse
from sla_service.domain.policies.terms import Policy

Rows = c.Table | c.Bands


class Cut(NamedTuple):
    """A place on the scale of figures: just before or just after one, or beyond all of them."""

    beyond: int
    """-1 below every figure, 1 above every figure, else 0."""
    figure: Fraction
    after: bool


BOTTOM = Cut(-1, Fraction(0), after=False)
TOP = Cut(1, Fraction(0), after=False)


class Range(NamedTuple):
    """The figures between two cuts; none where the second is not above the first."""

    low: Cut
    high: Cut

    @property
    def is_empty(self) -> bool:
        """Whether no figure lies in it."""
        return self.low >= self.high

    def within(self, other: Range) -> Range:
        """What both have."""
        return Range(max(self.low, other.low), min(self.high, other.high))

    def has_any(self, step: Fraction | None) -> bool:
        """Whether a figure lies in it; of figures that are whole multiples of a step, whether one of them does."""
        if self.is_empty or step is None or self.low.beyond or self.high.beyond:
            return not self.is_empty
        steps = self.low.figure / step
        first = (steps.__floor__() + 1 if self.low.after else steps.__ceil__()) * step
        return Cut(0, first, after=True) <= self.high


def step_of(policy: Policy, credit: Rows) -> Fraction | None:
    """Of what every figure that the rows can meet is a whole multiple, after stage 5; None where nothing says so."""
    if isinstance(credit, c.Table):
        steps = [one.step for one in policy.quantise if isinstance(one, RoundAvailability)]
        return steps[-1] if steps else None
    outages = [one.unit_ms for one in policy.quantise if isinstance(one, RoundOutage)]
    totals = [one.unit_ms for one in policy.quantise if isinstance(one, RoundTotal)]
    if credit.per is c.Per.PERIOD and any(rule.effect is ExclusionEffect.ADDED_BACK for rule in policy.exclude):
        return None  # what is added back is not rounded
    units = totals if credit.per is c.Per.PERIOD and totals else outages
    return Fraction(units[-1]) if units else None


def covered_by(row: c.Tier | c.Band) -> Range:
    """What a row covers: exactly what its ``covers`` says."""
    if isinstance(row, c.Band):
        low = Cut(0, Fraction(row.lower_ms), after=not row.lower_inclusive)
        upper = None if row.upper_ms is None else Fraction(row.upper_ms)
    else:
        is_open = row.lower is None or (row.lower == 0 and row.lower_inclusive)
        low = BOTTOM if is_open else Cut(0, row.lower or Fraction(0), after=not row.lower_inclusive)
        upper = row.upper
    return Range(low, TOP if upper is None else Cut(0, upper, after=row.upper_inclusive))


def at_stake(policy: Policy, credit: Rows) -> Range:
    """The figures for which rows have to say what is paid.

    For bands, every downtime from the shortest row on. For a table, every figure that misses the target; where the
    table alone decides, every figure from its best edge to the worst.
    """
    ranges = [covered_by(row) for row in credit.rows]
    if isinstance(credit, c.Bands):
        return Range(min((r.low for r in ranges), default=BOTTOM), TOP)
    edges = _target(policy)
    if not is_gated(policy, credit):
        edges += [r.low if is_worse_higher(policy) else r.high for r in ranges]
    if is_worse_higher(policy):
        return Range(min(edges, default=BOTTOM), TOP)
    best = max(edges, default=TOP)
    return Range(BOTTOM, best if policy.is_metric else min(best, Cut(0, Fraction(1), after=True)))


def holes_of(policy: Policy, credit: Rows) -> list[Range]:
    """What is at stake, can occur and is covered by no row; in order, disjoint."""
    stake, found, step = at_stake(policy, credit), list[Range](), step_of(policy, credit)
    reached = stake.low
    for one in sorted(covered_by(row).within(stake) for row in credit.rows):
        if not one.is_empty:
            found.append(Range(reached, one.low))
            reached = max(reached, one.high)
    return [hole for hole in (*found, Range(reached, stake.high)) if hole.has_any(step)]


def overlaps_of(policy: Policy, credit: Rows) -> list[tuple[int, int, Range]]:
    """Which two rows (from 0) cover which range both, without the contract saying which applies."""
    if credit.overlap is c.Overlap.DEEPEST:
        return []
    stake, step = at_stake(policy, credit), step_of(policy, credit)
    ranges = [covered_by(row).within(stake) for row in credit.rows]
    pairs = combinations(range(len(ranges)), 2)
    return [(i, j, both) for i, j in pairs if (both := ranges[i].within(ranges[j])).has_any(step)]


def is_worse_higher(policy: Policy) -> bool:
    """Whether a higher figure is for worse service."""
    return isinstance(policy.indicator, Metric) and policy.indicator.worse is Worse.HIGHER


def _target(policy: Policy) -> list[Cut]:
    """Where missed and met part; empty without a target."""
    after = (policy.gate is c.Gate.ABOVE) is not is_worse_higher(policy)
    return [] if policy.target is None else [Cut(0, policy.target, after=after)]


def is_gated(policy: Policy, credit: Rows) -> bool:
    """Whether the target keeps some figures from the rows."""
    return isinstance(credit, c.Table) and policy.target is not None and policy.gate is not c.Gate.NONE
