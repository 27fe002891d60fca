"""While a run is being issued, its later batches tell what was approved, whatever people change in the meantime."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from sla_service.db.engine import reading, writing
from sla_service.db.run_batches import claim_batch, list_batches
from sla_service.domain.errors import ConflictError
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_batch, start_issue
from sla_service.usecases.work_run import work_run
from tests.runs import submit_and_approve
from tests.usecases.the_month import ISSUER, MERCHANTS, NOW_MS, calculate, load


@pytest.fixture
def issuing(engine):
    """Run 1 of the small month, begun to be issued."""
    load(engine)
    run_id = calculate(engine)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS)
    with writing(engine) as session:
        start_issue(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    return engine


def test_recipients_are_not_changed_until_it_is_done(issuing):
    moved = MERCHANTS.replace("step@store.example", "moved@store.example").encode()
    change = {"name": "merchants.csv", "now_ms": NOW_MS, "actor": "ann", "update": True}
    with pytest.raises(ConflictError, match="being issued"), writing(issuing) as session:
        import_file(session, "merchants", moved, **change)
    work_run(lambda: writing(issuing), 1, now=lambda: NOW_MS)
    with writing(issuing) as session:
        assert import_file(session, "merchants", moved, **change).changed == 1


def test_incidents_are_told_as_they_were_approved(issuing):
    with writing(issuing) as session:
        session.connection().execute(text("UPDATE incidents SET title = 'Renamed since'"))
    with writing(issuing) as session:
        batch = list_batches(session, 1)[0]
        attempt = claim_batch(session, batch, now_ms=NOW_MS)
        issue_batch(session, 1, batch.batch_no, attempt=attempt, now_ms=NOW_MS)
    with reading(issuing) as session:
        told = session.connection().execute(text("SELECT snapshot FROM statements")).scalars().all()
    assert told
    assert not any("Renamed since" in snapshot for snapshot in told)
