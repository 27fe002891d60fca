"""Seal the audit log, and keep the chains' heads outside of the database: after what changed something is committed."""

from __future__ import annotations

from sla_service.cli.context import Context
from sla_service.db.audit import seal_audit
from sla_service.db.chain import find_head
from sla_service.domain.chain import Chain, Checkpoint, Head
from sla_service.formats.checkpoint import append_checkpoint


def seal(context: Context) -> None:
    """Seal what was logged, in a transaction of its own, and keep the new head."""
    now_ms = context.clock()
    with context.writing() as session:
        head = seal_audit(session, now_ms=now_ms)
    keep(context, head)


def keep(context: Context, *heads: Head | None, run_id: int | None = None) -> None:
    """Write heads to the checkpoint file; only after the commit, for what it says must be there."""
    now_ms = context.clock()
    lines = [Checkpoint(head.chain, head.block_no, head.sha256, now_ms, run_id) for head in heads if head is not None]
    if lines:
        append_checkpoint(context.settings.checkpoint, *lines)


def keep_issued(context: Context, run_id: int) -> None:
    """After a run is issued: keep the head that it left, and seal what was logged."""
    with context.reading() as session:
        head = find_head(session, Chain.LEDGER.value)
    keep(context, head, run_id=run_id)
    seal(context)
