"""Statements by the thousand: rows of statements, their credits and messages, from a batch of credits and lines.

Merchants' statements are made from the credits, in batches of merchants; partners' are made later from the merchants'.
The snapshots are those that ``statement_to_json`` makes of the same statements, byte for byte.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import pyarrow as pa

from sla_service.db.bulk import schema_of, table_of
from sla_service.db.tables import metadata
from sla_service.domain.canonical import Template, canonical_json
from sla_service.domain.incidents import Incident
from sla_service.domain.instants import to_datetime
from sla_service.domain.money import Money
from sla_service.domain.parties import Merchant, Partner
from sla_service.domain.policies import Policy
from sla_service.domain.statements import (
    Issuer,
    MerchantLine,
    Recipient,
    Statement,
    StatementKind,
    snapshot_sha256,
)
from sla_service.usecases.collecting import not_collecting
from sla_service.usecases.write_credits import LINE, MONEY, CreditTexts, Line

LONGEST = 16 << 20
"""Characters of snapshots that are Python objects at one time: a batch has a hundred million and more."""
QUESTIONS_DAYS = 60
"""How long a merchant can question a line; long enough to see the credit on the next invoice first."""

OWED = pa.schema(
    [("number", pa.string()), ("merchant_id", pa.string()), ("currency", pa.string()), ("total_minor", pa.int64())]
)
STATEMENT = (
    *("number", "party_id", "currency", "snapshot", "snapshot_sha256"),
    *("party_name", "billing_ref", "total_minor", "total_service_ms", "corrects"),
)
RECIPIENT = Template(Recipient("", "", "", "", ""), "email", "locale", "name", "party_id", "time_zone")


@dataclass(frozen=True, slots=True)
class Issue:
    """What all statements of a run have in common."""

    run_id: int
    period: str
    revision: int
    issued_at_ms: int
    issuer: Issuer
    corrects: Mapping[tuple[str, str], str]
    """For corrections: the statement that is corrected, by party and currency; a partner's currency is empty."""
    void_reason: str = ""
    """Why the statement that is corrected is void."""
    accounts: Mapping[str, str | None] = field(default_factory=dict)
    """In billing, of the statements that are corrected, by number."""


class Rows(NamedTuple):
    """Columns to store; the first three as in ``tables``."""

    statements: pa.Table
    statement_credits: pa.Table
    outbox: pa.Table
    owed: pa.Table
    """Number, merchant, currency and total of each statement: what the ledger enters."""


@not_collecting()
def merchant_statements(
    issue: Issue,
    credits: pa.Table,
    lines: pa.Table,
    *,
    merchants: Mapping[str, Merchant],
    policies: Mapping[str, Policy],
    incidents: Mapping[str, Incident],
    first_number: int,
) -> Rows:
    """One statement per merchant and currency, in order of the credits.

    Args:
        issue: The run.
        credits: Those to state, in order of their numbers; a merchant's are neighbours, its currencies may alternate.
        lines: Those behind them, in order of credit and line; lines of other credits do no harm.
        merchants: By id; at least those of the credits.
        policies: By digest.
        incidents: By id.
        first_number: Of the first statement.
    """
    texts = CreditTexts(credits.column_names, policies=policies, incidents=incidents, issuer=issue.issuer.name)
    behind = _lines_by_credit(lines)
    columns = [column.to_pylist() for column in credits.columns]
    at = dict(zip(credits.column_names, columns, strict=True))
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, key in enumerate(zip(at["merchant_id"], at["currency"], strict=True)):
        rows[key].append(i)
    values = list(zip(*columns, strict=True))
    minor, service_ms = at["stated_minor"], at["stated_service_ms"]
    writer = _Writer(issue, StatementKind.MERCHANT)
    stated: list[tuple[int, int, str]] = []
    for number, ((merchant_id, currency), of) in enumerate(rows.items(), first_number):
        party = merchants[merchant_id]
        issued_on = writer.issued_on(party.time_zone)
        found = [texts.text(values[i], behind.get(at["credit_no"][i], ()), issued_on) for i in of]
        total = sum(minor[i] for i in of), sum(service_ms[i] for i in of)
        name = writer.write(number, party, currency, f"[{','.join(found)}]", total)
        stated += [(issue.run_id, at["credit_no"][i], name) for i in of]
    return writer.rows(stated)


