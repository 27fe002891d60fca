"""Flat layers stacked: at each instant the value of each layer, then runs, qualification and stretches."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import _

from sla_service.measure.codes import CODES, int64

Expr = Any  # ibis is not annotated

LAYERS = ("own", "chain", "excluded")


def stretches_of(pieces: Expr, units: Expr) -> Expr:
    """Qualify the runs of every unit and cut the result to its period.

    Args:
        pieces: From ``pieces_of``.
        units: ``subject, period_start_ms, period_end_ms, minimum_run_ms``.

    Returns:
        ``subject, incident, rank, qualified, start_ms, end_ms, impact_ppm_ms``: stretches within the period in which
        incident, exclusion rule and qualification stay the same. ``incident`` is null where only an exclusion lies,
        ``rank`` where nothing is excluded.
    """
    runs = _runs(pieces).join(units.select("subject", "period_start_ms", "period_end_ms", "minimum_run_ms"), "subject")
    cut = runs.mutate(
        qualified=_.run_ms >= _.minimum_run_ms,
        start_ms=ibis.greatest(_.start_ms, _.period_start_ms),
        end_ms=ibis.least(_.end_ms, _.period_end_ms),
    ).filter(_.start_ms < _.end_ms, _.incident.notnull() | _["rank"].notnull())
    return _stretches(cut)


def levels_of(layers: Expr) -> Expr:
    """Stack the layers: the value of each between any two neighbouring edges; where nothing lies is left out.

    Args:
        layers: ``subject, layer, start_ms, end_ms, value``; each layer of a subject is disjoint.
    """
    steps = layers.select("subject", "layer", "value", at_ms=_.start_ms).union(
        layers.select("subject", "layer", value=-_["value"], at_ms=_.end_ms).select(
            "subject", "layer", "value", "at_ms"
        ),
    )
    steps = steps.group_by("subject", "at_ms").agg(
        **{layer: int64(ibis.ifelse(_.layer == layer, _["value"], 0).sum()) for layer in LAYERS},
    )
    so_far = ibis.cumulative_window(group_by="subject", order_by="at_ms")
    order = ibis.window(group_by="subject", order_by="at_ms")
    level = steps.mutate(
        **{layer: int64(_[layer].sum().over(so_far)) for layer in LAYERS},
        end_ms=_.at_ms.lead().over(order),
    )
    lying = level.filter(_.end_ms.notnull(), (_.own > 0) | (_.chain > 0) | (_.excluded > 0))
    return lying.select("subject", *LAYERS, "end_ms", start_ms=_.at_ms)


def pieces_of(levels: Expr) -> Expr:
    """What counts in each piece: the largest share, its incident, and the exclusion rule.

    Args:
        levels: ``subject, start_ms, end_ms, worst, excluded, impact_ppm_ms``, from ``chains.spell_out``.
    """
    return levels.select(
        "subject",
        "start_ms",
        "end_ms",
        "impact_ppm_ms",
        share_ppm=_.worst // CODES,
        incident=ibis.ifelse(_.worst > 0, CODES - 1 - _.worst % CODES, None),
        rank=ibis.ifelse(_.excluded > 0, CODES - _.excluded, None),
    )


def _runs(pieces: Expr) -> Expr:
    """The length of the unbroken run of impact that each piece belongs to."""
    order = ibis.window(group_by="subject", order_by="start_ms")
    so_far = ibis.cumulative_window(group_by="subject", order_by="start_ms")
    follows = (_.share_ppm.lag().over(order) > 0) & (_.end_ms.lag().over(order) == _.start_ms)
    begins = pieces.mutate(begins=((_.share_ppm > 0) & ~follows.fill_null(False)).cast("int64"))  # noqa: FBT003
    numbered = begins.mutate(run=ibis.ifelse(_.share_ppm > 0, int64(_.begins.sum().over(so_far)), 0))
    run = ibis.window(group_by=["subject", "run"])
    return numbered.mutate(run_ms=int64((_.end_ms - _.start_ms).sum().over(run)))


def _stretches(cut: Expr) -> Expr:
    """Neighbouring pieces with the same incident, rule and qualification become one."""
    order = ibis.window(group_by="subject", order_by="start_ms")
    so_far = ibis.cumulative_window(group_by="subject", order_by="start_ms")
    same = [
        _.end_ms.lag().over(order) == _.start_ms,
        _.incident.lag().over(order).identical_to(_.incident),
        _["rank"].lag().over(order).identical_to(_["rank"]),
        _.qualified.lag().over(order).identical_to(_.qualified),
    ]
    # Null before the first piece of a subject: nothing lies before it, so it begins a stretch.
    fresh = cut.mutate(fresh=(~(same[0] & same[1] & same[2] & same[3])).fill_null(True).cast("int64"))  # noqa: FBT003
    numbered = fresh.mutate(stretch=int64(_.fresh.sum().over(so_far)))
    return numbered.group_by("subject", "stretch").agg(
        incident=_.incident.min(),
        rank=_["rank"].min(),
        qualified=_.qualified.min(),
        start_ms=_.start_ms.min(),
        end_ms=_.end_ms.max(),
        impact_ppm_ms=int64(_.impact_ppm_ms.fill_null(_.share_ppm * (_.end_ms - _.start_ms)).sum()),
    )
