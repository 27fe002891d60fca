"""Conditions of slots held against each other: the figures for which all of them hold, if there are any."""

from __future__ import annotations

from collections import defaultdict

from sla_service.domain.policies.coverage import BOTTOM, TOP, Cut, Range
from sla_service.domain.policies.indicators import BadWhen, Comparison, Needed, Slots, UsageFigure


def meant_by(condition: BadWhen) -> Range:
    """The figures for which a condition holds."""
    edge = Cut(0, condition.edge, after=condition.comparison in {Comparison.ABOVE, Comparison.AT_MOST})
    is_above = condition.comparison in {Comparison.ABOVE, Comparison.AT_LEAST}
    return Range(edge, TOP) if is_above else Range(BOTTOM, edge)


def never_together(slots: Slots) -> UsageFigure | None:
    """The figure that would have to be in two places at once for a slot to be bad; None if there is none."""
    if slots.needed is Needed.ANY:
        return None
    left: dict[UsageFigure, Range] = defaultdict(lambda: Range(BOTTOM, TOP))
    for one in slots.bad_when:
        left[one.figure] = left[one.figure].within(meant_by(one))
    return next((figure for figure, range_ in left.items() if range_.is_empty), None)
