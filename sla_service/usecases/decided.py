"""People's decisions in the place of answers that no formula gives."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.domain.assessment import Outcome

Row = dict[str, Any]
Decisions = Mapping[tuple[str, str, str, int], Mapping[str, Any]]
"""What people decided, by merchant, service, contract's first day and period's start."""


def decided(credits: pa.Table, decisions: Decisions) -> pa.Table:
    """Rows of credits with the decisions about them."""
    if not decisions:
        return credits
    is_open = pc.equal(credits["outcome"], Outcome.UNDEFINED.value)
    rows = credits.filter(is_open).to_pylist()
    for row in rows:
        decide(row, decisions)
    return pa.concat_tables(
        [credits.filter(pc.invert(is_open)), pa.Table.from_pylist(rows, schema=credits.schema)]
    ).sort_by("credit_no")


def decide(row: Row, decisions: Decisions) -> None:
    """Put a person's decision in the place of an answer that no formula gives."""
    if row["outcome"] != Outcome.UNDEFINED:
        return
    key = (row["merchant_id"], row["service"], row["contract_starts_on"], row["period_start_ms"] or 0)
    decision = decisions.get(key)
    if decision is None or decision["currency"] != row["currency"]:
        return
    amount = decision["amount_minor"]
    row |= {
        "outcome": (Outcome.CREDITED if amount else Outcome.NOTHING_OWED).value,
        "amount_minor": amount,
        "unrounded_minor": str(Fraction(amount)),
        "before_cap_minor": str(Fraction(amount)),
        "reason": decision["reason"],
        "decided_by": decision["decided_by"],
    }
