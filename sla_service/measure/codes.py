"""Shares and incidents as one integer, and sums that stay integers of 64 bits."""

from __future__ import annotations

from typing import Any

Expr = Any  # ibis is not annotated

CODES = 1 << 20
"""Shares and incidents travel as one integer, share × CODES + code, so that the largest is the one that counts; among
equal shares the incident with the lowest number has the highest code. Room for a million incidents in a period."""


def int64(total: Expr) -> Expr:
    """A sum as 64 bits: DuckDB makes 128 of it, slow in all that follows, and ibis believes it has 64 already."""
    return total.cast("decimal(38, 0)").cast("int64")
