"""Issued runs as the database has them, written row by row: a close, and a correction that gives and takes back."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import insert

from sla_service.db.credits import CREDIT_LINES, CREDITS
from sla_service.db.engine import writing
from sla_service.db.tables import (
    LedgerEntryRecord,
    MerchantRecord,
    OutboxRecord,
    PartnerRecord,
    RunRecord,
    StatementCreditRecord,
    StatementRecord,
)
from sla_service.domain.instants import parse_instant
from sla_service.domain.statements import snapshot_sha256
from sla_service.formats.policy_yaml import parse_policy
from sla_service.usecases.policies import publish_policy
from tests.usecases.the_month import CURVES, policies

ISSUED_MS = parse_instant("2023-10-03T02:00:00Z")
START_MS, END_MS = parse_instant("2023-09-01T00:00:00+08:00"), parse_instant("2023-10-01T00:00:00+08:00")
STEP = policies()[CURVES.index("step")]


@dataclass(frozen=True)
class Stated:
    """A credit of a run: what it is, what was credited before, and what this run states."""

    merchant_id: str
    amount: int
    currency: str = "USD"
    service: str = "storefront"
    starts_on: str = "2020-01-01"
    before: int = 0
    outcome: str = ""
    service_ms: int = 0
    start_ms: int = START_MS
    is_gone: bool = False
    """Whether its contract is not among the month's any more."""

    @property
    def stated(self) -> int:
        return self.amount - self.before


GONE = {
    **dict.fromkeys(("bad_ppm_ms", "excluded_ppm_ms", "unmeasured_ms", "total_ms", "tier", "rate", "before_cap_minor")),
    "unrounded_minor": None,
    "outcome": "nothing_owed",
}
CLOSE = (
    Stated("M1", 2990),
    Stated("M1", 1000, service="search"),
    Stated("M1", 3000, currency="JPY", service="stall"),
    Stated("M2", 10_000, currency="KWD"),
    Stated("M3", 0, outcome="below_minimum"),
    Stated("M4", 500),
    Stated("M4", 700, start_ms=START_MS + 7 * 86_400_000),
    Stated("M5", 0, outcome="met"),
)
CORRECTION = (
    Stated("M1", 990, before=2990),
    Stated("M1", 1500, before=1000, service="search"),
    Stated("M2", 12_500, currency="KWD", before=10_000),
    Stated("M4", 500, before=500),
    Stated("M5", 4200),
    Stated("M1", 0, currency="JPY", service="stall", before=3000, is_gone=True),
    Stated("M4", 0, before=700, start_ms=START_MS + 7 * 86_400_000, is_gone=True),
    Stated("M5", 800, service="search"),
)


def world(engine, *, names=None):
    """The parties and the policy."""
    with writing(engine) as session:
        publish_policy(session, STEP, now_ms=ISSUED_MS, actor="ann")
        session.add(PartnerRecord(**_party("partner_id", "P1", {}), currency="USD"))
        session.flush()
        for merchant_id in ("M1", "M2", "M3", "M4", "M5"):
            session.add(
                MerchantRecord(
                    **_party("merchant_id", merchant_id, names or {}),
                    country="CN",
                    currency="USD",
                    region="asia",
                    active_from="2020-01-01",
                    partner_id="P1" if merchant_id in {"M1", "M2"} else None,
                    billing_ref=account_of(merchant_id),
                )
            )


def account_of(merchant_id):
    """In billing; one merchant has none."""
    return None if merchant_id == "M2" else f"B-{merchant_id}"


def _party(key, value, names):
    said = {"email": f"{value.lower()}@store.example", "locale": "en", "time_zone": "Asia/Shanghai"}
    return {key: value, "name": names.get(value, f"Store {value}"), **said}


def issue(engine, credits=CLOSE, *, run_id=1, revision=1, first_number=1, state="issued"):
    """An issued run of these credits; the numbers of its statements."""
    with writing(engine) as session:
        session.add(
            RunRecord(
                run_id=run_id,
                period="2023-09",
                state=state,
                version=5,
                digest="d",
                tzdb_version="2026a",
                created_at_ms=ISSUED_MS,
                created_by="ann",
                approved_at_ms=ISSUED_MS,
                approved_by="ben",
                issued_at_ms=ISSUED_MS,
                issued_by="ben",
                kind="correction" if revision > 1 else "close",
                revision=revision,
            )
        )
        session.flush()
        rows = [_credit(run_id, no, one) for no, one in enumerate(credits, start=1)]
        for row, one in zip(rows, credits, strict=True):
            if one.is_gone:
                row.update(GONE, credit_no=row["credit_no"] + 10**12)
        session.connection().execute(insert(CREDITS), rows)
        session.connection().execute(insert(CREDIT_LINES), [_line(row) for row in rows if row["amount_minor"]])
        if state != "issued":
            return []
        stated = {}
        for row in rows:
            if row["stated_minor"] or row["stated_service_ms"]:
                stated.setdefault((row["merchant_id"], row["currency"]), []).append(row)
        for i, ((merchant_id, currency), own) in enumerate(stated.items()):
            has_before = any(row["before_minor"] for row in own)
            before = f"SCM-2023-09-{_first_number(merchant_id, currency):07d}" if has_before else None
            _state(session, run_id, revision, f"SCM-2023-09-{first_number + i:07d}", own, before)
        _state_partner(session, run_id, revision, rows)
    return [f"SCM-2023-09-{first_number + i:07d}" for i in range(len(stated))]


