"""Closing a month over the API: each call with a key of the caller's has one effect and one answer."""

from __future__ import annotations

import shutil
import threading

import pytest
from sqlalchemy import text

from sla_service.db.engine import create_engine, reading, writing
from sla_service.usecases.api_keys import create_api_key
from sla_service.usecases.check_books import check_books
from sla_service.usecases.work_run import work_run
from tests.reliability.figures import record
from tests.web import seed
from tests.web.conftest import close, make_site

AT_ONCE = 64


@pytest.fixture(scope="session")
def evidence(sqlite_template, tmp_path_factory):
    """A database with evidence for September 2023, to copy, and keys of two people."""
    home = tmp_path_factory.mktemp("evidence")
    shutil.copy(sqlite_template, home / "sla.db")
    engine = create_engine(f"sqlite:///{home / 'sla.db'}")
    found = with_evidence(make_site(engine, home))
    close(found)
    engine.dispose()
    return home / "sla.db", found.ann, found.ben


@pytest.fixture
def loaded(evidence, tmp_path):
    """A copy of it, and an application over it."""
    path, ann, ben = evidence
    shutil.copy(path, tmp_path / "sla.db")
    engine = create_engine(f"sqlite:///{tmp_path / 'sla.db'}")
    found = make_site(engine, tmp_path)
    found.ann, found.ben = ann, ben
    yield found
    close(found)
    engine.dispose()


@pytest.fixture
def everywhere(site):
    """The same on each kind of database."""
    return with_evidence(site)


def with_evidence(site):
    seed.load_evidence(site.engine)
    with writing(site.engine) as session:
        site.ann = create_api_key(session, "ann", now_ms=site.now_ms, actor="ana").key
        site.ben = create_api_key(session, "ben", now_ms=site.now_ms, actor="ana").key
    return site


def call(site, path, body, key, who, *, work=True):
    headers = {"Authorization": f"Bearer {who}", **({"Idempotency-Key": key} if key else {})}
    answer = site.client.post(f"/api/v1{path}", json=body, headers=headers)
    if work and answer.status_code == 202 and site.engine.dialect.name == "postgresql":
        # What a worker would do with what the call put into the queue.
        work_run(lambda: writing(site.engine), answer.json["run_id"], now=lambda: site.now_ms)
    return answer


def count(site, table):
    with reading(site.engine) as session:
        return session.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608


def run_of(site):
    return site.get("/runs").json["runs"][0]


def close_month(site):
    """Calculate as ann, approve and issue as ben; the answers."""
    calculated = call(site, "/runs", {"period": "2023-09"}, "calc", site.ann)
    call(site, "/runs/1/submit", {}, "submit", site.ann)
    digest = run_of(site)["digest"]
    approved = call(site, "/runs/1/approve", {"digest": digest}, "approve", site.ben)
    issued = call(site, "/runs/1/issue", {"digest": digest}, "issue", site.ben)
    return calculated, approved, issued


def test_a_month_is_closed_by_two_people(everywhere):
    calculated, approved, issued = close_month(everywhere)
    assert (calculated.status_code, calculated.json["state"]) == (202, "draft")
    assert (approved.status_code, approved.json["state"], approved.json["approved_by"]) == (200, "approved", "ben")
    assert (issued.status_code, issued.json["state"]) == (202, "issuing")
    assert run_of(everywhere)["state"] == "issued"
    assert count(everywhere, "statements") > 0


