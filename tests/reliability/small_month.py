"""A small September in two batches of merchants and one of partners, at any step, and what ends every test."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import text

from sla_service.db.engine import reading, writing
from sla_service.formats.nouns import NOUNS
from sla_service.usecases.check_books import check_books
from sla_service.usecases.decide_run import Caution, approve_run, submit_run
from sla_service.usecases.demo_book import generate_book
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import start_issue
from sla_service.usecases.plan_run import plan_run
from sla_service.usecases.policies import publish_policy
from sla_service.usecases.work_run import work_run
from tests.usecases.the_month import EXAMPLE, ISSUER, SEPTEMBER, load
from tests.usecases.the_month import NOW_MS as IMPORTED_MS

NOW_MS = IMPORTED_MS + 60_000
PER_BATCH = 6
STATEMENTS, CREDITS = 10, 12
COMPARED = {
    "credits": "SELECT * FROM credits ORDER BY credit_no",
    "lines": "SELECT * FROM credit_lines ORDER BY credit_no, line_no",
    "statements": "SELECT * FROM statements ORDER BY number",
    "stated": "SELECT * FROM statement_credits ORDER BY credit_no",
    "outbox": "SELECT number, recipient, message_id FROM outbox ORDER BY number",
    "entries": "SELECT * FROM ledger_entries ORDER BY entry_id",
}
"""What must be the same whatever happened on the way."""
STREAMED = {"stream_results": True}


def calculated(engine):
    load(engine)
    with writing(engine) as session:
        run_id = plan_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann", batch_merchants=PER_BATCH).run_id
    work(engine, run_id)
    return run_id


def submit(engine, actor="ann"):
    with writing(engine) as session:
        submit_run(session, 1, issuer=ISSUER, now_ms=NOW_MS, actor=actor)


def approve(engine, actor="ben"):
    with writing(engine) as session:
        approve_run(session, 1, digest=None, issuer=ISSUER, now_ms=NOW_MS, actor=actor)


def approve_beyond(engine):
    """Approve a run that may be beyond the safety bounds: then a second person says why it is right."""
    approve(engine)
    if state(engine) == "submitted":
        caution = Caution(reason="The outage was that large")
        with writing(engine) as session:
            approve_run(session, 1, digest=None, issuer=ISSUER, now_ms=NOW_MS, actor="cat", caution=caution)


def issue(engine, actor="ben"):
    with writing(engine) as session:
        start_issue(session, 1, issuer=ISSUER, now_ms=NOW_MS, actor=actor)
    work(engine, 1)


def work(engine, run_id):
    work_run(lambda: writing(engine), run_id, now=lambda: NOW_MS)


def violations(engine):
    """What the checker says."""
    with reading(engine) as session:
        return check_books(session).violations


def state(engine):
    with reading(engine) as session:
        return session.connection().execute(text("SELECT state FROM runs WHERE run_id = 1")).scalar_one()


def digests(engine, *, without=("issued_at_ms", "snapshot", "recorded_at_ms")):
    """A digest of each table that must be the same; of snapshots their digests are compared."""
    found = {}
    with reading(engine) as session:
        for name, query in COMPARED.items():
            digest = hashlib.sha256()
            # Row by row: in the long forms there are gigabytes of them.
            rows = session.connection().execute(text(query), execution_options=STREAMED).mappings()
            for row in rows:
                kept = {key: value for key, value in row.items() if key not in without}
                digest.update(json.dumps(kept, default=str).encode())
            found[name] = digest.hexdigest()
    return found


def made_up_book(merchants, partners):
    """Files of a made-up book around the example's incidents, in the order in which they are imported."""
    made = dict(generate_book(merchants, partner_count=partners).files())
    told = {noun: (EXAMPLE / f"{noun}.csv").read_bytes() for noun in ("incidents", "timeline")}
    return {noun: (made | told)[noun] for noun in NOUNS if noun in made | told}


def load_book(engine, files):
    """Publish the example's policies and import a book."""
    for path in sorted((EXAMPLE / "policies").glob("*.yaml")):
        with writing(engine) as session:
            publish_policy(session, path.read_text(encoding="utf-8"), now_ms=IMPORTED_MS, actor="ann")
    for noun, data in files.items():
        with writing(engine) as session:
            import_file(session, noun, data, name=noun, now_ms=IMPORTED_MS, actor="ann")
