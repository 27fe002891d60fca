"""R12: the slow, obvious calculation says what the product says, and one database says what the other does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.db.engine import writing
from sla_service.usecases.plan_run import plan_run
from tests.measure.test_availability import batched, books, measure_all
from tests.oracle import measure_slowly
from tests.reliability.figures import is_long, of_form, record
from tests.reliability.small_month import (
    CREDITS,
    NOW_MS,
    SEPTEMBER,
    approve_beyond,
    digests,
    issue,
    load_book,
    made_up_book,
    submit,
    violations,
    work,
)
from tests.strategies import recoveries

pytestmark = pytest.mark.reliability
EXAMPLES, CASES = of_form(2, 600), 150
MERCHANTS = of_form(0, 20_000)


def test_merchant_months_are_measured_as_slowly_by_hand():
    counted = {"merchant-months": 0, "differences": 0}

    @batched(EXAMPLES)
    @given(st.one_of(books(CASES), st.lists(recoveries(), min_size=CASES, max_size=CASES)))
    def compare(book):
        for case, one, other in zip(book, measure_all(book), map(measure_slowly, book), strict=True):
            assert one == other, case
        counted["merchant-months"] += len(book)

    compare()
    record("R12", {"slow reference against production": counted})


def test_both_databases_say_the_same(sqlite_copies, postgres_copies):
    found = []
    files = made_up_book(MERCHANTS, MERCHANTS // 100) if is_long() else {}
    for copies in (sqlite_copies, postgres_copies):
        if files:
            engine, _ = copies._copy(copies.empty)
            copies.engines.append(engine)
            load_book(engine, files)
            with writing(engine) as session:
                plan_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann", batch_merchants=3_000)
            work(engine, 1)
            for step in (submit, approve_beyond, issue):
                step(engine)
        else:
            engine = copies.at("issued")
        assert violations(engine) == []
        found.append(digests(engine, without=()))
        copies.close()
    assert found[0] == found[1]
    said = {"merchant-months": MERCHANTS or CREDITS, "tables that differ": 0}
    record("R12", {"SQLite against PostgreSQL, every row of six tables": said})
