"""Issue one batch of a run: its statements frozen, the credits that they state, a message and a booking each."""

from __future__ import annotations

import json

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.credits import load_credits, load_lines, stated_partners
from sla_service.db.incidents import list_incidents
from sla_service.db.ledger import save_entries
from sla_service.db.outbox import save_outbox
from sla_service.db.parties import load_merchants, load_partners
from sla_service.db.statements import load_stated_of_partners, save_statements
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.errors import ConflictError
from sla_service.domain.instants import to_datetime
from sla_service.usecases.bind_run import issuer_in
from sla_service.usecases.book_credits import block_of, entries_for_statements
from sla_service.usecases.calculate_run import credits_digest, is_stated
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.write_statements import Issue, Rows, merchant_statements, partner_statements


class BatchIssue:
    """One batch's issue, and what it looks up once."""

    def __init__(self, session: Session, run: RunRecord) -> None:
        self.session, self.run = session, run
        self.issue = Issue(
            run_id=run.run_id,
            period=run.period,
            revision=run.revision,
            issued_at_ms=run.issued_at_ms or 0,
            issuer=issuer_in(json.loads(run.binding or "{}")),
            corrects={},
        )
        self.policies = {policy.digest: policy for policy in published_policies(session)}

    def of_merchants(self, batch: RunBatchRecord, numbers: tuple[int, int]) -> str | None:
        """One statement per merchant and currency with something to state, in order of the credits.

        Returns:
            What seals the bookings; None if no money is stated.

        Raises:
            ConflictError: What is stored is not what was approved.
        """
        run_id = self.run.run_id
        credits, lines = load_credits(self.session, run_id, numbers), load_lines(self.session, run_id, numbers)
        if credits_digest(credits, lines) != batch.figures_sha256:
            message = f"the figures of batch {batch.batch_no} of run {run_id} are not those that were approved"
            raise ConflictError("digest_changed", message)
        stated = credits.filter(is_stated(credits)).combine_chunks()
        rows = merchant_statements(
            self.issue,
            stated,
            lines,
            merchants=load_merchants(self.session, stated["merchant_id"].unique().to_pylist()),
            policies=self.policies,
            incidents={incident.incident_id: incident for incident in list_incidents(self.session)},
            first_number=batch.first_number or 0,
        )
        self._save(rows)
        booked = entries_for_statements(self._owed(rows.owed, batch))
        save_entries(self.session, booked.entries)
        return booked.entries_sha256

    def of_partners(self, batch: RunBatchRecord) -> None:
        """One statement per partner with such a merchant: the same amounts as the merchants' own."""
        ids = [one for one in stated_partners(self.session, self.run.run_id) if batch.first_id <= one <= batch.last_id]
        rows = partner_statements(
            self.issue,
            load_stated_of_partners(self.session, self.run.run_id, ids),
            partners=load_partners(self.session),
            policies=self.policies,
            first_number=batch.first_number or 0,
        )
        self._save(rows)

    def _owed(self, owed: pa.Table, batch: RunBatchRecord) -> pa.Table:
        """What statements owe, with when and by whom it is booked."""
        run, rows = self.run, owed.num_rows
        said = {
            "effective_on": to_datetime(self.issue.issued_at_ms).date().isoformat(),
            "run_id": run.run_id,
            "block": block_of(run.run_id, batch.batch_no),
            "recorded_at_ms": self.issue.issued_at_ms,
            "recorded_by": run.issued_by or "",
        }
        for name, value in said.items():
            owed = owed.append_column(
                name, pa.array([value] * rows, pa.int64() if isinstance(value, int) else pa.string())
            )
        return owed

    def _save(self, rows: Rows) -> None:
        save_statements(self.session, rows.statements, rows.statement_credits)
        save_outbox(self.session, rows.outbox)
