"""Book what a run states: an entry per statement with money, and the seal over all of them at the end."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlmodel import Session, col, select

from sla_service.db.chain import append_blocks, lock_chains
from sla_service.db.ledger import ledger_schema, sum_blocks
from sla_service.db.tables import RunBatchRecord
from sla_service.domain.chain import Chain, EntriesDigest, Head, Sealed
from sla_service.domain.errors import ConflictError
from sla_service.domain.ledger import CONTENT, MOVES, EntryKind, digest_entries

ISSUED, REVERSED = EntryKind.ISSUED.value, EntryKind.REVERSED.value


@dataclass(frozen=True, slots=True)
class Booked:
    """Entries to store, in order of their names by code point, and what seals them."""

    entries: pa.Table
    digest: EntriesDigest

    @property
    def entries_sha256(self) -> str | None:
        """For ``run_batches.ledger_sha256``; None where there is nothing to seal."""
        return self.digest.sha256 if self.digest.count else None


def block_of(run_id: int, batch_no: int) -> str:
    """The key of a batch's block."""
    return f"run-{run_id}/{batch_no}"


def entries_for_statements(statements: pa.Table) -> Booked:
    """The entries of statements of one block.

    Args:
        statements: number, merchant_id, currency, total_minor, effective_on, run_id, block, recorded_at_ms,
            recorded_by; optionally reason. A negative total takes back, a total of 0 (service time alone) is no money
            and has no entry.
    """
    moved = statements.filter(pc.not_equal(statements["total_minor"], 0)).combine_chunks()
    grants = pc.greater(moved["total_minor"], 0)
    kind = pc.if_else(grants, ISSUED, REVERSED)
    nothing = pa.nulls(moved.num_rows, pa.string())
    columns = {
        **{name: moved[name] for name in moved.column_names if name != "total_minor"},
        "entry_id": pc.binary_join_element_wise(kind, moved["number"], "/"),
        "kind": kind,
        "account_debit": pc.if_else(grants, MOVES[ISSUED][0], MOVES[REVERSED][0]),
        "account_credit": pc.if_else(grants, MOVES[ISSUED][1], MOVES[REVERSED][1]),
        "amount_minor": pc.abs(moved["total_minor"]),
        "reason": moved["reason"] if "reason" in moved.column_names else nothing,
        "reference": nothing,
    }
    return book(pa.table({name: columns[name] for name in CONTENT}))


def book(content: pa.Table) -> Booked:
    """Entries of one block, without their digests: put in order and digested."""
    ordered = content.sort_by("entry_id")
    digests = digest_entries([column.to_pylist() for column in ordered.columns])
    digest = EntriesDigest()
    digest.add_all(ordered["entry_id"].to_pylist(), digests)
    entries = ordered.append_column("sha256", pa.array(digests, pa.string()))
    return Booked(entries.select(ledger_schema().names).cast(ledger_schema()), digest)


def seal_run(session: Session, run_id: int, *, now_ms: int) -> Head | None:
    """Seal what the batches of a run wrote: a block each, in order of the batches.

    The caller begins its transaction with ``lock_chains``, before it reads anything.

    Returns:
        The ledger's head, to be kept in ``runs.ledger_head`` and, after the commit, in the checkpoint file; None if
        nothing was ever booked.

    Raises:
        ConflictError: A batch has no entries although it wrote some, or the reverse.
    """
    lock_chains(session)
    written = sum_blocks(session, run_id)
    batches = select(RunBatchRecord.batch_no, RunBatchRecord.ledger_sha256).where(
        RunBatchRecord.run_id == run_id, col(RunBatchRecord.ledger_sha256).is_not(None)
    )
    digests = {block_of(run_id, batch_no): sha256 for batch_no, sha256 in sorted(session.exec(batches))}
    if digests.keys() != written.keys():
        odd = ", ".join(sorted(digests.keys() ^ written.keys()))
        raise ConflictError("entries", f"the ledger and the batches of run {run_id} disagree about {odd}")
    sealed = [Sealed(block, *written[block], str(sha256)) for block, sha256 in digests.items()]
    return append_blocks(session, Chain.LEDGER.value, sealed, now_ms=now_ms)
