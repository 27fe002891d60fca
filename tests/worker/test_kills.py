"""R2 with workers: they are killed at random instants and others take their place; nothing shows."""

from __future__ import annotations

import random
import time

import pytest

from sla_service.db.engine import writing
from sla_service.usecases.issue_run import start_issue
from sla_service.usecases.queue_run import queue_run
from sla_service.usecases.work_run import work_run
from tests.reliability.figures import SEED, is_long, of_form, record
from tests.reliability.small_month import NOW_MS, approve_beyond, load_book, made_up_book, submit
from tests.usecases.the_month import ISSUER
from tests.worker import months
from tests.worker.conftest import in_state, transactions

pytestmark = pytest.mark.reliability
MERCHANTS = of_form(months.MERCHANTS, 100_000)
PER_BATCH = of_form(months.PER_BATCH, 2_000)
KILLS = of_form(1, 26)
"""While it is calculated, and again while it is issued."""
PAUSE_S = of_form((1.0, 2.0), (0.3, 2.5))
CREW = 2
DEADLINE_S = of_form(300, 3_600)


def begin_issue(engine, *, queued):
    submit(engine)
    approve_beyond(engine)
    with writing(engine) as session:
        start_issue(session, 1, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
        if queued:
            queue_run(session, 1)


def work_alone(engine):
    months.plan(engine, per_batch=PER_BATCH, queued=False)
    work_run(transactions(engine), 1, now=lambda: months.NOW_MS)
    begin_issue(engine, queued=False)
    work_run(transactions(engine), 1, now=lambda: months.NOW_MS)


def kill_until(engine, state, start_worker, draw):
    """Kill one of the workers again and again, until there were enough kills or the run is done; how many kills."""
    crew, kills = [start_worker() for _ in range(CREW)], 0
    is_done, until = in_state(engine, state), time.monotonic() + DEADLINE_S
    while not is_done():
        assert time.monotonic() < until, crew[0].said
        time.sleep(draw.uniform(*PAUSE_S) if kills < KILLS else 0.1)
        if kills < KILLS and not is_done():
            worker = draw.randrange(CREW)
            crew[worker].end()
            crew[worker] = start_worker()
            kills += 1
    for worker in crew:
        worker.end()
    return kills


def two_months(make_month):
    """The same evidence twice."""
    if not is_long():
        return make_month(), make_month()
    one = make_month("template_sla")
    load_book(one, made_up_book(MERCHANTS, 900))
    one.dispose()
    return one, make_month(one.url.database)


def test_a_run_whose_workers_are_killed_again_and_again_ends_as_one_that_was_left_alone(make_month, sla):
    draw = random.Random(SEED)  # noqa: S311 - to be repeated
    alone, month = two_months(make_month)
    work_alone(alone)
    months.plan(month, per_batch=PER_BATCH)
    kills = kill_until(month, "calculated", lambda: sla(month, "worker"), draw)
    begin_issue(month, queued=True)
    kills += kill_until(month, "issued", lambda: sla(month, "worker"), draw)
    found = months.difference(month, months.fingerprint(alone))
    assert kills > 0
    told = {"merchants": MERCHANTS, "merchants per batch": PER_BATCH, "workers": CREW, "kills": kills}
    record("R2", {"workers on postgresql": {**told, **found}}, seed=SEED)