def test_an_issued_month_is_corrected_and_a_statement_voided_by_two_people(everywhere):
    close_month(everywhere)
    begun = call(everywhere, "/corrections", {"period": "2023-09", "reason": "late alerts"}, "again", everywhere.ann)
    assert (begun.status_code, begun.json["kind"], begun.json["revision"]) == (202, "correction", 2)
    assert everywhere.get("/runs/2").json["state"] == "calculated"
    rejected = call(everywhere, "/runs/2/reject", {"reason": "nothing has changed"}, "no", everywhere.ben)
    assert rejected.json["state"] == "rejected"
    with reading(everywhere.engine) as session:
        first = text("SELECT min(number) FROM statements WHERE kind = 'merchant'")
        number = session.connection().execute(first).scalar_one()
    path, why = f"/statements/{number}/void", {"reason": "not owed"}
    void = call(everywhere, path, why, "void", everywhere.ann)
    assert (void.status_code, void.json["state"], void.json["revision"]) == (200, "calculated", 2)
    assert (void.json["voids"], void.json["reason"]) == (number, "not owed")
    assert call(everywhere, path, why, "void", everywhere.ann).headers["Idempotency-Replayed"] == "true"
    run_id, digest = void.json["run_id"], void.json["digest"]
    assert call(everywhere, f"/runs/{run_id}/submit", {}, "handed", everywhere.ann).status_code == 200
    own = call(everywhere, f"/runs/{run_id}/approve", {"digest": digest}, "own", everywhere.ann)
    assert own.status_code == 403
    for step, status in (("approve", 200), ("issue", 202)):
        answer = call(everywhere, f"/runs/{run_id}/{step}", {"digest": digest}, f"{step} void", everywhere.ben)
        assert answer.status_code == status
    kept = everywhere.app.extensions["sla"].checkpoint.read_text(encoding="utf-8")
    assert f'"run":{run_id}' in kept.replace(" ", "")
    with reading(everywhere.engine) as session:
        assert check_books(session).violations == []
        voids = text("SELECT corrects FROM statements WHERE is_void = 1 AND kind = 'merchant'")
        assert session.connection().execute(voids).scalars().all() == [number]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/corrections", {"period": "2023-08"}, 409, "not_issued"),
        ("/corrections", {"period": "2023-13"}, 422, "period_format"),
        ("/statements/SCM-2023-09-9999999/void", {"reason": "x"}, 404, "not_found"),
        ("/statements/SCM-2023-09-9999999/void", {"reason": " "}, 422, "blank"),
        ("/statements/SCM-2023-09-9999999/void", {}, 422, "required"),
    ],
)
def test_a_correction_that_cannot_begin_says_why(loaded, path, body, status, code):
    refused = call(loaded, path, body, "k", loaded.ann)
    assert (refused.status_code, refused.json["code"]) == (status, code), refused.json


def test_a_call_without_a_key_is_refused(loaded):
    refused = call(loaded, "/runs", {"period": "2023-09"}, "", loaded.ann)
    assert (refused.status_code, refused.json["code"]) == (400, "idempotency_key_required")
    assert count(loaded, "runs") == 0


def test_the_same_key_and_body_is_answered_alike_and_has_one_effect(loaded):
    first = call(loaded, "/runs", {"period": "2023-09"}, "calc", loaded.ann)
    again = call(loaded, "/runs", {"period": "2023-09"}, "calc", loaded.ann)
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert count(loaded, "runs") == 1


def test_the_same_key_with_another_body_is_refused_with_the_fields_that_differ(loaded):
    call(loaded, "/runs", {"period": "2023-09"}, "calc", loaded.ann)
    other = call(loaded, "/runs", {"period": "2023-08"}, "calc", loaded.ann)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert [(e["pointer"], e["value"]) for e in other.json["errors"]] == [("/period", "2023-08")]
    elsewhere = call(loaded, "/runs/1/submit", {}, "calc", loaded.ann)
    assert (elsewhere.status_code, elsewhere.json["errors"][0]["parameter"]) == (422, "Idempotency-Key")
    assert count(loaded, "runs") == 1


def test_another_caller_s_equal_key_is_another_call(loaded):
    call(loaded, "/runs", {"period": "2023-09"}, "k", loaded.ann)
    assert call(loaded, "/runs/1/submit", {}, "k", loaded.ben).status_code == 200


def test_a_call_that_is_being_worked_on_is_409_and_one_left_by_a_crash_is_taken_up(everywhere):
    call(everywhere, "/runs", {"period": "2023-09"}, "calc", everywhere.ann)
    with writing(everywhere.engine) as session:
        session.connection().execute(text("UPDATE idempotency_keys SET state = 'running', status = NULL"))
        session.connection().execute(text("UPDATE runs SET state = 'superseded'"))
    busy = call(everywhere, "/runs", {"period": "2023-09"}, "calc", everywhere.ann)
    assert (busy.status_code, busy.json["code"]) == (409, "in_flight")
    everywhere.now_ms += 10 * 60_000
    taken = call(everywhere, "/runs", {"period": "2023-09"}, "calc", everywhere.ann)
    assert (taken.status_code, taken.json["run_id"]) == (202, 2)


