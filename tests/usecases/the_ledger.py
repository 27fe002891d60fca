"""A ledger of its own: runs of small statements, booked and sealed as issuing does it, with nothing to calculate."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import text

from sla_service.db.bulk import copy_in, schema_of, table_of
from sla_service.db.engine import writing
from sla_service.db.ledger import save_entries
from sla_service.db.tables import metadata
from sla_service.domain.instants import parse_instant
from sla_service.usecases.apply_credits import apply_credits
from sla_service.usecases.book_credits import block_of, entries_for_statements, seal_run

ISSUED_MS = parse_instant("2023-10-02T01:00:00Z")
LATER_MS = parse_instant("2023-11-20T09:30:00Z")
HEADER = "reference,statement_number,external_id,merchant_id,amount,currency,applied_on\n"


@dataclass(frozen=True)
class Stated:
    """A merchant's statement: what a test says of it, and what it leaves to be harmless."""

    merchant_id: str
    minor: int
    number: str = ""
    currency: str = "USD"
    expires_on: str = "2024-10-02"
    corrects: str | None = None
    revision: int = 1
    period: str = "2023-09"


def a_number(n: int, period: str = "2023-09") -> str:
    return f"SCM-{period}-{n:07d}"


def rows_into(session, name, rows):
    """Mappings into a table; what they leave out is as the table has it."""
    schema = schema_of(metadata.tables[name])
    named = pa.schema([field for field in schema if field.name in rows[0]])
    copy_in(session, metadata.tables[name], table_of([[row[n] for n in named.names] for row in rows], named))


def a_merchant(merchant_id):
    return {
        "merchant_id": merchant_id,
        "name": f"Store {merchant_id}",
        "email": "a@store.example",
        "locale": "en",
        "time_zone": "Asia/Shanghai",
        "country": "CN",
        "currency": "USD",
        "region": "asia",
        "active_from": "2020-01-01",
    }


def a_snapshot(one):
    credit = {"expires_on": one.expires_on, "amount": {"currency": one.currency, "minor": one.minor}}
    return json.dumps({"credits": [credit], "merchants": []})


def issue(engine, statements, *, run_id=1, batch_size=4, merchants=True, now_ms=ISSUED_MS):
    """Issue statements as a run, some in a batch, numbered where they have no number; the ledger's head."""
    stated = [
        one if one.number else Stated(**{**one.__dict__, "number": a_number(n, one.period)})
        for n, one in enumerate(statements, start=1)
    ]
    batches = [stated[i : i + batch_size] for i in range(0, len(stated), batch_size)]
    with writing(engine) as session:
        if merchants:
            rows_into(session, "merchants", [a_merchant(m) for m in dict.fromkeys(one.merchant_id for one in stated)])
        rows_into(session, "runs", [a_run(run_id, stated, now_ms)])
    for batch_no, batch in enumerate(batches, start=1):
        with writing(engine) as session:
            issue_batch(session, run_id, batch_no, batch, now_ms)
    with writing(engine) as session:
        head = seal_run(session, run_id, now_ms=now_ms)
        stamp = text("UPDATE runs SET state = 'issued', ledger_head = :head, version = version + 1 WHERE run_id = :run")
        session.connection().execute(stamp, {"head": head.sha256 if head else None, "run": run_id})
    return head


def a_run(run_id, stated, now_ms):
    revision = stated[0].revision
    return {
        "run_id": run_id,
        "period": stated[0].period,
        "state": "issuing",
        "version": 5,
        "digest": "d" * 64,
        "tzdb_version": "2025b",
        "created_at_ms": now_ms,
        "created_by": "ann",
        "approved_by": "ben",
        "approved_at_ms": now_ms,
        "issued_at_ms": now_ms,
        "issued_by": "ben",
        "revision": revision,
        "kind": "close" if revision == 1 else "correction",
    }


def issue_batch(session, run_id, batch_no, batch, now_ms):
    head = {"kind": "merchant", "run_id": run_id, "issued_at_ms": now_ms}
    rows_into(
        session,
        "statements",
        [
            {
                "number": one.number,
                "period": one.period,
                "party_id": one.merchant_id,
                "currency": one.currency,
                "revision": one.revision,
                "snapshot": a_snapshot(one),
                "snapshot_sha256": "0" * 64,
                **head,
                "party_name": f"Store {one.merchant_id}",
                "total_minor": one.minor,
                "corrects": one.corrects,
            }
            for one in batch
        ],
    )
    booked = entries_for_statements(to_book(batch, run_id, batch_no, now_ms))
    save_entries(session, booked.entries)
    rows_into(
        session,
        "run_batches",
        [
            {
                "run_id": run_id,
                "batch_no": batch_no,
                "kind": "merchants",
                "first_id": batch[0].merchant_id,
                "last_id": batch[-1].merchant_id,
                "first_credit_no": 1,
                "state": "issued",
                "attempt": 1,
                "ledger_sha256": booked.entries_sha256,
                "changed_at_ms": now_ms,
            }
        ],
    )


def to_book(batch, run_id, batch_no, now_ms):
    """Statements as issuing hands them over."""
    count = len(batch)
    return pa.table(
        {
            "number": [one.number for one in batch],
            "merchant_id": [one.merchant_id for one in batch],
            "currency": [one.currency for one in batch],
            "total_minor": pa.array([one.minor for one in batch], pa.int64()),
            "effective_on": ["2023-10-02"] * count,
            "run_id": pa.array([run_id] * count, pa.int64()),
            "block": [block_of(run_id, batch_no)] * count,
            "recorded_at_ms": pa.array([now_ms] * count, pa.int64()),
            "recorded_by": ["ben"] * count,
        }
    )


def a_use(reference, number, amount, *, merchant="m1", currency="USD", on="2023-11-15"):
    return f"{reference},{number},,{merchant},{amount},{currency},{on}\n"


def apply(engine, *lines, now_ms=LATER_MS, header=HEADER):
    """Book uses from a file of these lines."""
    with writing(engine) as session:
        data = (header + "".join(lines)).encode()
        return apply_credits(session, data, name="used.csv", now_ms=now_ms, actor="cleo")