def partner_statements(
    issue: Issue,
    lines: pa.Table,
    *,
    partners: Mapping[str, Partner],
    policies: Mapping[str, Policy],
    first_number: int,
) -> Rows:
    """One statement per partner, in order of the ids: the same amounts as its merchants' own.

    Args:
        issue: The run.
        lines: One per stated credit of a merchant that has a partner, in order of partner, statement number and credit
            number: partner_id, merchant_id, party_name, number, service, policy_digest, availability, target, currency,
            stated_minor and stated_service_ms.
        partners: By id; at least those of the lines.
        policies: By digest; of a metric neither availability nor target is told.
        first_number: Of the first statement.
    """
    writer, of_merchants = _Writer(issue, StatementKind.PARTNER), _MerchantLines(policies)
    rows = zip(*(lines[name].to_pylist() for name in PARTNER_LINE), strict=True)
    for number, (partner_id, of) in enumerate(groupby(rows, itemgetter(0)), first_number):
        found = [of_merchants.text(row) for row in of]
        # Of several currencies there is no total; what is owed is in the merchants' statements.
        writer.write(number, partners[partner_id], "", f"[{','.join(found)}]", (0, 0))
    return writer.rows([])


PARTNER_LINE = (
    *("partner_id", "merchant_id", "party_name", "number", "service", "policy_digest", "availability", "target"),
    *("currency", "stated_minor", "stated_service_ms"),
)


