"""Chains: blocks appended one writer at a time, and read in order without holding them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Table, select
from sqlalchemy import text as sql
from sqlmodel import Session

from sla_service.db.bulk import copy_in, iter_arrow, schema_of, table_of
from sla_service.db.ordering import by_code_point
from sla_service.db.tables import metadata
from sla_service.domain.chain import Block, Head, Sealed, append

BLOCKS: Table = metadata.tables["chain_blocks"]
_NAMES = tuple(BLOCKS.columns.keys())


def lock_chains(session: Session) -> None:
    """Let nobody else append until the transaction ends.

    It must be the transaction's first statement: what the session sees is settled by the first one that reads, and
    must be what the last writer left. On SQLite every writing transaction is alone already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(sql("LOCK TABLE chain_blocks IN EXCLUSIVE MODE"))


def find_head(session: Session, chain: str) -> Head | None:
    """The newest block of a chain; None before the first."""
    query = select(BLOCKS.c.block_no, BLOCKS.c.sha256).where(BLOCKS.c.chain == chain)
    row = session.connection().execute(query.order_by(BLOCKS.c.block_no.desc()).limit(1)).one_or_none()
    return None if row is None else Head(chain, row.block_no, row.sha256)


def append_blocks(session: Session, chain: str, sealed: Iterable[Sealed], *, now_ms: int) -> Head | None:
    """Append blocks, after ``lock_chains``, and return the new head."""
    head = find_head(session, chain)
    blocks = append(head, chain, sealed, now_ms=now_ms)
    if not blocks:
        return head
    rows = [tuple(getattr(block, name) for name in _NAMES) for block in blocks]
    copy_in(session, BLOCKS, table_of(rows, schema_of(BLOCKS)))
    return Head(chain, blocks[-1].block_no, blocks[-1].sha256)


def iter_blocks(session: Session, chain: str, *, by_key: bool = False) -> Iterator[Block]:
    """The blocks of a chain in order of their numbers, or of their keys by code point."""
    query = select(BLOCKS).where(BLOCKS.c.chain == chain)
    query = query.order_by(by_code_point(session, BLOCKS.c.block) if by_key else BLOCKS.c.block_no)
    for batch in iter_arrow(session, query):
        for row in batch.to_pylist():
            yield Block(**row)


def block_digests(session: Session, chain: str, numbers: Iterable[int]) -> dict[int, str]:
    """Digests of some blocks as they are stored; a block that is not there is left out."""
    query = select(BLOCKS.c.block_no, BLOCKS.c.sha256)
    query = query.where(BLOCKS.c.chain == chain, BLOCKS.c.block_no.in_(list(numbers)))
    return {row.block_no: row.sha256 for row in session.connection().execute(query)}


def has_digest(session: Session, chain: str, sha256: str) -> bool:
    """Whether some block of a chain has this digest."""
    query = select(BLOCKS.c.block_no).where(BLOCKS.c.chain == chain, BLOCKS.c.sha256 == sha256)
    return session.connection().execute(query.limit(1)).first() is not None
