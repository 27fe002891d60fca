"""Book entries and seal them at once, in one block: what imports and expiry do."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.bulk import table_of
from sla_service.db.chain import append_blocks
from sla_service.db.ledger import ledger_schema, save_entries
from sla_service.domain.chain import Chain, Head, Sealed
from sla_service.domain.ledger import CONTENT, LedgerEntry
from sla_service.usecases.book_credits import book


def book_entries(session: Session, entries: Sequence[LedgerEntry], *, now_ms: int) -> Head | None:
    """Store entries of one block, and append the block; after ``lock_chains``.

    Returns:
        The ledger's head.
    """
    schema = pa.schema([ledger_schema().field(name) for name in CONTENT])
    booked = book(table_of([entry.content for entry in entries], schema))
    save_entries(session, booked.entries)
    sealed = [Sealed.of(entries[0].block, booked.digest)] if entries else []
    return append_blocks(session, Chain.LEDGER.value, sealed, now_ms=now_ms)