class _MerchantLines:
    """Writes the lines of partners' statements."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self.policies = policies
        line = MerchantLine("", "", "", "", "", "", Money("USD", 0))
        names = ("amount", "availability", "merchant_id", "name", "service", "statement_number", "target")
        self.money = Template(line, *names)
        self.time = Template(replace(line, service_ms=1), *sorted((*names, "service_ms")))

    def text(self, row: tuple[Any, ...]) -> str:
        """A row in the order of ``PARTNER_LINE``."""
        _, *words, digest, availability, target, currency, minor, service_ms = row
        merchant_id, name, number, service = map(canonical_json, words)
        if self.policies[digest].is_metric:
            availability = target = None
        amount = MONEY.fill(canonical_json(currency), minor)
        figure, promise = canonical_json(availability or ""), canonical_json(target or "")
        if service_ms:
            return self.time.fill(amount, figure, merchant_id, name, service, service_ms, number, promise)
        return self.money.fill(amount, figure, merchant_id, name, service, number, promise)


class _Writer:
    """Gathers the rows of statements of one kind."""

    def __init__(self, issue: Issue, kind: StatementKind) -> None:
        self.issue, self.kind = issue, kind
        self.letter = "M" if kind is StatementKind.MERCHANT else "P"
        self.days: dict[str, date] = {}
        self.heads: dict[tuple[str, bool], Template] = {}
        self.statements: list[tuple[Any, ...]] = []
        self.length = 0
        self.tables: list[pa.Table] = []
        self.owed: list[tuple[str, str, str, int]] = []
        self.outbox: list[tuple[Any, ...]] = []

    def issued_on(self, zone: str) -> date:
        """The day of the issue in a zone."""
        if zone not in self.days:
            self.days[zone] = to_datetime(self.issue.issued_at_ms, zone).date()
        return self.days[zone]

    def write(self, number: int, party: Merchant | Partner, currency: str, listed: str, total: tuple[int, int]) -> str:
        """Add a statement; its number in full."""
        party_id = party.merchant_id if isinstance(party, Merchant) else party.partner_id
        name = f"SC{self.letter}-{self.issue.period}-{number:07d}"
        corrects = self.issue.corrects.get((party_id, currency))
        words = (party.email, party.locale, party.name, party_id, party.time_zone)
        texts = (listed, canonical_json(name), RECIPIENT.fill(*map(canonical_json, words)))
        head = self._head(party.time_zone, is_correction=corrects is not None)
        snapshot = head.fill(*texts) if corrects is None else head.fill(canonical_json(corrects), *texts)
        digest = snapshot_sha256(snapshot)
        billing_ref = party.billing_ref if isinstance(party, Merchant) else None
        if corrects is not None and total[0] < 0:
            # What is taken back is taken from the account that has it, wherever the merchant is by now.
            billing_ref = self.issue.accounts.get(corrects, billing_ref)
        self.statements.append((name, party_id, currency, snapshot, digest, party.name, billing_ref, *total, corrects))
        self.owed.append((name, party_id, currency, total[0]))
        self.outbox.append((name, party.email, message_id(name, party.email, self.issue.issuer.contact_email)))
        self.length += len(snapshot)
        if self.length > LONGEST:
            self._pack()
        return name

    def _pack(self) -> None:
        """Put the statements into columns, which are stored piece by piece."""
        issue = self.issue
        void = {"is_void": int(bool(issue.void_reason)), "reason": issue.void_reason or None}
        common = {"kind": self.kind.value, "run_id": issue.run_id, "period": issue.period, **void}
        common |= {"revision": issue.revision, "issued_at_ms": issue.issued_at_ms}
        self.tables.append(_table("statements", _columns(STATEMENT, self.statements, common)))
        self.statements, self.length = [], 0

    def _head(self, zone: str, *, is_correction: bool) -> Template:
        """A statement without what is the recipient's own."""
        if (zone, is_correction) not in self.heads:
            issued = self.issued_on(zone)
            statement = Statement(
                kind=self.kind,
                number="",
                run_id=self.issue.run_id,
                period=self.issue.period,
                issued_on=issued.isoformat(),
                issued_at_ms=self.issue.issued_at_ms,
                questions_until=(issued + timedelta(days=QUESTIONS_DAYS)).isoformat(),
                issuer=self.issue.issuer,
                recipient=Recipient("", "", "", "", ""),
                corrects="another" if is_correction else "",
                void_reason=self.issue.void_reason,
            )
            listed = "credits" if self.kind is StatementKind.MERCHANT else "merchants"
            names = ("corrects", listed) if is_correction else (listed,)
            self.heads[zone, is_correction] = Template(statement, *names, "number", "recipient")
        return self.heads[zone, is_correction]

    def rows(self, stated: Sequence[tuple[int, int, str]]) -> Rows:
        """All that was written, as columns."""
        self._pack()
        sent = {"state": "pending", "attempts": 0, "last_error": None, "updated_at_ms": self.issue.issued_at_ms}
        return Rows(
            pa.concat_tables(self.tables),
            _table("statement_credits", _columns(("run_id", "credit_no", "number"), stated, {})),
            _table("outbox", _columns(("number", "recipient", "message_id"), self.outbox, sent)),
            table_of(self.owed, OWED),
        )


def message_id(number: str, address: str, contact_email: str) -> str:
    """The mail's Message-ID: the same for every attempt, so that a mailbox that got it twice can tell."""
    digest = hashlib.sha256(f"{number}\n{address}".encode()).hexdigest()[:20]
    return f"<{number.lower()}.{digest}@{contact_email.rpartition('@')[2]}>"


def _lines_by_credit(lines: pa.Table) -> dict[int, list[Line]]:
    """The lines of each credit, which are neighbours."""
    credit_nos = lines["credit_no"].to_pylist()
    rows = list(zip(*(lines[name].to_pylist() for name in LINE), strict=True))
    found: dict[int, list[Line]] = {}
    for credit_no, row in zip(credit_nos, rows, strict=True):
        found.setdefault(credit_no, []).append(row)
    return found


def _columns(
    names: Sequence[str], rows: Sequence[tuple[Any, ...]], common: Mapping[str, Any]
) -> dict[str, Sequence[Any]]:
    own = list(zip(*rows, strict=True)) or [()] * len(names)
    return {**dict(zip(names, own, strict=True)), **{name: [one] * len(rows) for name, one in common.items()}}


def _table(name: str, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    schema = schema_of(metadata.tables[name])
    return pa.table([pa.array(columns[n], t) for n, t in zip(schema.names, schema.types, strict=True)], schema=schema)
