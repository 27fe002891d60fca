"""Whoever lost a batch changes nothing, and why a run stopped is known until it is asked for again."""

from __future__ import annotations

import pytest
from sqlmodel import select

from sla_service.db.engine import reading, writing
from sla_service.db.run_batches import claim_batch, load_batch
from sla_service.db.run_stops import stop_run
from sla_service.db.tables import CreditRecord
from sla_service.domain.errors import ConflictError
from sla_service.usecases.plan_run import plan_run
from sla_service.usecases.queue_run import standing
from sla_service.usecases.work_run import work_batch, work_run
from tests.usecases.the_month import NOW_MS, SEPTEMBER, load


@pytest.fixture
def planned(engine):
    load(engine)
    with writing(engine) as session:
        plan_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann")
    return engine


def test_whoever_lost_a_batch_to_another_worker_changes_nothing(planned):
    times = iter((NOW_MS, None))

    def now():
        """The second time, which is after the claim, another worker claims the batch as well."""
        if next(times) is None:
            with writing(planned) as session:
                claim_batch(session, load_batch(session, 1, 1), now_ms=NOW_MS)
        return NOW_MS

    with pytest.raises(ConflictError) as refused:
        work_batch(lambda: writing(planned), 1, 1, now=now)
    assert refused.value.rule == "batch_taken"
    with reading(planned) as session:
        batch = load_batch(session, 1, 1)
        assert (batch.state, batch.attempt) == ("planned", 2)
        assert session.exec(select(CreditRecord)).all() == []


def test_why_a_run_stopped_is_known_until_it_is_asked_for_again(planned):
    with writing(planned) as session:
        stop_run(session, 1, 1, reason="the disk was full", now_ms=NOW_MS)
        stop_run(session, 1, None, reason="a second one", now_ms=NOW_MS)
    with reading(planned) as session:
        found = standing(session, 1)
    assert (found.is_moving, found.done, found.batches) == (False, 0, 1)
    assert found.stop is not None
    assert (found.stop.batch_no, found.stop.reason) == (1, "the disk was full")
    work_run(lambda: writing(planned), 1, now=lambda: NOW_MS)
    with reading(planned) as session:
        assert standing(session, 1).stop is None
