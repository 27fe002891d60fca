"""Flat layers stacked: at each instant the value of each layer, then runs, qualification and stretches."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import _

Expr = Any  # ibis is not annotated

CODES = 1 << 20
"""Shares and incidents travel as one integer, share × CODES + code, so that the largest is the one that counts; among
equal shares the incident with the lowest number has the highest code. Room for a million incidents in a period."""

LAYERS = ("own", "platform", "excluded")


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


def pieces_of(layers: Expr) -> Expr:
    """Stack the layers: between any two neighbouring edges the share that counts, its incident, and the exclusion rule.

    Args:
        layers: ``subject, layer, start_ms, end_ms, value``; each layer of a subject is disjoint.
    """
    steps = layers.select("subject", "layer", "value", at_ms=_.start_ms).union(
        layers.select("subject", "layer", value=-_["value"], at_ms=_.end_ms).select(
            "subject", "layer", "value", "at_ms"
        ),
    )
    steps = steps.group_by("subject", "at_ms").agg(
        **{layer: ibis.ifelse(_.layer == layer, _["value"], 0).sum() for layer in LAYERS},
    )
    so_far = ibis.cumulative_window(group_by="subject", order_by="at_ms")
    order = ibis.window(group_by="subject", order_by="at_ms")
    level = steps.mutate(
        **{layer: _[layer].sum().over(so_far).cast("int64") for layer in LAYERS},
        end_ms=_.at_ms.lead().over(order),
    )
    worst = ibis.greatest(_.own, _.platform)
    return level.filter(_.end_ms.notnull()).select(
        "subject",
        "end_ms",
        start_ms=_.at_ms,
        share_ppm=worst // CODES,
        incident=ibis.ifelse(worst > 0, CODES - 1 - worst % CODES, None),
        rank=ibis.ifelse(_.excluded > 0, CODES - _.excluded, None),
    )


def _runs(pieces: Expr) -> Expr:
    """The length of the unbroken run of impact that each piece belongs to."""
    order = ibis.window(group_by="subject", order_by="start_ms")
    so_far = ibis.cumulative_window(group_by="subject", order_by="start_ms")
    # Pieces of a subject follow each other without a gap, so that a run ends exactly where the share is 0.
    begins = pieces.mutate(
        begins=((_.share_ppm > 0) & (_.share_ppm.lag().over(order).fill_null(0) == 0)).cast("int64"),
    )
    numbered = begins.mutate(run=ibis.ifelse(_.share_ppm > 0, _.begins.sum().over(so_far), 0))
    run = ibis.window(group_by=["subject", "run"])
    return numbered.mutate(run_ms=(_.end_ms - _.start_ms).sum().over(run).cast("int64"))


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
    numbered = fresh.mutate(stretch=_.fresh.sum().over(so_far))
    return numbered.group_by("subject", "stretch").agg(
        incident=_.incident.min(),
        rank=_["rank"].min(),
        qualified=_.qualified.min(),
        start_ms=_.start_ms.min(),
        end_ms=_.end_ms.max(),
        impact_ppm_ms=(_.share_ppm * (_.end_ms - _.start_ms)).sum().cast("int64"),
    )
