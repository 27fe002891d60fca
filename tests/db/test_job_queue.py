"""The queue's own tables come and go with ours, and what is put there twice is there once."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text
from sqlmodel import Session

from sla_service.db import job_queue
from sla_service.db.engine import downgrade, is_queue_current, upgrade, writing
from sla_service.db.job_queue import SCHEMA, QueuedJob, enqueue, require_queue
from sla_service.domain.errors import ConflictError

BATCHES = [QueuedJob(7, "draft", number) for number in (1, 2, 3)]
NEXT = QueuedJob(7, "draft")


def waiting(engine):
    """What waits, by its lock and task."""
    with engine.connect() as connection:
        query = f"SELECT lock, task_name, args FROM {SCHEMA}.procrastinate_jobs ORDER BY id"  # noqa: S608
        return [tuple(row) for row in connection.execute(text(query))]


def test_sqlite_has_no_queue_and_misses_none(sqlite_engine):
    assert is_queue_current(sqlite_engine)


def test_it_is_made_with_the_newest_tables_and_ours_stay_among_themselves(postgres_engine):
    assert is_queue_current(postgres_engine)
    assert not [name for name in inspect(postgres_engine).get_table_names() if name.startswith("procrastinate")]


def test_a_second_upgrade_leaves_what_waits(postgres_engine):
    with writing(postgres_engine) as session:
        enqueue(session, BATCHES)
    upgrade(postgres_engine)
    assert len(waiting(postgres_engine)) == 3


def test_tables_of_another_version_are_refused_until_the_upgrade_makes_them_anew(postgres_engine):
    with writing(postgres_engine) as session:
        enqueue(session, BATCHES)
        session.connection().execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS 'older'"))
    assert not is_queue_current(postgres_engine)
    with pytest.raises(ConflictError, match="sla db upgrade"), writing(postgres_engine) as session:
        require_queue(session.connection())
    upgrade(postgres_engine)
    assert is_queue_current(postgres_engine)
    assert waiting(postgres_engine) == []


def test_it_goes_on_the_way_down_and_comes_back_on_the_way_up(postgres_engine):
    downgrade(postgres_engine, "20261127_0001")
    assert SCHEMA not in inspect(postgres_engine).get_schema_names()
    upgrade(postgres_engine)
    assert is_queue_current(postgres_engine)


def test_what_waits_already_is_not_put_there_again(postgres_engine):
    with writing(postgres_engine) as session:
        assert enqueue(session, BATCHES[:2]) == 2
    with writing(postgres_engine) as session:
        assert enqueue(session, [*BATCHES, NEXT]) == 2
    arguments = {"run_id": 7, "phase": "draft"}
    assert waiting(postgres_engine) == [
        *((f"run-7/draft/{n}", "work_batch", {**arguments, "batch_no": n}) for n in (1, 2, 3)),
        ("run-7/draft/next", "advance", arguments),
    ]


def test_two_that_put_the_same_there_at_once_put_it_there_once(postgres_engine):
    with Session(postgres_engine) as late:
        # Its view of the database is from before the other one.
        late.connection().execute(text("SELECT count(*) FROM runs"))
        with writing(postgres_engine) as session:
            enqueue(session, BATCHES[:2])
        assert enqueue(late, BATCHES) == 1
        late.commit()
    assert [lock for lock, _task, _arguments in waiting(postgres_engine)] == [job.lock for job in BATCHES]


def test_what_is_rolled_back_does_not_wait(postgres_engine):
    with Session(postgres_engine) as session:
        enqueue(session, BATCHES)
        session.rollback()
    assert waiting(postgres_engine) == []


def test_our_own_tables_are_found_after_a_job_is_put_there(postgres_engine):
    with writing(postgres_engine) as session:
        before = session.connection().execute(text("SHOW search_path")).scalar()
        enqueue(session, [NEXT])
        assert session.connection().execute(text("SHOW search_path")).scalar() == before
        assert session.connection().execute(text("SELECT count(*) FROM runs")).scalar() == 0
        assert job_queue.is_current(session.connection())
