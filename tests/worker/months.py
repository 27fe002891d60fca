"""A small September in many batches, and what is compared of it."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import text

from sla_service.db.engine import reading, writing
from sla_service.usecases.check_books import check_books
from sla_service.usecases.demo_book import generate_book
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import start_issue
from sla_service.usecases.plan_run import plan_run
from sla_service.usecases.policies import publish_policy
from sla_service.usecases.queue_run import queue_run
from tests.runs import submit_and_approve
from tests.usecases.the_month import EXAMPLE, ISSUER, NOW_MS, SEPTEMBER

MERCHANTS = 24
PER_BATCH = 4
COMPARED = {
    "credits": "SELECT * FROM credits ORDER BY credit_no",
    "lines": "SELECT * FROM credit_lines ORDER BY credit_no, line_no",
    "statements": "SELECT * FROM statements ORDER BY number",
    "stated": "SELECT * FROM statement_credits ORDER BY number, credit_no",
    "outbox": "SELECT * FROM outbox ORDER BY number",
    "ledger": "SELECT * FROM ledger_entries ORDER BY entry_id",
    "booked": (
        "SELECT entry_id, merchant_id, currency, account_debit, account_credit, amount_minor, effective_on"
        " FROM ledger_entries ORDER BY entry_id"
    ),
    "run": "SELECT digest, state, binding FROM runs",
    "batches": (
        "SELECT batch_no, kind, first_id, last_id, state, credits, statements, figures_sha256, first_number"
        " FROM run_batches ORDER BY batch_no"
    ),
}
"""What must be the same whoever worked, by the queries that read all of it."""
STREAMED = {"stream_results": True}


def load(engine) -> None:
    """Publish the example's policies and import a made-up book."""
    files = generate_book(MERCHANTS, partner_count=5).files()
    files |= {noun: (EXAMPLE / f"{noun}.csv").read_bytes() for noun in ("incidents", "timeline")}
    with writing(engine) as session:
        for path in sorted((EXAMPLE / "policies").glob("*.yaml")):
            publish_policy(session, path.read_text(encoding="utf-8"), now_ms=NOW_MS, actor="ann")
    for noun in ("partners", "merchants", "contracts", "incidents", "timeline", "impacts", "exclusions"):
        with writing(engine) as session:
            import_file(session, noun, files[noun], name=f"{noun}.csv", now_ms=NOW_MS, actor="ann")


def plan(engine, *, per_batch=PER_BATCH, queued=True) -> int:
    """A draft, and its first job."""
    with writing(engine) as session:
        run_id = plan_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann", batch_merchants=per_batch).run_id
        if queued:
            queue_run(session, run_id)
    return run_id


def begin_issue(engine, run_id, *, queued=True) -> None:
    """Submit and approve what was calculated, and begin to issue it."""
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, issuer=ISSUER)
    with writing(engine) as session:
        start_issue(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
        if queued:
            queue_run(session, run_id)


def difference(engine, undisturbed) -> dict[str, int]:
    """What is wrong with the books, and what is not as if nothing had happened: counts that are all to be 0."""
    with reading(engine) as session:
        violations = check_books(session).violations
    found = fingerprint(engine)
    differing = [name for name in undisturbed if found[name] != undisturbed[name]]
    assert (violations, differing) == ([], []), (violations, differing)
    return {"violations": len(violations), "differing tables": len(differing)}


def fingerprint(engine) -> dict[str, str]:
    """A digest of everything that a run leaves behind, by what it is of."""
    found = {}
    with reading(engine) as session:
        for name, query in COMPARED.items():
            digest, rows = hashlib.sha256(), 0
            # Row by row: in the long forms there are gigabytes of them.
            for row in session.connection().execute(text(query), execution_options=STREAMED):
                digest.update(json.dumps(tuple(row), default=str).encode())
                rows += 1
            found[name] = f"{rows} {digest.hexdigest()}"
    return found
