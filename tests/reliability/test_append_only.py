# ruff: noqa: S608 - the names in the statements are those of our tables
"""R10 for ledger, chains and audit log: no update, no delete, no truncate, whoever asks."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sla_service.db.guards import missing
from tests.reliability.figures import record
from tests.reliability.tampering import KEYS, TABLES, as_owner, other
from tests.reliability.test_chain import COLUMNS, a_year, verify

pytestmark = pytest.mark.reliability


@pytest.fixture
def year(engine):
    return engine, a_year(engine)


def statements(engine, table):
    """Every way to touch a table: each column by itself, some rows, all rows, and the upsert that hides an update."""
    with as_owner(engine) as owner:
        row = owner.rows(table)[0]
    where = " AND ".join(f'"{name}" = :{name}' for name in KEYS[table])
    key = {name: row[name] for name in KEYS[table]}
    for column in COLUMNS[table]:
        yield f'UPDATE {table} SET "{column}" = :value WHERE {where}', {**key, "value": other(column, row[column])}
        yield f'UPDATE {table} SET "{column}" = "{column}"', {}
    yield f"DELETE FROM {table} WHERE {where}", key
    yield f"DELETE FROM {table}", {}
    names = ", ".join(f'"{name}"' for name in row)
    given = ", ".join(f":{name}" for name in row)
    target = ", ".join(KEYS[table])
    insert = f"INSERT INTO {table} ({names}) VALUES ({given}) ON CONFLICT ({target})"
    yield f"{insert} DO UPDATE SET sha256 = 'x'", row
    if engine.dialect.name == "postgresql":
        yield f"TRUNCATE {table}", {}
        yield f"TRUNCATE {table} CASCADE", {}
        yield f"TRUNCATE {', '.join(TABLES)}", {}


def is_refused(engine, statement, values):
    try:
        with engine.begin() as connection:
            connection.execute(text(statement), values)
    except DBAPIError as error:
        return "keeps what it says" in str(error.orig)
    return False


def test_what_was_booked_sealed_or_logged_cannot_be_touched(year):
    engine, kept = year
    with engine.connect() as connection:
        assert missing(connection) == []
    tried = [(s, is_refused(engine, s, values)) for table in TABLES for s, values in statements(engine, table)]
    assert [statement for statement, refused in tried if not refused] == []
    assert verify(engine, kept).is_intact
    figures = {"tried": len(tried), "refused": sum(refused for _, refused in tried)}
    record("R10", {f"ledger, chains and audit log on {engine.dialect.name}": figures})
