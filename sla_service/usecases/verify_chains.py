"""Verify ledger and audit log: every entry, every block, every link, and the heads that were kept outside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlmodel import Session

from sla_service.db.chain import block_digests, find_head, has_digest, iter_blocks
from sla_service.db.guards import missing
from sla_service.db.runs import list_runs
from sla_service.domain.chain import (
    Block,
    Chain,
    Checkpoint,
    Finding,
    Head,
    verify_checkpoint,
    verify_links,
)
from sla_service.domain.errors import Problem
from sla_service.usecases.name_changes import name_audit_changes, name_changes, name_suspects
from sla_service.usecases.progress import Progress, silent
from sla_service.usecases.verify_entries import Checked, check_audit, check_ledger

MAX_FINDINGS = 1_000
"""Findings that are named; the rest is counted, so that a ledger of any size that is wholly wrong fits in memory."""
_RUN_BLOCK = re.compile(r"run-([1-9][0-9]{0,17})/[1-9][0-9]*", re.ASCII)
_CHECKPOINTS = 500
"""Checkpoints that are compared at once."""


@dataclass(slots=True)
class Verified:
    """What a verification came to."""

    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    """How many there are, named or not."""
    blocks: dict[str, int] = field(default_factory=dict)
    """By chain."""
    entries: dict[str, int] = field(default_factory=dict)
    """By chain, sealed or not."""
    unsealed: dict[str, int] = field(default_factory=dict)
    """By chain: entries that no block covers yet, as they may be."""
    heads: dict[str, Head] = field(default_factory=dict)
    checkpoints: int = 0
    """Kept heads that were compared."""
    kept: set[Head] = field(default_factory=set)
    """Which of the heads the checkpoint file has."""

    @property
    def is_intact(self) -> bool:
        """Whether everything is as it was sealed."""
        return not self.found

    def note(self, finding: Finding) -> None:
        """Count a finding, and keep it if there are not too many."""
        self.found += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)


def verify_chains(
    session: Session, checkpoints: Iterable[Checkpoint | Problem] = (), *, progress: Progress = silent
) -> Verified:
    """Walk both chains.

    Args:
        session: Open; nothing is changed. It sees one state of the database.
        checkpoints: Heads as they were kept outside, and lines that cannot be read.
        progress: Told how many entries were verified.
    """
    verified = Verified()
    for chain in Chain:
        for finding in verify_links(_counted(session, chain.value, verified)):
            verified.note(finding)
        if (head := find_head(session, chain.value)) is not None:
            verified.heads[chain.value] = head
    issuing = {run.run_id for run in list_runs(session) if run.state == "issuing"}
    for checked in check_ledger(session, progress):
        _ledger_block(session, verified, checked, issuing)
    for checked in check_audit(session):
        _audit_block(session, verified, checked)
    for finding in (*_run_heads(session), *_guards(session)):
        verified.note(finding)
    _against(session, verified, checkpoints)
    return verified


def _counted(session: Session, chain: str, verified: Verified) -> Iterator[Block]:
    verified.blocks[chain] = verified.entries[chain] = verified.unsealed[chain] = 0
    for block in iter_blocks(session, chain):
        verified.blocks[chain] += 1
        yield block


def _ledger_block(session: Session, verified: Verified, checked: Checked, issuing: set[int]) -> None:
    verified.entries["ledger"] += checked.stored.count
    for change in name_changes(session, checked):
        verified.note(change)
    if checked.block is None:
        match = _RUN_BLOCK.fullmatch(checked.key)
        if match and int(match[1]) in issuing:
            verified.unsealed["ledger"] += checked.stored.count
            return
        message = f"{checked.stored.count:,} entries that no block seals, from {checked.stored.first}"
        verified.note(Finding("entries_unsealed", f"ledger block {checked.key}", message))
    elif (finding := checked.finding) is not None:
        verified.note(finding)
        for suspect in name_suspects(session, checked):
            verified.note(suspect)


def _audit_block(session: Session, verified: Verified, checked: Checked) -> None:
    verified.entries["audit"] += checked.stored.count
    if checked.block is None:
        verified.unsealed["audit"] += checked.stored.count
    for change in name_audit_changes(session, checked):
        verified.note(change)
    if (finding := checked.finding) is not None:
        verified.note(finding)


def _run_heads(session: Session) -> Iterator[Finding]:
    """The head that a run shows is in the chain."""
    for run in list_runs(session):
        if run.ledger_head is not None and not has_digest(session, Chain.LEDGER.value, run.ledger_head):
            message = f"it shows {run.ledger_head[:12]} as the ledger's head, and no block has that digest any more"
            yield Finding("run_head", f"run {run.run_id}", message)


def _guards(session: Session) -> Iterator[Finding]:
    for name in missing(session.connection()):
        message = "this guard against changes was taken away or switched off; `sla db upgrade` puts it back"
        yield Finding("guard_missing", name, message)


def _against(session: Session, verified: Verified, checkpoints: Iterable[Checkpoint | Problem]) -> None:
    """Compare kept heads, some hundred at a time: a file may have a line for every run of many years."""
    waiting: list[Checkpoint] = []
    for one in checkpoints:
        if isinstance(one, Problem):
            message = f"{one.message} (found {one.value!r}): it was edited"
            verified.note(Finding("checkpoint_damaged", f"checkpoint file, line {one.line}", message))
            continue
        waiting.append(one)
        if len(waiting) == _CHECKPOINTS:
            _compare(session, verified, waiting)
            waiting = []
    _compare(session, verified, waiting)


def _compare(session: Session, verified: Verified, checkpoints: list[Checkpoint]) -> None:
    for chain in Chain:
        mine = [one for one in checkpoints if one.chain == chain.value]
        digests = block_digests(session, chain.value, (one.block_no for one in mine))
        for one in mine:
            verified.checkpoints += 1
            finding = verify_checkpoint(one, digests.get(one.block_no))
            if finding is not None:
                verified.note(finding)
            elif (head := Head(chain.value, one.block_no, one.sha256)) == verified.heads.get(chain.value):
                verified.kept.add(head)
