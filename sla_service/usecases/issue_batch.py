"""Issue one batch of a run: its statements frozen, with the credits that they state and a message each."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.bulk import rows_of, schema_of, table_of
from sla_service.db.credits import load_credits, load_lines, stated_partners
from sla_service.db.incidents import list_incidents
from sla_service.db.outbox import save_outbox
from sla_service.db.parties import load_merchants, load_partners
from sla_service.db.statements import load_stated_of_partners, save_statements
from sla_service.db.tables import RunBatchRecord, RunRecord, metadata
from sla_service.domain.errors import ConflictError
from sla_service.domain.instants import to_datetime
from sla_service.domain.money import Money
from sla_service.domain.parties import Merchant, Partner
from sla_service.domain.statements import (
    MerchantLine,
    Recipient,
    Statement,
    StatementKind,
    snapshot_sha256,
    statement_to_json,
)
from sla_service.usecases.bind_run import issuer_in
from sla_service.usecases.calculate_run import credits_digest, is_stated
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.state_credits import state_credit

QUESTIONS_DAYS = 60
"""How long a merchant can question a line; long enough to see the credit on the next invoice first."""

BATCH = 1_000
"""Statements in memory at one time."""

Row = Mapping[str, Any]


class BatchIssue:
    """One batch's issue, and what it looks up once."""

    def __init__(self, session: Session, run: RunRecord) -> None:
        self.session, self.now_ms = session, run.issued_at_ms or 0
        self.issuer = issuer_in(json.loads(run.binding or "{}"))
        self.run_id, self.period, self.revision = run.run_id, run.period, run.revision
        self.policies = {policy.digest: policy for policy in published_policies(session)}
        self.incidents = {incident.incident_id: incident for incident in list_incidents(session)}

    def issue_merchants(self, batch: RunBatchRecord, numbers: tuple[int, int]) -> None:
        """One statement per merchant and currency with something to state, in order of the credits."""
        credits, lines = (
            load_credits(self.session, self.run_id, numbers),
            load_lines(self.session, self.run_id, numbers),
        )
        if credits_digest(credits, lines) != batch.figures_sha256:
            message = f"the figures of batch {batch.batch_no} of run {self.run_id} are not those that were approved"
            raise ConflictError("digest_changed", message)
        credited = credits.filter(is_stated(credits)).combine_chunks()
        keys = list(zip(credited["merchant_id"].to_pylist(), credited["currency"].to_pylist(), strict=True))
        # A merchant's rows are neighbours, but its currencies may alternate.
        owed = list(dict.fromkeys(keys))
        at: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i, key in enumerate(keys):
            at[key].append(i)
        first = batch.first_number or 0
        behind = _LinesByCredit(lines)
        for start in range(0, len(owed), BATCH):
            some = owed[start : start + BATCH]
            merchants = load_merchants(self.session, (merchant_id for merchant_id, _ in some))
            statements = [
                self._merchant_statement(
                    first + start + n,
                    merchants[key[0]],
                    credited.take(at[key]).to_pylist(),
                    behind,
                )
                for n, key in enumerate(some)
            ]
            self._save(statements)

    def _merchant_statement(
        self,
        number: int,
        merchant: Merchant,
        rows: Sequence[Row],
        behind: _LinesByCredit,
    ) -> Statement:
        stated = tuple(
            state_credit(
                row,
                behind.rows(row["credit_no"]),
                policy=self.policies[row["policy_digest"]],
                incidents=self.incidents,
                issued_on=to_datetime(self.now_ms, merchant.time_zone).date(),
                issuer=self.issuer.name,
            )
            for row in rows
        )
        return Statement(**self._statement(StatementKind.MERCHANT, number, merchant), credits=stated)

    def issue_partners(self, batch: RunBatchRecord) -> None:
        """One statement per partner with such a merchant: the same amounts as the merchants' own."""
        under: dict[str, list[MerchantLine]] = defaultdict(list)
        ids = [one for one in stated_partners(self.session, self.run_id) if batch.first_id <= one <= batch.last_id]
        for row in rows_of(load_stated_of_partners(self.session, self.run_id, ids)):
            under[row["partner_id"]].append(self._merchant_line(row))
        partners = load_partners(self.session)
        self._save(
            [
                Statement(
                    **self._statement(StatementKind.PARTNER, (batch.first_number or 0) + i, partners[partner_id]),
                    merchants=tuple(under[partner_id]),
                )
                for i, partner_id in enumerate(sorted(under))
            ],
        )

    def _merchant_line(self, row: Row) -> MerchantLine:
        is_metric = self.policies[row["policy_digest"]].is_metric
        return MerchantLine(
            merchant_id=row["merchant_id"],
            name=row["party_name"],
            statement_number=row["number"],
            service=row["service"],
            availability="" if is_metric else row["availability"],
            target="" if is_metric else row["target"] or "",
            amount=Money(row["currency"], row["stated_minor"]),
            service_ms=row["stated_service_ms"],
        )

    def _statement(self, kind: StatementKind, number: int, party: Merchant | Partner) -> dict[str, Any]:
        letter = "M" if kind is StatementKind.MERCHANT else "P"
        issued = to_datetime(self.now_ms, party.time_zone).date()
        party_id = party.merchant_id if isinstance(party, Merchant) else party.partner_id
        return {
            "kind": kind,
            "number": f"SC{letter}-{self.period}-{number:07d}",
            "run_id": self.run_id,
            "period": self.period,
            "issued_on": issued.isoformat(),
            "issued_at_ms": self.now_ms,
            "questions_until": (issued + timedelta(days=QUESTIONS_DAYS)).isoformat(),
            "issuer": self.issuer,
            "recipient": Recipient(party_id, party.name, party.email, party.locale, party.time_zone),
        }

    def _save(self, statements: Sequence[Statement]) -> None:
        """Snapshots, the credits they state, and one message each."""
        rows, stated, outbox = [], [], []
        for one in statements:
            snapshot = statement_to_json(one)
            digest = snapshot_sha256(snapshot)
            currency = one.credits[0].amount.currency if one.credits else ""
            party_id = one.recipient.party_id
            head = (
                one.number,
                one.kind.value,
                self.run_id,
                self.period,
                party_id,
                currency,
                self.revision,
                self.now_ms,
            )
            totals = (
                one.recipient.name,
                sum(c.amount.minor for c in one.credits),
                sum(c.service_ms for c in one.credits),
            )
            rows.append((*head, snapshot, digest, *totals, None, 0, None))
            stated += [(self.run_id, int(credit.credit_id.split("-")[1]), one.number) for credit in one.credits]
            address = one.recipient.email
            outbox.append((one.number, address, message_id(one, address), "pending", 0, None, self.now_ms))
        save_statements(self.session, _rows(rows, "statements"), _rows(stated, "statement_credits"))
        save_outbox(self.session, _rows(outbox, "outbox"))