def _first_number(merchant_id, currency):
    order = dict.fromkeys((one.merchant_id, one.currency) for one in CLOSE if one.stated)
    return list(order).index((merchant_id, currency)) + 1


def _credit(run_id, no, one):
    return {
        "run_id": run_id, "credit_no": no * 2, "merchant_id": one.merchant_id,
        "partner_id": "P1" if one.merchant_id in {"M1", "M2"} else None, "service": one.service,
        "contract_starts_on": one.starts_on, "policy": "by-step", "policy_version": 1,
        "policy_digest": parse_policy(STEP).digest, "curve": "step", "time_zone": "Asia/Shanghai",
        "period_start_ms": one.start_ms, "period_end_ms": END_MS, "fee_minor": 29_900, "currency": one.currency,
        "bad_ppm_ms": 305 * 60_000 * 1_000_000, "excluded_ppm_ms": 0, "unmeasured_ms": 0,
        "total_ms": END_MS - START_MS, "target": "1999/2000",
        "outcome": one.outcome or ("credited" if one.amount or one.service_ms else "nothing_owed"), "tier": 0,
        "rate": "1/10", "before_cap_minor": str(one.amount), "unrounded_minor": str(one.amount),
        "amount_minor": one.amount, "service_ms": one.service_ms, "before_minor": one.before,
        "stated_minor": one.stated, "stated_service_ms": one.service_ms,
    }  # fmt: skip


def _line(row):
    return {
        "run_id": row["run_id"], "credit_no": row["credit_no"], "line_no": 1, "incident_id": "INC-2023-09-19",
        "started_at_ms": START_MS, "ended_at_ms": START_MS + 305 * 60_000, "impact_ppm_ms": 305 * 60_000 * 1_000_000,
        "counted_ppm_ms": 305 * 60_000 * 1_000_000, "status": "counted", "reason": None,
    }  # fmt: skip


def _state(session, run_id, revision, number, rows, corrects):
    first, total = rows[0], sum(row["stated_minor"] for row in rows)
    lines = [{"amount": {"currency": row["currency"], "minor": row["amount_minor"]}, **_before(row)} for row in rows]
    own = {"party_id": first["merchant_id"], "currency": first["currency"], "corrects": corrects}
    said = {"kind": "merchant", "run_id": run_id, "revision": revision, "total_minor": total, **own}
    said["total_service_ms"] = sum(row["stated_service_ms"] for row in rows)
    _save_statement(session, number, {"credits": lines, "merchants": []}, **said)
    for row in rows:
        session.add(StatementCreditRecord(run_id=run_id, credit_no=row["credit_no"], number=number))
    if total:
        kind = "issued" if total > 0 else "reversed"
        session.add(
            LedgerEntryRecord(
                entry_id=f"{kind}/{number}",
                block=f"run-{run_id}/1",
                merchant_id=first["merchant_id"],
                currency=first["currency"],
                kind=kind,
                account_debit="granted" if total > 0 else "owed",
                account_credit="owed" if total > 0 else "reversed",
                amount_minor=abs(total),
                number=number,
                run_id=run_id,
                effective_on="2023-10-03",
                recorded_at_ms=ISSUED_MS,
                recorded_by="ben",
                sha256="x",
            )
        )


def _before(row):
    if not row["before_minor"]:
        return {}
    return {"before": {"minor": row["before_minor"], "stated_minor": row["stated_minor"]}}


def _state_partner(session, run_id, revision, rows):
    sums = [(row["currency"], row["stated_minor"]) for row in rows if row["partner_id"] and row["stated_minor"]]
    lines = [{"amount": {"currency": currency, "minor": minor}} for currency, minor in sums]
    if lines:
        said = {"kind": "partner", "run_id": run_id, "revision": revision, "party_id": "P1", "currency": ""}
        _save_statement(session, f"SCP-2023-09-{run_id:07d}", {"credits": [], "merchants": lines}, **said)


def _save_statement(session, number, snapshot, **said):
    text, party_id = json.dumps(snapshot), said["party_id"]
    session.add(
        StatementRecord(
            number=number,
            period="2023-09",
            issued_at_ms=ISSUED_MS,
            snapshot=text,
            snapshot_sha256=snapshot_sha256(text),
            party_name=f"Store {party_id}",
            billing_ref=account_of(party_id) if said["kind"] == "merchant" else None,
            **said,
        )
    )
    session.flush()
    session.add(
        OutboxRecord(
            number=number,
            recipient=f"{party_id.lower()}@store.example",
            message_id=f"<{number}@x>",
            state="pending",
            attempts=0,
            updated_at_ms=ISSUED_MS,
        )
    )
    session.flush()
