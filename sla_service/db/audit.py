"""The audit log: who did what, when, from where, with before and after, in the transaction of the change itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
from sqlalchemy import Select, Table, func, select
from sqlalchemy import text as sql
from sqlmodel import Session, col
from sqlmodel import select as select_records

from sla_service.db.bulk import READ_ROWS, copy_in, iter_arrow, schema_of, table_of
from sla_service.db.chain import BLOCKS, append_blocks, lock_chains
from sla_service.db.tables import AuditRecord, metadata
from sla_service.domain.chain import Chain, EntriesDigest, Head, Sealed

KNOWN = 20_000
"""Things said in a column that are looked at."""
AUDIT: Table = metadata.tables["audit_log"]

CONTENT = ("at_ms", "actor", "origin", "action", "subject", "before", "after")
"""What an entry says; its number is given by the database, and its place in the chain by sealing."""

READ_ENTRIES = 100
"""Entries in memory at one time; who looks for the newest mostly finds it among these."""
LAST_ENTRY = 2**62
"""Not before any entry."""
State = Mapping[str, Any]
Change = tuple[str, State, State]
"""Subject, before and after."""


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes rows, and when."""

    actor: str
    now_ms: int


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
        query = select_records(AuditRecord).where(AuditRecord.subject == subject, col(AuditRecord.entry_no) < before)
        some = session.exec(query.order_by(col(AuditRecord.entry_no).desc()).limit(READ_ENTRIES)).all()
        yield from some
        if len(some) < READ_ENTRIES:
            return
        before = some[-1].entry_no or 0


def subject_of_row(table: str, key: Sequence[str], merchant_id: str | None) -> str:
    """What the log calls a row of evidence: whoever asks for a merchant finds all rows that are about it alone."""
    named = f"{table} {'/'.join(key)}"
    return named if merchant_id is None else f"merchant {merchant_id}: {named}"


def record_rows(session: Session, changes: Iterable[Change], *, action: str, editor: Editor) -> None:
    """Log rows that are replaced, an entry each, some thousand at a time."""
    schema = pa.schema([field for field in schema_of(AUDIT) if field.name != "entry_no"])
    head = (editor.now_ms, editor.actor, session.info.get("origin", ""), action)
    found = iter(changes)
    while part := list(islice(found, READ_ROWS)):
        rows = [(*head, subject, _json(before), _json(after)) for subject, before, after in part]
        digests = [audit_sha256(dict(zip(CONTENT, row, strict=True))) for row in rows]
        copy_in(session, AUDIT, table_of([(*row, sha256) for row, sha256 in zip(rows, digests, strict=True)], schema))


def audit_sha256(entry: Mapping[str, Any]) -> str:
    """The digest of what an entry says."""
    content = json.dumps([entry[name] for name in CONTENT], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _json(state: State | None) -> str | None:
    return None if state is None else json.dumps(state, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def iter_audit(session: Session, *, after: int = 0) -> Iterator[dict[str, Any]]:
    """Entries with a higher number, in order of their numbers, some thousand in memory at a time."""
    query = select(AUDIT).where(AUDIT.c.entry_no > after).order_by(AUDIT.c.entry_no)
    for batch in iter_arrow(session, query):
        for start in range(0, batch.num_rows, READ_ROWS):
            yield from batch.slice(start, READ_ROWS).to_pylist()


def seal_audit(session: Session, *, now_ms: int) -> Head | None:
    """Seal what was logged since the last block, in one block: a short transaction of its own.

    Nothing may have been done in it before. The locks, taken in this order by everybody who takes both, wait for
    changes on their way, so that none of them can end up with a number below the last one that is sealed.

    Returns:
        The chain's new head; None if nothing was logged since.
    """
    lock_chains(session)
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(sql("LOCK TABLE audit_log IN SHARE ROW EXCLUSIVE MODE"))
    last = session.connection().execute(_last_sealed()).scalar_one_or_none()
    digest = EntriesDigest()
    for row in iter_audit(session, after=int(last or 0)):
        digest.add(str(row["entry_no"]), row["sha256"])
    if not digest.count:
        return None
    sealed = Sealed.of(f"audit/{digest.first}-{digest.last}", digest)
    return append_blocks(session, Chain.AUDIT.value, [sealed], now_ms=now_ms)


def _last_sealed() -> Select[Any]:
    newest = select(BLOCKS.c.last_entry).where(BLOCKS.c.chain == Chain.AUDIT.value)
    return newest.order_by(BLOCKS.c.block_no.desc()).limit(1)


def list_audit(
    session: Session,
    *,
    subject: str | None = None,
    actor: str | None = None,
    since_ms: int | None = None,
    limit: int,
) -> list[AuditRecord]:
    """The newest entries, the newest last: about a subject (or all whose name begins so), by somebody, since then."""
    query = select_records(AuditRecord)
    if subject is not None:
        # A run's batches and imports' files are subjects under it.
        query = query.where(col(AuditRecord.subject).startswith(subject, autoescape=True))
    if actor is not None:
        query = query.where(AuditRecord.actor == actor)
    if since_ms is not None:
        query = query.where(AuditRecord.at_ms >= since_ms)
    newest = session.exec(query.order_by(col(AuditRecord.entry_no).desc()).limit(limit))
    return list(reversed(newest.all()))


def find_change(session: Session, subject: str) -> AuditRecord | None:
    """The first entry about exactly this."""
    query = select_records(AuditRecord).where(AuditRecord.subject == subject)
    return session.exec(query.order_by(col(AuditRecord.entry_no)).limit(1)).first()


def list_known(session: Session) -> dict[str, list[Any]]:
    """Everything that the columns say in which few things are said, and nothing, for those that may say nothing."""
    columns = (AUDIT.c.actor, AUDIT.c.origin, AUDIT.c.action, AUDIT.c.subject, AUDIT.c.at_ms)
    found = {
        column.name: sorted(session.connection().execute(select(column).distinct().limit(KNOWN)).scalars())
        for column in columns
    }
    return {**found, "before": [None], "after": [None]}


def is_logged_since(session: Session, subject: str, since: str, actions: Sequence[str]) -> bool | None:
    """Whether some actions were logged after the first time that something was done to a subject.

    Args:
        session: Open.
        subject: As ``run 3``.
        since: The action that is looked for first: ``run.plan``.
        actions: The actions that may have come after it.

    Returns:
        None if the log knows nothing of the first one.
    """
    run_sql = session.connection().execute
    first = select(func.min(AUDIT.c.entry_no)).where(AUDIT.c.subject == subject, AUDIT.c.action == since)
    entry_no = run_sql(first).scalar_one()
    if entry_no is None:
        return None
    later = select(AUDIT.c.entry_no).where(AUDIT.c.entry_no > entry_no, AUDIT.c.action.in_(actions))
    return run_sql(later.limit(1)).first() is not None
