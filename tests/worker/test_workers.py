"""Workers share a run, die, sleep and are told to stop; what the run leaves behind is always the same."""

from __future__ import annotations

import signal

import pytest

from tests.reliability.figures import record
from tests.worker.conftest import in_state, until, value
from tests.worker.months import begin_issue, difference, plan

pytestmark = pytest.mark.reliability

DONE = "SELECT count(*) FROM run_batches WHERE state = 'calculated'"
IN_HAND = "SELECT count(*) FROM run_batches WHERE state = 'planned' AND attempt > 0"
QUEUED = "SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE queue_name LIKE 'run-%%'"


def issue_with(engine, *workers):
    """Let the workers issue what they calculated."""
    until(in_state(engine, "calculated"), *workers)
    begin_issue(engine, 1)
    until(in_state(engine, "issued"), *workers)


def test_two_workers_share_a_run_and_it_is_as_if_one_process_had_done_it(month, undisturbed, sla):
    workers = [sla(month, "worker", "--name", name) for name in ("one", "two")]
    plan(month)
    issue_with(month, *workers)
    difference(month, undisturbed)
    assert all("calculated in" in worker.said for worker in workers)
    assert value(month, QUEUED) == 0
    for worker in workers:
        worker.send(signal.SIGTERM)
        assert worker.wait() == 0
        assert "has stopped" in worker.said


def test_the_batch_of_a_killed_worker_goes_to_another(month, undisturbed, sla):
    lost, other = (sla(month, "worker", "--name", name) for name in ("lost", "other"))
    plan(month)
    until(lambda: "calculated in" in lost.said, lost, other)
    until(lambda: value(month, IN_HAND) == 2, lost, other)
    lost.send(signal.SIGKILL)
    issue_with(month, other)
    record("R14", {"a worker killed with a batch in hand": difference(month, undisturbed)})
    assert value(month, "SELECT max(attempt) FROM run_batches WHERE kind = 'merchants'") >= 3


def test_a_paused_worker_that_wakes_up_late_changes_nothing(month, undisturbed, sla):
    paused = sla(month, "worker", "--name", "paused")
    plan(month)
    until(lambda: value(month, DONE) >= 1 and value(month, IN_HAND) == 1, paused)
    paused.send(signal.SIGSTOP)
    taken = value(month, "SELECT max(batch_no) FROM run_batches WHERE state = 'planned' AND attempt > 0")
    other = sla(month, "worker", "--name", "other")
    until(in_state(month, "calculated"), other)
    paused.send(signal.SIGCONT)
    issue_with(month, paused, other)
    record("R14", {"a worker paused past its lease, then woken": difference(month, undisturbed)})
    if taken is not None:
        until(lambda: f"batch {taken}: another worker took it over" in paused.said, paused, other)


def test_a_worker_that_is_told_to_stop_finishes_the_batch_in_hand(month, undisturbed, sla):
    first = sla(month, "worker", "--name", "first")
    plan(month)
    until(lambda: value(month, DONE) >= 1 and value(month, IN_HAND) == 1, first)
    first.send(signal.SIGTERM)
    assert first.wait() == 0
    assert "Stopping after the batch in hand." in first.said
    assert value(month, IN_HAND) == 0
    assert value(month, DONE) < 6
    second = sla(month, "worker", "--name", "second")
    issue_with(month, second)
    record("R14", {"SIGTERM amid a run": difference(month, undisturbed)})
    assert value(month, "SELECT max(attempt) FROM run_batches WHERE kind = 'partners'") == 1


def test_a_worker_that_is_told_to_stop_while_it_begins_stops(month, sla):
    worker = sla(month, "worker", "--name", "early")
    until(lambda: "waits for batches" in worker.said, worker)
    worker.send(signal.SIGTERM)
    assert worker.wait() == 0
    assert "Worker early has stopped." in worker.said


def test_a_lost_worker_is_not_declared_so_soon_that_none_is_well(month, sla):
    worker = sla(month, "worker", SLA_WORKER_LOST_SECONDS="2")
    assert worker.wait() == 3
    assert "SLA_WORKER_LOST_SECONDS: write 3 or more" in worker.said


def test_several_processes_of_one_worker_stop_together(month, undisturbed, sla):
    workers = sla(month, "worker", "--name", "crew", "--concurrency", "2")
    plan(month)
    issue_with(month, workers)
    difference(month, undisturbed)
    workers.send(signal.SIGTERM)
    assert workers.wait() == 0
    assert all(f"Worker crew-{n} has stopped." in workers.said for n in (1, 2))


def test_a_worker_on_sqlite_is_told_what_to_do_instead(sqlite_engine, sla, tmp_path):
    worker = sla(sqlite_engine, "worker", SLA_DATABASE_URL=f"sqlite:///{tmp_path / 'sla.db'}")
    assert worker.wait() == 5
    assert "on SQLite a run is worked by the command that asks for it" in worker.said