def test_a_refused_call_leaves_its_key_free(loaded):
    call(loaded, "/runs", {"period": "2023-09"}, "calc", loaded.ann)
    early = call(loaded, "/runs/1/approve", {"digest": "0" * 12}, "approve", loaded.ben)
    assert early.status_code == 409
    call(loaded, "/runs/1/submit", {}, "submit", loaded.ann)
    good = call(loaded, "/runs/1/approve", {"digest": run_of(loaded)["digest"]}, "approve", loaded.ben)
    assert good.status_code == 200


def test_nobody_approves_their_own_run_over_the_api(loaded):
    call(loaded, "/runs", {"period": "2023-09"}, "calc", loaded.ann)
    call(loaded, "/runs/1/submit", {}, "submit", loaded.ann)
    own = call(loaded, "/runs/1/approve", {"digest": run_of(loaded)["digest"]}, "approve", loaded.ann)
    assert (own.status_code, own.json["code"]) == (403, "four_eyes")


def test_a_recipient_changed_after_the_approval_is_412_and_clears_it(everywhere):
    call(everywhere, "/runs", {"period": "2023-09"}, "calc", everywhere.ann)
    call(everywhere, "/runs/1/submit", {}, "submit", everywhere.ann)
    digest = run_of(everywhere)["digest"]
    call(everywhere, "/runs/1/approve", {"digest": digest}, "approve", everywhere.ben)
    with writing(everywhere.engine) as session:
        session.connection().execute(text("UPDATE merchants SET email = 'new@store.example'"))
    refused = call(everywhere, "/runs/1/issue", {"digest": digest}, "issue", everywhere.ben)
    assert (refused.status_code, refused.json["code"]) == (412, "changed")
    assert "recipients" in refused.json["detail"]
    assert run_of(everywhere)["state"] == "calculated"
    assert count(everywhere, "statements") == 0


@pytest.mark.reliability
def test_sixty_four_at_once_have_one_effect(everywhere):
    answers = []
    barrier = threading.Barrier(AT_ONCE)

    def ask(path, body, key, who):
        barrier.wait()
        answers.append(call(everywhere, path, body, key, who, work=False).status_code)

    def all_at_once(*arguments):
        answers.clear()
        threads = [threading.Thread(target=ask, args=arguments) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return list(answers)

    calculated = all_at_once("/runs", {"period": "2023-09"}, "calc", everywhere.ann)
    assert set(calculated) <= {202, 409, 503}
    assert 202 in calculated
    assert count(everywhere, "runs") == 1
    call(everywhere, "/runs", {"period": "2023-09"}, "calc", everywhere.ann)
    call(everywhere, "/runs/1/submit", {}, "submit", everywhere.ann)
    digest = run_of(everywhere)["digest"]
    call(everywhere, "/runs/1/approve", {"digest": digest}, "approve", everywhere.ben)
    issued = all_at_once("/runs/1/issue", {"digest": digest}, "issue", everywhere.ben)
    assert set(issued) <= {202, 409, 503}
    call(everywhere, "/runs/1/issue", {"digest": digest}, "issue", everywhere.ben)
    statements = count(everywhere, "statements")
    call(everywhere, "/runs/1/issue", {"digest": digest}, "another key", everywhere.ben)
    assert call(everywhere, "/runs", {"period": "2023-09"}, "again", everywhere.ann).status_code == 409
    assert count(everywhere, "statements") == statements
    assert count(everywhere, "runs") == 1
    with reading(everywhere.engine) as session:
        twice = "SELECT 1 FROM statements GROUP BY kind, party_id, period, currency HAVING count(*) > 1"
        doubles = len(session.connection().execute(text(twice)).all())
    kind = everywhere.engine.dialect.name
    record("R1", {f"on {kind}": {"calls at once": AT_ONCE, "operations": 2, "duplicate effects": doubles}})
    assert doubles == 0
