"""Overlapping windows made flat: disjoint, at each instant the largest value. A union, never a sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
from ibis import _

Expr = Any  # ibis is not annotated


def flatten(step: Callable[[str, Expr], Expr], name: str, windows: Expr) -> Expr:
    """Make each subject's windows disjoint.

    Only subjects whose windows overlap take the long way (cut at every edge, keep the largest value on each piece);
    the others' windows are flat as they are.

    Args:
        step: Materialises an expression under a name and gives the table.
        name: Of the shared step; unique.
        windows: ``subject, start_ms, end_ms, value``; values above 0.

    Returns:
        The same columns; disjoint per subject; neighbours may have the same value.
    """
    kept = step(name, windows)
    edges = ["start_ms", "end_ms", "value"]
    so_far = ibis.cumulative_window(group_by="subject", order_by=edges)
    order = ibis.window(group_by="subject", order_by=edges)
    running = kept.mutate(reach_ms=_.end_ms.max().over(so_far))
    marked = running.mutate(reached_ms=_.reach_ms.lag().over(order))
    tangled = step(
        f"{name}_tangled",
        marked.filter(_.reached_ms > _.start_ms).select("subject").distinct(),
    )
    plain = kept.anti_join(tangled, "subject")
    return plain.union(_cut(kept.semi_join(tangled, "subject")))


def _cut(windows: Expr) -> Expr:
    """Cut at every edge and keep the largest value on each piece."""
    edges = windows.select("subject", at_ms=_.start_ms).union(windows.select("subject", at_ms=_.end_ms)).distinct()
    following = ibis.window(group_by="subject", order_by="at_ms")
    pieces = edges.mutate(until_ms=_.at_ms.lead().over(following)).filter(_.until_ms.notnull())
    covered = pieces.join(
        windows,
        [
            pieces.subject == windows.subject,
            windows.start_ms <= pieces.at_ms,
            windows.end_ms > pieces.at_ms,
        ],
    )
    flat = covered.group_by("subject", "at_ms", "until_ms").agg(value=_["value"].max())
    return flat.select("subject", start_ms=_.at_ms, end_ms=_.until_ms, value=_["value"])
