"""Issue an approved run: numbers, frozen statements, the outbox and the new state, all or nothing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlmodel import Session

from sla_service.config import Settings
from sla_service.db.bulk import schema_of, table_of
from sla_service.db.credits import load_credits, load_lines
from sla_service.db.incidents import list_incidents
from sla_service.db.numbering import take_numbers
from sla_service.db.outbox import save_outbox
from sla_service.db.parties import load_merchants, load_partners
from sla_service.db.runs import change_state, load_run
from sla_service.db.statements import save_statements
from sla_service.db.tables import RunRecord, metadata
from sla_service.domain.errors import ConflictError
from sla_service.domain.instants import to_datetime
from sla_service.domain.money import Money
from sla_service.domain.parties import Merchant, Partner
from sla_service.domain.statements import (
    Issuer,
    MerchantLine,
    Recipient,
    Statement,
    StatementKind,
    snapshot_sha256,
    statement_to_json,
)
from sla_service.usecases.calculate_run import credits_digest
from sla_service.usecases.decide_run import require_state
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.progress import Progress, silent
from sla_service.usecases.state_credits import state_credit

QUESTIONS_DAYS = 60
"""How long a merchant can question a line; long enough to see the credit on the next invoice first."""

BATCH = 1_000
"""Statements in memory at one time."""

Row = Mapping[str, Any]


def issuer_of(settings: Settings) -> Issuer:
    """Who issues, from the settings."""
    return Issuer(
        settings.issuer_name,
        settings.issuer_address,
        settings.contact_email,
        settings.accent,
        settings.public_url.rstrip("/"),
    )


@dataclass(frozen=True, slots=True)
class Issued:
    """What issuing did."""

    run: RunRecord
    merchant_statements: int
    partner_statements: int


def issue_run(
    session: Session,
    run_id: int,
    *,
    issuer: Issuer,
    now_ms: int,
    actor: str,
    progress: Progress = silent,
) -> Issued:
    """Issue every credit of an approved run.

    Raises:
        ConflictError: The run is not approved, or its stored figures are not those that were approved.
    """
    run = load_run(session, run_id)
    require_state(run, "approved")
    credits, lines = load_credits(session, run_id), load_lines(session, run_id)
    if credits_digest(credits, lines) != run.digest:
        raise ConflictError("digest_changed", f"the figures of run {run_id} are not those that were approved")
    # First the state, then the effects: whoever loses the race for the state has done nothing yet.
    change_state(session, run, to="issued", issued_at_ms=now_ms, issued_by=actor)
    issuing = _Issuing(session, run, issuer, now_ms)
    merchants = issuing.issue_merchants(credits, lines, progress)
    partners = issuing.issue_partners()
    return Issued(load_run(session, run_id), merchants, partners)


class _Issuing:
    """One issue: what it looks up once, and what the partners' statements gather from the merchants'."""

    def __init__(self, session: Session, run: RunRecord, issuer: Issuer, now_ms: int) -> None:
        self.session, self.issuer, self.now_ms = session, issuer, now_ms
        self.run_id, self.period = run.run_id, run.period
        self.policies = {policy.digest: policy for policy in published_policies(session)}
        self.incidents = {incident.incident_id: incident for incident in list_incidents(session)}
        self.under: dict[str, list[MerchantLine]] = defaultdict(list)

    def issue_merchants(self, credits: pa.Table, lines: pa.Table, progress: Progress) -> int:
        """One statement per merchant and currency with a credit, in order of the credits; how many there are.

        Made and stored in batches: a statement is some kilobytes, and there may be a million of them.
        """
        credited = credits.filter(pc.equal(credits["outcome"], "credited")).combine_chunks()
        keys = list(zip(credited["merchant_id"].to_pylist(), credited["currency"].to_pylist(), strict=True))
        # A merchant's rows are neighbours, but its currencies may alternate.
        owed = list(dict.fromkeys(keys))
        at: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i, key in enumerate(keys):
            at[key].append(i)
        first = take_numbers(self.session, "statements", len(owed))
        behind = _LinesByCredit(lines)
        for start in range(0, len(owed), BATCH):
            batch = owed[start : start + BATCH]
            merchants = load_merchants(self.session, (merchant_id for merchant_id, _ in batch))
            statements = [
                self._merchant_statement(
                    first + start + n,
                    merchants[key[0]],
                    credited.take(at[key]).to_pylist(),
                    behind,
                )
                for n, key in enumerate(batch)
            ]
            self._save(statements)
            progress("Writing statements", start + len(batch), len(owed))
        return len(owed)

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
        statement = Statement(**self._statement(StatementKind.MERCHANT, number, merchant), credits=stated)
        partner_id = rows[0]["partner_id"]
        if partner_id is not None:
            self.under[partner_id] += _merchant_lines(statement)
        return statement

    def issue_partners(self) -> int:
        """One statement per partner with a credited merchant: the same amounts as the merchants' own."""
        partners = load_partners(self.session)
        first = take_numbers(self.session, "partner_statements", len(self.under))
        self._save(
            [
                Statement(
                    **self._statement(StatementKind.PARTNER, first + i, partners[partner_id]),
                    merchants=tuple(self.under[partner_id]),
                )
                for i, partner_id in enumerate(sorted(self.under))
            ],
        )
        return len(self.under)

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
            head = (one.number, one.kind.value, self.run_id, self.period, party_id, currency, 1, self.now_ms)
            rows.append((*head, snapshot, digest))
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


def _merchant_lines(statement: Statement) -> Iterable[MerchantLine]:
    for credit in statement.credits:
        yield MerchantLine(
            merchant_id=statement.recipient.party_id,
            name=statement.recipient.name,
            statement_number=statement.number,
            service=credit.service,
            availability="" if credit.measured.metric else str(credit.measurement.availability),
            target="" if credit.measured.metric else credit.target,
            amount=Money(credit.amount.currency, credit.amount.minor),
            service_ms=credit.service_ms,
        )


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
