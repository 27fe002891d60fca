"""Seal the audit log, and keep the chains' heads outside of the database: after what changed something is committed."""

from __future__ import annotations

from pathlib import Path

from sla_service.db.audit import seal_audit
from sla_service.db.chain import find_head
from sla_service.domain.chain import Chain, Checkpoint, Head
from sla_service.formats.checkpoint import append_checkpoint
from sla_service.usecases.transactions import Transaction


def seal_log(transaction: Transaction, checkpoint: Path, *, now_ms: int) -> None:
    """Seal what was logged, in a transaction of its own, and keep the new head."""
    with transaction() as session:
        head = seal_audit(session, now_ms=now_ms)
    keep_heads(checkpoint, head, now_ms=now_ms)


def keep_heads(checkpoint: Path, *heads: Head | None, now_ms: int, run_id: int | None = None) -> None:
    """Write heads to the checkpoint file; only after the commit, for what it says must be there."""
    lines = [Checkpoint(head.chain, head.block_no, head.sha256, now_ms, run_id) for head in heads if head is not None]
    if lines:
        append_checkpoint(checkpoint, *lines)


def keep_issued(transaction: Transaction, checkpoint: Path, run_id: int, *, now_ms: int) -> None:
    """After a run is issued: keep the head that it left, and seal what was logged."""
    with transaction() as session:
        head = find_head(session, Chain.LEDGER.value)
    keep_heads(checkpoint, head, now_ms=now_ms, run_id=run_id)
    seal_log(transaction, checkpoint, now_ms=now_ms)
