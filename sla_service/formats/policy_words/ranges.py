"""Ranges of availability or time, each edge as the contract words it: at least, more than, below, at most."""

from __future__ import annotations

from fractions import Fraction

from sla_service.domain.policies.coverage import Range
from sla_service.domain.policies.credits import Band, Bands, Per, Table, Tier
from sla_service.domain.policies.warnings import functions_of
from sla_service.formats.policy_words.voice import Voice


def tier_range(voice: Voice, tier: Tier) -> str:
    """``availability below 99.95% and at least 99%``."""
    edges = []
    if tier.upper is not None:
        edges.append(_figure(voice, "at_most" if tier.upper_inclusive else "below", tier.upper))
    if tier.lower is not None:
        edges.append(_figure(voice, "at_least" if tier.lower_inclusive else "above", tier.lower))
    return _figures(voice, edges)


def band_range(voice: Voice, band: Band, per: Per) -> str:
    """``an outage of at least 10 minutes and less than 60 minutes``."""
    edges = []
    if band.lower_ms or not band.lower_inclusive:
        edges.append(_time(voice, "at_least" if band.lower_inclusive else "above", band.lower_ms))
    if band.upper_ms is not None:
        edges.append(_time(voice, "at_most" if band.upper_inclusive else "below", band.upper_ms))
    return _times(voice, edges, per)


def row_range(voice: Voice, number: int) -> str:
    """The range of a row by its index among all rows of the policy."""
    for _, function in functions_of(voice.policy.credit):
        rows = function.rows if isinstance(function, Table | Bands) else ()
        if number < len(rows):
            row = rows[number]
            if isinstance(row, Tier):
                return tier_range(voice, row)
            return band_range(voice, row, function.per if isinstance(function, Bands) else Per.PERIOD)
        number -= len(rows)
    raise IndexError(number)


def worse_than(voice: Voice, edge: Fraction) -> str:
    """``availability below 99%``; above for a metric that is worse when it is higher."""
    return _figures(voice, [_figure(voice, "above" if voice.is_worse_higher else "below", edge)])


def missed_means(voice: Voice, below: Fraction | None) -> str:
    """What a missed period is: ``missed is a period with availability below 99%``."""
    of_month = "_month" if voice.parts else ""
    if below is None:
        return voice.say(f"settlement.missed.target{of_month}")
    return voice.say(f"settlement.missed.figure{of_month}", range=worse_than(voice, below))


def range_of(voice: Voice, credit: Table | Bands, figures: Range) -> str:
    """Figures that rows leave out or share."""
    low, high = figures
    write = _cut_time if isinstance(credit, Bands) else _figure
    if low[:2] == high[:2]:
        edges = [write(voice, "exactly", low.figure)]
    else:
        above = [] if high.beyond else [write(voice, "at_most" if high.after else "below", high.figure)]
        below = [] if low.beyond else [write(voice, "above" if low.after else "at_least", low.figure)]
        edges = below + above if isinstance(credit, Bands) else above + below
    return _times(voice, edges, credit.per) if isinstance(credit, Bands) else _figures(voice, edges)


def _figure(voice: Voice, side: str, edge: Fraction) -> str:
    return voice.say(f"edge.{side}", edge=voice.figure(edge))


def _time(voice: Voice, side: str, edge_ms: int) -> str:
    return voice.say(f"edge_time.{side}", edge=voice.time(edge_ms))


def _cut_time(voice: Voice, side: str, edge_ms: Fraction) -> str:
    return _time(voice, side, int(edge_ms))


def _figures(voice: Voice, edges: list[str]) -> str:
    if not edges:
        return voice.say("range.any_figure", promised=voice.promised)
    return voice.say("range.figure", promised=voice.promised, edges=_both(voice, edges))


def _times(voice: Voice, edges: list[str], per: Per) -> str:
    if not edges:
        return voice.say(f"range.any_{per}")
    return voice.say(f"range.{per}", edges=_both(voice, edges))


def _both(voice: Voice, edges: list[str]) -> str:
    return voice.say("range.both", one=edges[0], other=edges[1]) if len(edges) > 1 else edges[0]
