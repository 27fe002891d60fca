"""Issue one batch of a run: its statements frozen, the credits that they state, their entries, and a message each."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc
from sqlmodel import Session

from sla_service.db.credits import load_credits, load_gone, load_lines, stated_partners
from sla_service.db.ledger import save_entries
from sla_service.db.outbox import save_outbox
from sla_service.db.parties import load_merchants, load_partners
from sla_service.db.run_batches import list_batches
from sla_service.db.stated_before import accounts_of, latest_numbers
from sla_service.db.statements import load_stated_of_partners, save_statements
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.errors import ConflictError
from sla_service.domain.instants import to_datetime
from sla_service.usecases.bind_run import issuer_in
from sla_service.usecases.book_credits import block_of, entries_for_statements
from sla_service.usecases.calculate_run import credits_digest, is_stated
from sla_service.usecases.correct_credits import merchants_of
from sla_service.usecases.frozen_incidents import frozen_incidents
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.write_statements import Issue, Rows, merchant_statements, partner_statements

BATCH = 10_000
"""Merchants whose statements are in memory at one time."""


class BatchIssue:
    """One batch's issue, and what it looks up once."""

    def __init__(self, session: Session, run: RunRecord) -> None:
        self.session, self.run = session, run
        self.issuer = issuer_in(json.loads(run.binding or "{}"))
        self.policies = {policy.digest: policy for policy in published_policies(session)}
        self.incidents = frozen_incidents(run)

    def issue_merchants(self, batch: RunBatchRecord, numbers: tuple[int, int]) -> str | None:
        """One statement per merchant and currency with something to state, in order of the merchants.

        Returns:
            The digest of the batch's entries; None where none of them is about money.
        """
        run_id = self.run.run_id
        credits, lines = self._credits(batch, numbers), load_lines(self.session, run_id, numbers)
        if credits_digest(credits, lines) != batch.figures_sha256:
            message = f"the figures of batch {batch.batch_no} of run {run_id} are not those that were approved"
            raise ConflictError("digest_changed", message)
        stated = credits.filter(is_stated(credits)).combine_chunks()
        # Credits of contracts that are gone come last in the batch, and belong to their merchant's others.
        stated = stated.sort_by([("merchant_id", "ascending"), ("credit_no", "ascending")])
        number = batch.first_number or 0
        owed: list[pa.Table] = []
        for part in _by_merchants(stated):
            ids = part["merchant_id"].unique().to_pylist()
            behind = lines.filter(pc.is_in(lines["credit_no"], part["credit_no"].combine_chunks()))
            rows = merchant_statements(
                self._issue("merchant", ids),
                part,
                behind,
                merchants=load_merchants(self.session, ids),
                policies=self.policies,
                incidents=self.incidents,
                first_number=number,
            )
            self._save(rows)
            number += rows.statements.num_rows
            owed.append(rows.owed)
        return self._book(pa.concat_tables(owed), batch) if owed else None

    def _credits(self, batch: RunBatchRecord, numbers: tuple[int, int]) -> pa.Table:
        credits = load_credits(self.session, self.run.run_id, numbers)
        if self.run.kind != "correction":
            return credits
        batches = list_batches(self.session, self.run.run_id, "merchants")
        gone = load_gone(self.session, self.run.run_id, merchants_of(batches, batch.batch_no))
        return pa.concat_tables([credits, gone])

    def _book(self, owed: pa.Table, batch: RunBatchRecord) -> str | None:
        run, rows = self.run, owed.num_rows
        day = to_datetime(run.issued_at_ms or 0).date().isoformat()
        common = {
            "effective_on": day,
            "run_id": run.run_id,
            "block": block_of(run.run_id, batch.batch_no),
            "recorded_at_ms": run.issued_at_ms or 0,
            "recorded_by": run.issued_by or "",
            "reason": run.reason,
        }
        for name, value in common.items():
            kind = pa.int64() if isinstance(value, int) else pa.string()
            owed = owed.append_column(name, pa.array([value] * rows, kind))
        booked = entries_for_statements(owed)
        save_entries(self.session, booked.entries)
        return booked.entries_sha256

    def issue_partners(self, batch: RunBatchRecord) -> None:
        """One statement per partner with such a merchant: the same amounts as the merchants' own."""
        every = stated_partners(self.session, self.run.run_id)
        ids = [one for one in every if batch.first_id <= one <= batch.last_id]
        lines = load_stated_of_partners(self.session, self.run.run_id, ids)
        lines = lines.sort_by([("partner_id", "ascending"), ("number", "ascending")])
        partners, first_number = load_partners(self.session), batch.first_number or 0
        issue = self._issue("partner", ids)
        self._save(
            partner_statements(issue, lines, partners=partners, policies=self.policies, first_number=first_number)
        )

    def _issue(self, kind: str, ids: list[str]) -> Issue:
        run = self.run
        corrects: dict[tuple[str, str], str] = {}
        if run.kind == "correction":
            corrects = latest_numbers(self.session, run.period, kind, ids)
        void_reason = ""
        if run.voids is not None and kind == "merchant":
            corrects, void_reason = dict.fromkeys(corrects, run.voids), run.reason or ""
        accounts = accounts_of(self.session, corrects.values())
        said = (run.run_id, run.period, run.revision, run.issued_at_ms or 0, self.issuer, corrects, void_reason)
        return Issue(*said, accounts)

    def _save(self, rows: Rows) -> None:
        """Snapshots, the credits they state, and one message each."""
        save_statements(self.session, rows.statements, rows.statement_credits)
        save_outbox(self.session, rows.outbox)


def _by_merchants(stated: pa.Table) -> list[pa.Table]:
    """Credits in parts, each with all of some merchants."""
    ids = stated["merchant_id"].to_pylist()
    starts = [i for i, one in enumerate(ids) if not i or one != ids[i - 1]][::BATCH]
    ends = [*starts[1:], len(ids)][: len(starts)]
    return [stated.slice(start, end - start) for start, end in zip(starts, ends, strict=True)]
