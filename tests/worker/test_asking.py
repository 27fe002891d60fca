"""Whoever asks for a run on PostgreSQL works along, may leave, and is told why a run stopped on whichever machine."""

from __future__ import annotations

import signal

import pytest

from sla_service.db.engine import reading, writing
from sla_service.db.run_stops import stop_run
from sla_service.usecases.queue_run import standing
from sla_service.usecases.work_run import work_run
from tests.runs import submit_and_approve
from tests.worker.conftest import in_state, transactions, until, value
from tests.worker.months import NOW_MS, begin_issue, difference, plan

NOT_ENDED = "2099-01"
"""A month in which contracts are in force, and which cannot be closed yet."""


def where_it_stands(engine, run_id=1):
    with reading(engine) as session:
        return standing(session, run_id)


def test_a_run_is_done_without_any_worker_because_whoever_asks_works_along(month, sla):
    asked = sla(month, "--as", "ann", "run", "calculate", "--period", "2023-09")
    assert asked.wait() in {0, 8}, asked.said
    with writing(month) as session:
        submit_and_approve(session, 1, now_ms=NOW_MS)
    issued = sla(month, "--as", "ben", "run", "issue", "1")
    assert issued.wait() == 0, issued.said
    assert "Run 1 is issued" in issued.said


def test_whoever_does_not_wait_is_told_how_to_look(month, sla):
    asked = sla(month, "--as", "ann", "run", "calculate", "--period", "2023-09", "--no-wait")
    assert asked.wait() == 0, asked.said
    assert "start them with `sla worker`, look with `sla run show 1`" in asked.said
    shown = sla(month, "run", "show", "1")
    assert shown.wait() == 0
    assert "0 of 1 batches are done." in shown.said
    worker = sla(month, "worker")
    until(in_state(month, "calculated"), worker)


def test_ctrl_c_leaves_the_rest_to_the_workers(month, sla):
    plan(month, queued=False)
    work_run(transactions(month), 1, now=lambda: NOW_MS)
    begin_issue(month, 1)
    asked = sla(month, "--as", "ben", "run", "issue", "1")
    until(lambda: where_it_stands(month).done >= 1)
    asked.send(signal.SIGINT)
    assert asked.wait() == 130, asked.said
    assert "press Ctrl-C again to leave it to others at once" in asked.said
    assert "batches are done. Workers (`sla worker`) go on" in asked.said
    left = where_it_stands(month)
    assert left.is_moving
    assert 1 <= left.done < left.batches
    worker = sla(month, "worker")
    until(in_state(month, "issued"), worker)


def test_a_run_that_cannot_be_calculated_says_why_to_whoever_asked_and_to_whoever_looks(month, sla):
    worker = sla(month, "worker", "--name", "far")
    asked = sla(month, "--as", "ann", "run", "calculate", "--period", NOT_ENDED)
    assert asked.wait() == 5
    assert f"Refused: run 1 stopped at batch 1: {NOT_ENDED} has not ended for every merchant" in asked.said
    shown = sla(month, "run", "show", "1")
    assert shown.wait() == 0
    assert f"run 1 stopped at batch 1: {NOT_ENDED} has not ended for every merchant" in shown.said
    until(lambda: value(month, "SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE lock IS NOT NULL") == 0)
    assert value(month, "SELECT attempt FROM run_batches") == 1
    assert worker.process.poll() is None


def test_a_run_that_stopped_goes_on_when_it_is_asked_for_again(month, sla):
    run_id = plan(month, queued=False)
    work_run(transactions(month), run_id, now=lambda: NOW_MS)
    begin_issue(month, run_id)
    with writing(month) as session:
        stop_run(session, run_id, 2, reason="the disk was full", now_ms=NOW_MS)
    worker = sla(month, "worker")
    until(lambda: value(month, "SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE lock IS NOT NULL") == 0)
    assert where_it_stands(month).done == 0
    issued = sla(month, "--as", "ben", "run", "issue", "1")
    assert issued.wait() == 0, issued.said
    assert where_it_stands(month).stop is None
    assert worker.process.poll() is None


def test_a_batch_whose_way_to_the_database_breaks_is_tried_again(month, undisturbed, sla):
    worker = sla(month, "worker", "--name", "cut")
    plan(month)
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'run-1/draft/_'"
    until(lambda: value(month, cut), worker)
    until(in_state(month, "calculated"), worker)
    assert "it is tried again" in worker.said
    begin_issue(month, 1)
    until(in_state(month, "issued"), worker)
    difference(month, undisturbed)


@pytest.mark.parametrize("words", [("run", "calculate", "--period", "2023-09"), ("run", "issue", "1")])
def test_on_sqlite_there_is_nobody_to_leave_the_work_to(sqlite_engine, sla, tmp_path, words):
    asked = sla(sqlite_engine, *words, "--no-wait", SLA_DATABASE_URL=f"sqlite:///{tmp_path / 'sla.db'}")
    assert asked.wait() == 5
    assert "leave --no-wait out" in asked.said
