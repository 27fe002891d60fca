"""What hits everyone, in chains: a recovery of three hundred minutes travels as one window where a sum says it all.

A chain is an unbroken row of flat platform windows of one incident. It is worked out once per class of units and is one
step for each unit. Only where a unit's own windows or exclusions lie across a chain is it looked at window by window.
"""

from __future__ import annotations

from typing import Any

import ibis
from ibis import _

from sla_service.measure.codes import CODES, int64

Expr = Any  # ibis is not annotated


def linked(flat: Expr) -> Expr:
    """Number the chains, from 1; no chain reaches over an edge of the period, and in detail each window is its own.

    Args:
        flat: ``subject, start_ms, end_ms, value, period_start_ms, period_end_ms, in_detail``; disjoint per subject.
    """
    # Before, over the first edge, within, over the last edge, after; only one window lies over an edge.
    edges = [edge > at for edge in (_.start_ms + 1, _.end_ms) for at in (_.period_start_ms, _.period_end_ms)]
    placed = flat.mutate(place=sum(edge.cast("int64") for edge in edges), code=_["value"] % CODES)
    order = ibis.window(group_by="subject", order_by="start_ms")
    same = [
        _.end_ms.lag().over(order) == _.start_ms,
        _.code.lag().over(order) == _.code,
        _.place.lag().over(order) == _.place,
    ]
    follows = (same[0] & same[1] & same[2]).fill_null(False)  # noqa: FBT003 - ibis names it so
    begun = placed.mutate(begins=(_.in_detail | ~follows).cast("int64"))
    every = ibis.cumulative_window(order_by=["subject", "start_ms"])
    return begun.mutate(chain=int64(_.begins.sum().over(every)))


def chains_of(links: Expr) -> Expr:
    """Each chain as one window, with its lowest and highest value and the sum of its impact."""
    return links.group_by("subject", "chain").agg(
        chain_start_ms=_.start_ms.min(),
        chain_end_ms=_.end_ms.max(),
        lowest=_["value"].min(),
        highest=_["value"].max(),
        chain_ppm_ms=int64((_["value"] // CODES * (_.end_ms - _.start_ms)).sum()),
    )


def spell_out(levels: Expr, chains: Expr, links: Expr) -> Expr:
    """The worst value of each piece, own or of a chain; chains window by window where no one value is the worst.

    Args:
        levels: ``subject, start_ms, end_ms, own, chain, excluded``, from ``stack.levels_of``.
        chains: From ``chains_of``.
        links: From ``linked``.

    Returns:
        ``subject, start_ms, end_ms, worst, excluded, impact_ppm_ms``. ``impact_ppm_ms`` is filled where the share is
        not the same throughout, and null where it is.
    """
    lying = levels.left_join(chains.drop("subject"), "chain", rname="{name}_of")
    is_even = _.lowest.isnull() | (_.lowest == _.highest)
    is_whole = (_.start_ms == _.chain_start_ms) & (_.end_ms == _.chain_end_ms) & (_.own <= _.lowest)
    lying = lying.mutate(even=is_even, simple=is_even | is_whole)
    simple = lying.filter(_.simple).select(
        "subject",
        "start_ms",
        "end_ms",
        "excluded",
        worst=ibis.greatest(_.own, _.lowest.fill_null(0)),
        impact_ppm_ms=ibis.ifelse(_.even, None, _.chain_ppm_ms),
    )
    return simple.union(_link_by_link(lying.filter(~_.simple), links).select(*simple.columns))


def _link_by_link(lying: Expr, links: Expr) -> Expr:
    """One piece again where one side is the worst throughout, and otherwise a piece for each window of the chain."""
    cut = lying.join(links.select("chain", "start_ms", "end_ms", "value"), "chain", rname="{name}_link")
    cut = cut.filter(_.start_ms_link < _.end_ms, _.end_ms_link > _.start_ms)
    from_ms = ibis.greatest(_.start_ms, _.start_ms_link)
    cut = cut.mutate(
        from_ms=from_ms,
        until_ms=ibis.least(_.end_ms, _.end_ms_link),
        piece_ms=ibis.ifelse((_.own <= _.lowest) | (_.own >= _.highest), _.start_ms, from_ms),
        worst=ibis.greatest(_.own, _["value"]),
    )
    return cut.group_by("subject", "piece_ms").agg(
        start_ms=_.from_ms.min(),
        end_ms=_.until_ms.max(),
        worst=_.worst.max(),
        excluded=_.excluded.max(),
        impact_ppm_ms=int64((_.worst // CODES * (_.until_ms - _.from_ms)).sum()),
    )
