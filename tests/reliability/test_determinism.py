"""R13: how many workers, in which order, in how large batches, under which hash seed, locale and zone: one digest."""

from __future__ import annotations

import hashlib

import pytest

from sla_service.config import Settings
from sla_service.db.engine import reading
from sla_service.db.run_batches import list_batches
from sla_service.usecases.export_run import KINDS, export_terms, start_export
from sla_service.usecases.work_run import finish, next_batches, work_batch
from tests.reliability.figures import of_form, record
from tests.worker.conftest import (  # noqa: F401 - fixtures
    in_state,
    make_month,
    month_template,
    sla,
    transactions,
    undisturbed,
    until,
    work_in_process,
)
from tests.worker.months import NOW_MS, begin_issue, fingerprint, load, plan

pytestmark = pytest.mark.reliability

CREWS = {
    "1 worker": [{}],
    "2 workers of other machines": [
        {"PYTHONHASHSEED": "1", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Chatham"},
        {"PYTHONHASHSEED": "4242", "LC_ALL": "C", "TZ": "America/St_Johns"},
    ],
    "4 workers": [{}, {}, {}, {}],
}
"""Who works, and what their machines have otherwise: in Turkish, i is not the small letter of I; Chatham is 12 h 45 min
ahead, and half an hour is in Newfoundland's time."""
ORDERS = {"backwards": reversed, **of_form({}, {"inside out": lambda left: left[1::2] + left[::2]})}
"""In which the batches are taken."""


def one_by_one(engine, order):
    """Calculate and issue in this process, the batches in an order of our own."""
    run_id, transaction = plan(engine, queued=False), transactions(engine)
    for done in ("calculated", "issued"):
        while left := batches_left(engine, run_id, done):
            for batch_no in order(left):
                work_batch(transaction, run_id, batch_no, now=lambda: NOW_MS)
        finish(transaction, run_id, now=lambda: NOW_MS)
        if done == "calculated":
            begin_issue(engine, run_id, queued=False)


def batches_left(engine, run_id, done):
    with reading(engine) as session:
        return [batch.batch_no for batch in next_batches(list_batches(session, run_id), done)]


def with_workers(engine, sla, crew):  # noqa: F811
    """Calculate and issue through the queue."""
    workers = [sla(engine, "worker", "--name", f"w{n}", **env) for n, env in enumerate(crew)]
    plan(engine)
    until(in_state(engine, "calculated"), *workers)
    begin_issue(engine, 1)
    until(in_state(engine, "issued"), *workers)
    for worker in workers:
        worker.end()


def exports(engine, folder):
    """Every export, digest by digest."""
    terms, found = export_terms(Settings(home=folder)), {}
    for kind in KINDS:
        with reading(engine) as session:
            made = hashlib.sha256()
            for name, chunk in start_export(session, 1, kind, terms).files:
                made.update(name.encode() + b"\0" + chunk)
            found[f"export {kind}"] = made.hexdigest()
    return found


def test_who_works_how_and_where_changes_no_figure(make_month, undisturbed, sla, sqlite_engine, tmp_path):  # noqa: F811
    engines = {way: make_month() for way in (*CREWS, *ORDERS)}
    for way, crew in CREWS.items():
        with_workers(engines[way], sla, crew)
    for way, order in ORDERS.items():
        one_by_one(engines[way], order)
    load(sqlite_engine)
    work_in_process(sqlite_engine)
    engines["SQLite"] = sqlite_engine

    ways = {way: fingerprint(engine) | exports(engine, tmp_path) for way, engine in engines.items()}
    first = ways["1 worker"]
    assert {name: first[name] for name in undisturbed} == undisturbed
    others = {way: {name for name in first if found[name] != first[name]} for way, found in ways.items()}
    assert not any(others.values()), others
    distinct = len({tuple(sorted(found.items())) for found in ways.values()})
    record("R13", {"ways": len(ways), "digests in each": len(first), "distinct digests": distinct})
    assert distinct == 1


def test_the_size_of_the_batches_changes_no_figure(make_month, undisturbed):  # noqa: F811
    engine = make_month()
    work_in_process(engine, per_batch=7)
    found = fingerprint(engine)
    # How it was divided is another, and with it the digest that the batches' digests make, and the ledger's blocks.
    of_the_division = {"batches", "run", "ledger"}
    same = {name for name in found if found[name] == undisturbed[name]}
    assert same >= set(found) - of_the_division
