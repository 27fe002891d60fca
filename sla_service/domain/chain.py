"""Chains of blocks: entries that were written together are sealed together, each block with the digest of the last one.

Whoever changes, removes or adds an entry later must make its block anew, and every block after it. The newest digest,
kept where the database's owner cannot reach it (a checkpoint), shows even that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

BEGINNING = "0" * 64
"""What the first block has for the digest of the block before it."""
_SEPARATOR = "\x1f"


class Chain(StrEnum):
    """What is sealed: entries of the ledger, of the audit log."""

    LEDGER = "ledger"
    AUDIT = "audit"


class EntriesDigest:
    """What a block says of its entries, added one by one in order of their names by code point (numbers, by size)."""

    def __init__(self) -> None:
        self.first = self.last = ""
        self.count = 0
        self._digest = sha256()

    def add(self, name: str, entry_sha256: str) -> None:
        """Count one entry in."""
        self.first = self.first or name
        self.last = name
        self.count += 1
        self._digest.update(f"{entry_sha256}\n".encode())

    def add_all(self, names: list[str], digests: list[str]) -> None:
        """Count many in."""
        if names:
            self.first, self.last = self.first or names[0], names[-1]
            self.count += len(names)
            self._digest.update("".join(f"{digest}\n" for digest in digests).encode())

    @property
    def sha256(self) -> str:
        """Digest of the entries' digests."""
        return self._digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is sealed in a block: its key, and what ``EntriesDigest`` says of the entries."""

    block: str
    first_entry: str
    last_entry: str
    entries: int
    entries_sha256: str

    @classmethod
    def of(cls, block: str, digest: EntriesDigest) -> Sealed:
        """The entries that were added to a digest."""
        return cls(block, digest.first, digest.last, digest.count, digest.sha256)


@dataclass(frozen=True, slots=True)
class Block:
    """A block as it is stored."""

    chain: str
    block_no: int
    block: str
    first_entry: str
    last_entry: str
    entries: int
    entries_sha256: str
    previous_sha256: str
    sha256: str
    sealed_at_ms: int

    @property
    def digest(self) -> str:
        """What ``sha256`` must be: the digest of everything else that the block says."""
        said = (self.chain, self.block_no, self.block, self.first_entry, self.last_entry, self.entries)
        content = _SEPARATOR.join(map(str, (*said, self.entries_sha256, self.previous_sha256, self.sealed_at_ms)))
        return sha256(content.encode()).hexdigest() if content.count(_SEPARATOR) == len(said) + 2 else ""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block of a chain: what a checkpoint keeps."""

    chain: str
    block_no: int
    sha256: str


def append(head: Head | None, chain: str, sealed: Iterable[Sealed], *, now_ms: int) -> list[Block]:
    """The blocks that follow a head (None: that begin a chain), each linked to the one before it."""
    blocks: list[Block] = []
    block_no, previous = (head.block_no, head.sha256) if head else (0, BEGINNING)
    for one in sealed:
        block_no += 1
        said = (one.first_entry, one.last_entry, one.entries, one.entries_sha256, previous)
        draft = Block(chain, block_no, one.block, *said, "", now_ms)
        previous = draft.digest
        blocks.append(Block(chain, block_no, one.block, *said, previous, now_ms))
    return blocks


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed."""

    rule: str
    """Stable code, for programs: ``entry_changed``."""
    subject: str
    """What was touched: ``entry issued/SCM-2023-09-0000001``, ``ledger block 7 (run-1/7)``."""
    message: str


def name_of(block: Block) -> str:
    """A block for people: its place and what it holds."""
    return f"{block.chain} block {block.block_no} ({block.block})"


def verify_links(blocks: Iterable[Block]) -> Iterator[Finding]:
    """Check blocks in order of their numbers: none missing, each as it was sealed, each linked to the one before it."""
    expected, previous = 1, BEGINNING
    for block in blocks:
        if block.block_no != expected:
            yield _gap(block, expected)
        elif block.previous_sha256 != previous:
            message = f"it does not follow block {expected - 1}: one of the two was replaced"
            yield Finding("link_broken", name_of(block), message)
        if block.digest != block.sha256:
            yield Finding("block_changed", name_of(block), "what the block says is not what was sealed")
        expected, previous = block.block_no + 1, block.sha256


def _gap(block: Block, expected: int) -> Finding:
    missing = f"block {expected}" if block.block_no == expected + 1 else f"blocks {expected} to {block.block_no - 1}"
    return Finding("block_missing", f"{block.chain} {missing}", f"removed before block {block.block_no}")


def compare(block: Block, stored: EntriesDigest, redone: EntriesDigest) -> Finding | None:
    """What a block's entries are now against what was sealed.

    Args:
        block: As it was sealed.
        stored: Of the entries' digests as they stand beside them.
        redone: Of digests made anew from what the entries say.
    """
    if block.entries_sha256 in {stored.sha256, redone.sha256} and block.entries == stored.count:
        return None
    there = f"{stored.count:,} entries, sealed were {block.entries:,}"
    if stored.count < block.entries:
        rule, message = "entries_deleted", f"entries were deleted: there are {there}"
    elif stored.count > block.entries:
        rule, message = "entries_inserted", f"entries were inserted: there are {there}"
    else:
        rule = "entries_replaced"
        message = "as many entries as were sealed, but not the same: replaced, swapped, or changed with their digests"
    span = f"sealed from {block.first_entry} to {block.last_entry}"
    ends = "" if (stored.first, stored.last) == (block.first_entry, block.last_entry) else f" ({span})"
    return Finding(rule, name_of(block), message + ends)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head as it was kept outside of the database."""

    chain: str
    block_no: int
    sha256: str
    at_ms: int
    run_id: int | None = None


def verify_checkpoint(checkpoint: Checkpoint, found_sha256: str | None) -> Finding | None:
    """Check a kept head against the block of the same number (None: there is no such block)."""
    subject = f"{checkpoint.chain} block {checkpoint.block_no}"
    if found_sha256 is None:
        message = "the checkpoint file has its digest, but the chain ends before it: the tail was cut off"
        return Finding("tail_cut", subject, message)
    if found_sha256 != checkpoint.sha256:
        message = (
            f"the checkpoint file has {checkpoint.sha256[:12]}, the database {found_sha256[:12]}: "
            "the chain was written anew, in this block or before it"
        )
        return Finding("rewritten", subject, message)
    return None
