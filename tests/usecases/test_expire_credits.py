"""What was not used in time is written off, once, and no more than is left."""

from __future__ import annotations

import json
from datetime import date

import pytest

from sla_service.db.engine import reading, writing
from sla_service.db.ledger import list_merchant_entries
from sla_service.domain.balances import balances_of
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import parse_instant
from sla_service.usecases.expire_credits import expire_credits, expiry_of
from tests.usecases.the_ledger import Stated, a_number, a_use, apply, issue

NOW_MS = parse_instant("2024-12-31T00:00:00Z")
ONE = a_number(1)


def expire(engine, until="2024-11-01", now_ms=NOW_MS):
    with writing(engine) as session:
        return expire_credits(session, date.fromisoformat(until), now_ms=now_ms, actor="cleo")


def owed(engine, merchant_id):
    with reading(engine) as session:
        return {one.currency: one.owed.amount for one in balances_of(list_merchant_entries(session, merchant_id))}


def test_what_is_left_is_written_off_on_the_day_of_expiry(engine):
    issue(engine, [Stated("m1", 10_000), Stated("m2", 5_000)])
    apply(engine, a_use("INV-7", ONE, "29.90"))
    done = expire(engine)
    assert (done.statements, list(map(str, done.sums))) == (2, ["USD 120.10"])
    with reading(engine) as session:
        entry = list_merchant_entries(session, "m1")[-1]
    assert (entry["entry_id"], entry["amount_minor"]) == (f"expired/{ONE}", 7_010)
    assert (entry["effective_on"], entry["recorded_at_ms"]) == ("2024-10-02", NOW_MS)
    assert owed(engine, "m1") == {"USD": "0.00"}


@pytest.mark.parametrize(("until", "count"), [("2024-10-01", 0), ("2024-10-02", 1)], ids=["the day before", "the day"])
def test_a_statement_expires_on_its_day(engine, until, count):
    issue(engine, [Stated("m1", 10_000)])
    assert expire(engine, until).statements == count


def test_again_writes_off_nothing(engine):
    issue(engine, [Stated("m1", 10_000)])
    assert expire(engine).statements == 1
    assert (expire(engine, now_ms=NOW_MS + 1).statements, expire(engine, now_ms=NOW_MS + 2).head) == (0, None)


def test_what_has_expired_cannot_be_applied(engine):
    issue(engine, [Stated("m1", 10_000)])
    expire(engine)
    with pytest.raises(InvalidValueError, match=f"{ONE} has expired"):
        apply(engine, a_use("late", ONE, "1.00", on="2024-12-01"), now_ms=NOW_MS)


def test_what_never_expires_and_what_is_used_up_stays(engine):
    issue(engine, [Stated("m1", 10_000, expires_on=""), Stated("m2", 5_000)])
    apply(engine, a_use("INV-7", a_number(2), "50.00", merchant="m2"))
    assert expire(engine).statements == 0


def test_what_a_correction_took_back_does_not_expire(engine):
    issue(engine, [Stated("m1", 10_000), Stated("m1", 20_000, currency="EUR", expires_on="")])
    taken = Stated("m1", -4_000, number=a_number(9), corrects=ONE, revision=2)
    issue(engine, [taken], run_id=2, merchants=False)
    assert list(map(str, expire(engine).sums)) == ["USD 60.00"]
    assert owed(engine, "m1") == {"USD": "0.00", "EUR": "200.00"}


def test_a_later_credit_is_not_touched_by_what_was_taken_back_of_an_earlier_one(engine):
    issue(engine, [Stated("m1", 1_000)])
    issue(engine, [Stated("m1", 2_000, number="SCM-2023-10-0000002", period="2023-10", expires_on="")], run_id=2,
          merchants=False)  # fmt: skip
    taken = Stated("m1", -400, number=a_number(9), corrects=ONE, revision=2)
    issue(engine, [taken], run_id=3, merchants=False)
    assert list(map(str, expire(engine).sums)) == ["USD 6.00"]
    assert owed(engine, "m1") == {"USD": "20.00"}


def test_a_day_to_come_is_refused(engine):
    with pytest.raises(InvalidValueError, match="a day that has come"):
        expire(engine, "2025-01-01")


@pytest.mark.parametrize(
    ("days", "expected"),
    [(["2024-10-02"], "2024-10-02"), (["2024-10-02", "2025-01-01"], "2025-01-01"), (["2024-10-02", ""], None)],
    ids=["one credit", "the last of several", "one that never expires"],
)
def test_a_statement_expires_with_the_last_of_its_credits(days, expected):
    credits = [{"expires_on": day, "amount": {"minor": 1}} for day in days]
    service_time = {"expires_on": "", "amount": {"minor": 0}}
    assert expiry_of(json.dumps({"credits": [*credits, service_time]})) == expected
