"""What the audit log says of evidence that came in: how much, from which file, and about which time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlmodel import Session

from sla_service.db.audit import record_change
from sla_service.db.merge import Merged
from sla_service.domain.instants import format_instant

STARTS = ("started_at_ms", "at_ms")
ENDS = ("ended_at_ms", "at_ms")
"""Columns that say about which time a row is; who looks for the editors of a month needs to know."""

MERCHANTS_NAMED = 100
"""More merchants than these are not named in the log."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came, from whom, and when."""

    name: str
    sha256: str
    actor: str
    now_ms: int


def record_import(session: Session, noun: str, rows: pa.Table, merged: Merged, arrival: Arrival) -> None:
    """Log an import, if it changed anything: the same file again is no event."""
    if not (merged.added or merged.changed):
        return
    counts = {"rows": merged.rows, "added": merged.added, "changed": merged.changed}
    # A row that was changed may have been about another time before: then nobody can say which months it touches.
    moved = merged.changed and "ended_at_ms" in rows.column_names
    after = {"file": arrival.name, "sha256": arrival.sha256, **counts, **({} if moved else about(rows)), **whose(rows)}
    record_change(
        session, action=f"import.{noun}", subject=noun, now_ms=arrival.now_ms, actor=arrival.actor, after=after
    )


def whose(rows: pa.Table) -> dict[str, Any]:
    """Which merchants rows are about, where those are few; nothing where they are many, or where rows are everybody's.

    Late evidence is about a few, and whoever reads a merchant's history wants to see that it came.
    """
    if "merchant_id" not in rows.column_names or rows["merchant_id"].null_count:
        return {}
    found = rows["merchant_id"].unique()
    return {"merchants": sorted(found.to_pylist())} if len(found) <= MERCHANTS_NAMED else {}


def about(rows: pa.Table) -> dict[str, Any]:
    """Which time rows are about: ``from`` and ``to`` (null: open), or ``months``; nothing for what holds always."""
    if "month" in rows.column_names:
        return {"months": sorted(set(rows["month"].to_pylist()))}
    starts = [pc.min(rows[name]).as_py() for name in STARTS if name in rows.column_names]
    ends = [rows[name] for name in ENDS if name in rows.column_names]
    if not starts or not ends or starts[0] is None:
        return {}
    last_ms = None if ends[0].null_count else pc.max(ends[0]).as_py()
    return {"from": format_instant(starts[0]), "to": None if last_ms is None else format_instant(last_ms)}
