"""Arrow rows go in and out whole, within the transaction, on both databases."""

from __future__ import annotations

import sqlite3

import psycopg
import pyarrow as pa
import pytest
from sqlalchemy import select

from sla_service.db import bulk
from sla_service.db.bulk import copy_in, read_arrow
from sla_service.db.engine import reading, writing
from sla_service.db.tables import metadata
from sla_service.domain.errors import ConflictError

PARTNERS = metadata.tables["partners"]
RUNS = metadata.tables["runs"]


def partners(count, **changed):
    columns = {c.name: [f"{c.name} {i}" for i in range(count)] for c in PARTNERS.columns}
    return pa.table({**columns, **changed})


def runs(**changed):
    row = {"run_id": 1, "period": "2023-09", "state": "calculated", "version": 1, "digest": "d", "tzdb_version": "t"}
    row |= {"created_at_ms": 2**62, "created_by": "ann", "approved_at_ms": None, "approved_by": None, **changed}
    return pa.table(
        {
            n: pa.array(
                [v], pa.int64() if n.endswith(("_ms", "_id", "version")) and n != "tzdb_version" else pa.string()
            )
            for n, v in row.items()
        }
    )


def test_rows_come_back_as_they_went_in_whatever_their_text_holds(engine):
    nasty = ["plain", 'quo"te', "com,ma", "line\nbreak", "", "\\N", "漢字 🌶", " spaces "]
    rows = partners(len(nasty), name=nasty)
    with writing(engine) as session:
        copy_in(session, PARTNERS, rows)
    with reading(engine) as session:
        back = read_arrow(session, select(PARTNERS).order_by(PARTNERS.c.partner_id))
    assert back.to_pylist() == rows.to_pylist()


def test_nulls_and_large_integers_survive(engine):
    with writing(engine) as session:
        copy_in(session, RUNS, runs())
    with reading(engine) as session:
        (row,) = read_arrow(session, select(RUNS)).to_pylist()
    assert (row["approved_by"], row["approved_at_ms"], row["created_at_ms"]) == (None, None, 2**62)


def test_a_transaction_that_fails_takes_its_bulk_rows_with_it(engine):
    with pytest.raises(ConflictError):
        write_and_fail(engine)
    with reading(engine) as session:
        assert read_arrow(session, select(PARTNERS)).num_rows == 0


def write_and_fail(engine):
    with writing(engine) as session:
        copy_in(session, PARTNERS, partners(3))
        raise ConflictError("power", "power cut")


def test_the_database_s_constraints_hold_for_bulk_rows(engine):
    with (
        pytest.raises((sqlite3.IntegrityError, psycopg.errors.CheckViolation)),
        writing(engine) as session,
    ):
        copy_in(session, RUNS, runs(state="paid"))


def test_many_batches_are_one_table(engine, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH_ROWS", 7)
    with writing(engine) as session:
        copy_in(session, PARTNERS, partners(50))
    with reading(engine) as session:
        assert read_arrow(session, select(PARTNERS)).num_rows == 50
