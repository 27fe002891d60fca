"""The audit log is sealed without gaps, whatever is on its way at that moment."""

from __future__ import annotations

import threading

import pytest

from sla_service.db.audit import list_audit, record_change, seal_audit
from sla_service.db.chain import iter_blocks
from sla_service.db.engine import reading, writing
from sla_service.domain.errors import ConflictError
from sla_service.usecases.verify_chains import verify_chains

NOW_MS = 1_696_208_400_000


def change(session, subject="run 1", actor="ann", now_ms=NOW_MS):
    said = {"action": "run.submit", "before": {"state": "calculated"}, "after": {"state": "submitted"}}
    record_change(session, subject=subject, actor=actor, now_ms=now_ms, **said)


def seal(engine):
    with writing(engine) as session:
        return seal_audit(session, now_ms=NOW_MS)


def blocks(engine):
    with reading(engine) as session:
        return [(one.first_entry, one.last_entry, one.entries) for one in iter_blocks(session, "audit")]


def test_sealing_takes_what_was_logged_since_and_nothing_twice(engine):
    assert seal(engine) is None
    for count in (3, 1):
        with writing(engine) as session:
            for _ in range(count):
                change(session)
        assert seal(engine) is not None
        assert seal(engine) is None
    assert blocks(engine) == [("1", "3", 3), ("4", "4", 1)]


def test_a_number_that_a_failed_change_took_is_no_gap(engine):
    with writing(engine) as session:
        change(session)
    with pytest.raises(ConflictError):
        fail(engine)
    with writing(engine) as session:
        change(session)
    seal(engine)
    with reading(engine) as session:
        verified = verify_chains(session)
    assert (verified.is_intact, verified.entries["audit"], verified.unsealed["audit"]) == (True, 2, 0)


def fail(engine):
    with writing(engine) as session:
        change(session)
        raise ConflictError("power", "power cut")


def test_a_change_on_its_way_is_waited_for(engine):
    """Its number is lower than that of one which is committed already: a seal over that one alone would lose it."""
    may_commit, has_logged, sealed = threading.Event(), threading.Event(), []

    def slow():
        with writing(engine) as session:
            change(session, subject="slow")
            has_logged.set()
            may_commit.wait()

    def fast_and_seal():
        if engine.dialect.name == "postgresql":  # on SQLite a second writer waits for the first
            with writing(engine) as session:
                change(session, subject="fast")
        sealed.append(seal(engine))

    first, second = threading.Thread(target=slow), threading.Thread(target=fast_and_seal)
    first.start()
    has_logged.wait()
    second.start()
    second.join(0.2)
    assert not sealed
    may_commit.set()
    first.join()
    second.join()
    count = 2 if engine.dialect.name == "postgresql" else 1
    assert blocks(engine) == [("1", str(count), count)]


def test_writers_and_sealers_at_once_leave_an_intact_chain(engine):
    def write():
        for n in range(8):
            with writing(engine) as session:
                change(session, now_ms=NOW_MS + n)

    def seal_often():
        for _ in range(6):
            seal(engine)

    threads = [threading.Thread(target=one) for one in (write, seal_often, write, seal_often, write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal(engine)
    with reading(engine) as session:
        verified = verify_chains(session)
    assert verified.findings == []
    assert (verified.entries["audit"], verified.unsealed["audit"]) == (24, 0)
    assert sum(count for *_, count in blocks(engine)) == 24


def test_entries_are_found_by_subject_person_and_time(engine):
    with writing(engine, origin="a desk") as session:
        change(session, subject="run 1", actor="ann", now_ms=NOW_MS)
        change(session, subject="run 1/2", actor="ben", now_ms=NOW_MS + 1)
        change(session, subject="run_1", actor="ann", now_ms=NOW_MS + 2)

    def found(limit=10, **asked):
        with reading(engine) as session:
            return [(one.subject, one.actor) for one in list_audit(session, limit=limit, **asked)]

    assert found(subject="run 1") == [("run 1", "ann"), ("run 1/2", "ben")]
    assert found(subject="run_") == [("run_1", "ann")]
    assert found(actor="ben") == [("run 1/2", "ben")]
    assert found(since_ms=NOW_MS + 1, actor="ann") == [("run_1", "ann")]
    assert found(limit=2) == [("run 1/2", "ben"), ("run_1", "ann")]
