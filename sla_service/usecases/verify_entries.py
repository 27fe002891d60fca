"""Every entry against its digest, and every block against its entries: streams, so that any number of them fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.audit import CONTENT as AUDITED
from sla_service.db.audit import audit_sha256, iter_audit
from sla_service.db.chain import iter_blocks
from sla_service.db.ledger import count_entries, iter_entries
from sla_service.domain.chain import Block, Chain, EntriesDigest, Finding, compare
from sla_service.domain.ledger import CONTENT, digest_entries
from sla_service.usecases.progress import Progress, silent

Row = Mapping[str, Any]
KEPT_PER_BLOCK = 100
"""Changed entries of a block that are named; the rest is counted."""


@dataclass(slots=True)
class Checked:
    """The entries that stand under one block's key: what they come to, and which of them are not as they were."""

    key: str
    block: Block | None = None
    """None if the chain has no such block."""
    stored: EntriesDigest = field(default_factory=EntriesDigest)
    """Of the digests that stand beside the entries."""
    redone: EntriesDigest = field(default_factory=EntriesDigest)
    """Of digests made anew."""
    changed: list[Row] = field(default_factory=list)
    changed_count: int = 0
    sample: Row | None = None
    """One that is as it was, if there is any: the others of a block were written with it."""

    @property
    def finding(self) -> Finding | None:
        """What is wrong with the block as a whole."""
        return None if self.block is None else compare(self.block, self.stored, self.redone)

    @property
    def is_sealed_as_stored(self) -> bool:
        """Whether the digests beside the entries are those that were sealed: then it is the entries that changed."""
        return self.block is not None and self.block.entries_sha256 == self.stored.sha256

    @property
    def is_sealed_as_redone(self) -> bool:
        """Whether what the entries say was sealed: then it is their digests that changed."""
        return self.block is not None and self.block.entries_sha256 == self.redone.sha256

    def add(self, rows: pa.RecordBatch, digests: list[str]) -> None:
        """Count entries in, in their order."""
        names, stored = rows["entry_id"].to_pylist(), rows["sha256"].to_pylist()
        self.stored.add_all(names, stored)
        self.redone.add_all(names, digests)
        if stored != digests:
            for i, (one, other) in enumerate(zip(stored, digests, strict=True)):
                if one != other:
                    self.note(rows.slice(i, 1).to_pylist()[0])
        if self.sample is None:
            same = next((i for i, digest in enumerate(digests) if digest == stored[i]), None)
            self.sample = None if same is None else rows.slice(same, 1).to_pylist()[0]

    def note(self, row: Row) -> None:
        """An entry that is not as it was."""
        self.changed_count += 1
        if len(self.changed) < KEPT_PER_BLOCK:
            self.changed.append(row)


def check_ledger(session: Session, progress: Progress = silent) -> Iterator[Checked]:
    """The ledger's blocks with their entries, in order of their keys; entries under a key without a block as well."""
    blocks = iter_blocks(session, Chain.LEDGER.value, by_key=True)
    block = next(blocks, None)
    for found in _by_block(session, progress):
        while block is not None and block.block < found.key:
            yield Checked(block.block, block)
            block = next(blocks, None)
        if block is not None and block.block == found.key:
            found.block, block = block, next(blocks, None)
        yield found
    while block is not None:
        yield Checked(block.block, block)
        block = next(blocks, None)


def _by_block(session: Session, progress: Progress) -> Iterator[Checked]:
    """Entries by the key of their block; a block may go over several batches."""
    current: Checked | None = None
    done, whole = 0, count_entries(session)
    for batch in iter_entries(session):
        digests = digest_entries([batch[name].to_pylist() for name in CONTENT])
        start = 0
        for key, rows in groupby(batch["block"].to_pylist()):
            count = sum(1 for _ in rows)
            if current is None or current.key != key:
                if current is not None:
                    yield current
                current = Checked(key)
            current.add(batch.slice(start, count), digests[start : start + count])
            start += count
        done += batch.num_rows
        progress("Verifying entries", done, whole)
    if current is not None:
        yield current


def check_audit(session: Session) -> Iterator[Checked]:
    """The audit log's blocks with their entries, in order; at last, under no key, what is not sealed yet.

    A block holds everything from the end of the one before it to its own last entry, so that an entry which is put in
    later falls into one.
    """
    entries = iter_audit(session)
    row = next(entries, None)
    for block in iter_blocks(session, Chain.AUDIT.value):
        found = Checked(block.block, block)
        last = int(block.last_entry) if block.last_entry.isdecimal() else 0
        while row is not None and row["entry_no"] <= last:
            _add_audit(found, row)
            row = next(entries, None)
        yield found
    rest = Checked("")
    while row is not None:
        _add_audit(rest, row)
        row = next(entries, None)
    yield rest


def _add_audit(found: Checked, row: Row) -> None:
    name, digest = str(row["entry_no"]), audit_sha256({name: row[name] for name in AUDITED})
    found.stored.add(name, row["sha256"])
    found.redone.add(name, digest)
    if digest != row["sha256"]:
        found.note(row)
