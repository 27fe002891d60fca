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


ROWS = {
    "name": ["a", None, "", "bc", "ab", "c", "漢字"],
    "minor": [1, 2, None, 0, 2**62, -1, 1],
    "region": [None, None, None, None, None, None, None],
}
ROWS_SHA256 = "02d5daf118b122ced7d63fc43d3372d6f3b0094c6c7d0f43f134cad36c064ee9"
ROW = pa.schema([("name", pa.string()), ("minor", pa.int64()), ("region", pa.string())])


def sha256_of(columns):
    return bulk.fingerprint({"it": pa.table(columns, schema=ROW)})["it"]


def test_a_fingerprint_is_the_same_for_ever_whatever_the_order_of_rows_and_columns_and_the_pieces():
    table = pa.table(ROWS, schema=ROW)
    shuffled = table.take([3, 0, 6, 5, 1, 4, 2]).select(["minor", "region", "name"])
    pieces = pa.concat_tables([table.slice(4), table.slice(1, 3), table.slice(0, 1)])
    found = {bulk.fingerprint({"it": one})["it"] for one in (table, shuffled, pieces, pa.table(ROWS))}
    assert found == {ROWS_SHA256}


def test_a_fingerprint_differs_as_soon_as_one_cell_does():
    changed = [
        ROWS | {name: [*values[:i], other, *values[i + 1 :]]}
        for name, values in ROWS.items()
        for i in range(len(values))
        for other in (("", "x", "ab", None) if name != "minor" else (0, 7, None))
        if values[i] != other
    ]
    found = [sha256_of(ROWS), *map(sha256_of, changed)]
    assert len(set(found)) == len(found)


def test_rows_more_or_less_and_other_names_have_another_fingerprint():
    table = pa.table(ROWS, schema=ROW)
    others = [
        table.slice(1),
        pa.concat_tables([table, table.slice(0, 1)]),
        table.rename_columns(["name", "m", "region"]),
    ]
    found = bulk.fingerprint(dict(enumerate([table, *others, table.slice(0, 0), pa.table({})])))
    assert len(set(found.values())) == len(found)


def test_distinct_rows_are_numbered_as_they_appear_and_nulls_are_equal():
    table = pa.table({"a": ["x", "y", "x", None, None, "x"], "b": [1, 1, 1, None, None, 2]})
    numbers, firsts = bulk.numbered(table)
    assert (numbers.to_pylist(), firsts.to_pylist()) == ([0, 1, 0, 2, 2, 3], [0, 1, 3, 5])
    empty, none = bulk.numbered(table.slice(0, 0))
    assert (len(empty), len(none)) == (0, 0)