def message_id(statement: Statement, recipient: str) -> str:
    """The mail's Message-ID: the same for every attempt, so that a mailbox that got it twice can tell."""
    digest = hashlib.sha256(f"{statement.number}\n{recipient}".encode()).hexdigest()[:20]
    domain = statement.issuer.contact_email.rpartition("@")[2]
    return f"<{statement.number.lower()}.{digest}@{domain}>"


class _LinesByCredit:
    """Lines kept as columns, a credit's rows at a time: half a million of them are Python objects only in turn."""

    def __init__(self, lines: pa.Table) -> None:
        self.lines = lines.combine_chunks()
        credit_nos = self.lines["credit_no"].to_pylist()
        self.start: dict[int, int] = {}
        self.count: dict[int, int] = defaultdict(int)
        for i, credit_no in enumerate(credit_nos):
            self.start.setdefault(credit_no, i)
            self.count[credit_no] += 1

    def rows(self, credit_no: int) -> list[Row]:
        """The lines of a credit, in order; they are neighbours, because lines come sorted by credit."""
        rows: list[Row] = self.lines.slice(self.start.get(credit_no, 0), self.count.get(credit_no, 0)).to_pylist()
        return rows


def _rows(rows: Sequence[tuple[Any, ...]], name: str) -> pa.Table:
    return table_of(rows, schema_of(metadata.tables[name]))
