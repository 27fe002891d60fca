"""Keep the digest of an export: an issued run's export never changes, and whoever gets another one is told."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from sla_service.db.audit import record_change
from sla_service.db.exports import find_export, save_export
from sla_service.db.tables import ExportRecord
from sla_service.domain.errors import ConflictError
from sla_service.domain.instants import format_instant


@dataclass(frozen=True, slots=True)
class MadeExport:
    """A complete export."""

    run_id: int
    kind: str
    options: str
    sha256: str
    """Of the file; of the control file, which has the digests of all others, where there are several."""
    bytes: int
    rows: int


def check_export(session: Session, made: MadeExport) -> bool:
    """Whether these very bytes were recorded before; False if nothing was.

    Raises:
        ConflictError: Others were; both digests are named.
    """
    before = find_export(session, made.run_id, made.kind, made.options)
    if before is None:
        return False
    if before.sha256 != made.sha256:
        message = (
            f"the export {made.kind} of run {made.run_id} is not the one that {before.made_by} made on "
            f"{format_instant(before.made_at_ms)}: it was {before.sha256} ({before.rows:,} rows, {before.bytes:,} "
            f"bytes), and is {made.sha256} now ({made.rows:,} rows, {made.bytes:,} bytes). Nothing was written. Use "
            f"the file from then, and look at `sla reconcile {made.run_id}`"
        )
        raise ConflictError("export_changed", message)
    return True


def record_export(session: Session, made: MadeExport, *, now_ms: int, actor: str) -> bool:
    """Record an export's digest if it is the first of its kind and settings; whether it was.

    Raises:
        ConflictError: Another one was recorded before, or is being recorded at this moment.
    """
    if check_export(session, made):
        return False
    record = ExportRecord(
        run_id=made.run_id,
        kind=made.kind,
        options=made.options,
        sha256=made.sha256,
        bytes=made.bytes,
        rows=made.rows,
        made_at_ms=now_ms,
        made_by=actor,
    )
    save_export(session, record)
    after = record.model_dump(exclude={"run_id", "made_at_ms", "made_by"})
    record_change(session, action="run.export", subject=f"run {made.run_id}", now_ms=now_ms, actor=actor, after=after)
    return True
