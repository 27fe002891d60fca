"""The audit log: who did what, when, from where, with before and after, in the transaction of the change itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from sla_service.db.tables import AuditRecord

CONTENT = ("at_ms", "actor", "origin", "action", "subject", "before", "after")
"""What an entry says; its number is given by the database, and its place in the chain by sealing."""

READ_ENTRIES = 100
"""Entries in memory at one time; who looks for the newest mostly finds it among these."""
LAST_ENTRY = 2**62
"""Not before any entry."""
State = Mapping[str, Any]


def record_change(
    session: Session,
    *,
    action: str,
    subject: str,
    now_ms: int,
    actor: str,
    before: State | None = None,
    after: State | None = None,
) -> None:
    """Add an entry to the log.

    Args:
        session: Of the change; its ``info["origin"]`` says from where it comes.
        action: What was done: ``run.approve``, ``import.impacts``.
        subject: To what: ``run 3``, ``policy storefront-plus v2``.
        now_ms: When.
        actor: Who.
        before: What it was; None where it was nothing.
        after: What it is.
    """
    said = {
        "at_ms": now_ms,
        "actor": actor,
        "origin": session.info.get("origin", ""),
        "action": action,
        "subject": subject,
        "before": _json(before),
        "after": _json(after),
    }
    session.add(AuditRecord(**said, sha256=audit_sha256(said)))
    session.flush()


def iter_entries(session: Session, subject: str) -> Iterator[AuditRecord]:
    """What was done to something, the newest first; only as much is read as is asked for."""
    before = LAST_ENTRY
    while True:
        query = select(AuditRecord).where(AuditRecord.subject == subject, col(AuditRecord.entry_no) < before)
        some = session.exec(query.order_by(col(AuditRecord.entry_no).desc()).limit(READ_ENTRIES)).all()
        yield from some
        if len(some) < READ_ENTRIES:
            return
        before = some[-1].entry_no or 0


def audit_sha256(entry: Mapping[str, Any]) -> str:
    """The digest of what an entry says."""
    content = json.dumps([entry[name] for name in CONTENT], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _json(state: State | None) -> str | None:
    return None if state is None else json.dumps(state, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
