"""Tables change with what is in them, up and down, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from sla_service.db.engine import create_engine, downgrade, schema_revisions, upgrade, writing
from sla_service.db.tables import metadata

FIRST, SECOND, UNITS = "20261123_0001", "20261124_0001", "20261125_0001"
MONEY, VOIDS, INCIDENTS = "20261127_0001", "20261127_0002", "20261127_0004"
ROWS = {
    "merchants": "'M1', 'Store', 'a@b.example', 'en', 'UTC', 'CN', 'USD', 'asia', NULL, NULL, '2020-01-01', NULL",
    "incidents": "'I1', 'Outage', 'shop', NULL, 'network', NULL, 10, 20, 'page', 'x'",
    "impacts": "'I1', 'M1', 'shop', 10, 20, 500000, 7, NULL",
    "exclusions": "'X1', 'maintenance', 'shop', NULL, 'M1', 10, 20, 5, 'upgrade'",
    "imports": "'impacts', 'digest', 'impacts.csv', 1, 1, 0, 'ann'",
    "runs": "1, '2023-09', 'issued', 1, 'd', 't', 0, 'ann', 1, 'ben', 2, 'ben'",
    "credits": (
        "1, 1, 'M1', NULL, 'shop', '2020-01-01', 'p', 1, 'd', 'step', 'UTC', 0, 100, 2900, 'USD', 1, 0, 0, 100, "
        "'1/1', 'credited', NULL, 1, '1/10', '290', NULL, NULL, '290', 290"
    ),
    "credit_lines": "1, 1, 1, 'I1', 10, 20, 5000000, 5000000, 'counted', NULL",
    "statements": "'S1', 'merchant', 1, '2023-09', 'M1', 'USD', 1, 0, 'snapshot', 'digest'",
    "statement_credits": "1, 1, 'S1'",
}
"""One row of each table that changes, and what it stands on, in the first release's columns."""
CREDIT = (
    "INSERT INTO credits (run_id, credit_no, merchant_id, service, contract_starts_on, policy, period_start_ms,"
    " fee_minor, currency, outcome, amount_minor, service_ms)"
    " VALUES (1, {number}, 'M1', 'shop', '2020-01-01', 'p', {start_ms}, 0, 'USD', '{outcome}', {minor}, {service_ms})"
)


def contents(engine):
    with engine.connect() as connection:
        return {
            table: [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]  # noqa: S608
            for table in ROWS
        }


def shape(engine):
    """Every column, key, check and index that there is."""
    inspector = inspect(engine)
    return {
        table: (
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)),
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted((u["name"], tuple(u["column_names"])) for u in inspector.get_unique_constraints(table)),
            sorted((f["name"], tuple(f["constrained_columns"])) for f in inspector.get_foreign_keys(table)),
            sorted((c["name"], c["sqltext"]) for c in inspector.get_check_constraints(table)),
            sorted(i["name"] for i in inspector.get_indexes(table)),
        )
        for table in sorted(inspector.get_table_names())
        if table != "alembic_version"
    }


def execute(engine, statement):
    with writing(engine) as session:
        session.connection().execute(text(statement))


@pytest.fixture
def first(engine):
    """A database of the first release with a row in each table, and its contents."""
    downgrade(engine, FIRST)
    for table, values in ROWS.items():
        execute(engine, f"INSERT INTO {table} VALUES ({values})")  # noqa: S608 - our own rows
    return engine, contents(engine)


def test_every_row_is_still_there_after_the_way_up_and_new_columns_are_empty(first):
    engine, before = first
    upgrade(engine, SECOND)
    after = contents(engine)
    for table, (row,) in before.items():
        (kept,) = after[table]
        assert {name: kept[name] for name in row} == row
        assert {value for name, value in kept.items() if name not in row} <= {None, "", 0}


def test_every_row_is_still_there_after_the_way_down(first):
    engine, before = first
    upgrade(engine, SECOND)
    downgrade(engine, FIRST)
    assert contents(engine) == {**before, "imports": []}


def test_up_down_and_up_again_ends_in_the_same_tables(engine):
    head, revision = shape(engine), schema_revisions(engine)[0]
    downgrade(engine, FIRST)
    low = shape(engine)
    upgrade(engine)
    downgrade(engine, FIRST)
    assert shape(engine) == low
    upgrade(engine)
    assert shape(engine) == head
    assert schema_revisions(engine)[0] == revision


def test_the_way_down_ends_in_the_very_tables_of_the_first_release(sqlite_engine, tmp_path):
    fresh = create_engine(f"sqlite:///{tmp_path / 'first.db'}")
    upgrade(fresh, FIRST)
    downgrade(sqlite_engine, FIRST)
    assert shape(sqlite_engine) == shape(fresh)
    fresh.dispose()


def test_every_check_of_the_tables_is_in_the_database(engine):
    inspector = inspect(engine)
    for name, table in metadata.tables.items():
        declared = {c.name for c in table.constraints if type(c).__name__ == "CheckConstraint"}
        assert {check["name"] for check in inspector.get_check_constraints(name)} == declared, name


def test_impacts_of_units_and_the_digests_of_their_files_are_forgotten_on_the_way_down(first):
    engine, _ = first
    upgrade(engine, SECOND)
    execute(
        engine,
        "INSERT INTO impacts (incident_id, merchant_id, service, unit, started_at_ms, ended_at_ms, share_ppm)"
        " VALUES ('I1', 'M1', 'shop', 'site-1', 10, 20, 1000000)",
    )
    downgrade(engine, FIRST)
    after = contents(engine)
    assert [row["share_ppm"] for row in after["impacts"]] == [500_000]
    assert after["imports"] == []


@pytest.mark.parametrize(
    "credit",
    [
        CREDIT.format(number=2, start_ms=50, outcome="met", minor=0, service_ms=0),
        CREDIT.format(number=2, start_ms=50, outcome="unclaimed", minor=0, service_ms=0),
        CREDIT.format(number=2, start_ms=50, outcome="credited", minor=0, service_ms=86_400_000),
    ],
    ids=["a second period of a contract", "an unclaimed credit", "a credit in service time"],
)
def test_a_credit_of_a_new_kind_is_kept_and_stops_the_way_down(first, credit):
    engine, _ = first
    upgrade(engine, SECOND)
    execute(engine, credit)
    before = contents(engine)
    with pytest.raises(IntegrityError):
        downgrade(engine, FIRST)
    assert contents(engine) == before
    assert schema_revisions(engine)[0] == SECOND


@pytest.mark.parametrize(
    "credit",
    [
        CREDIT.format(number=2, start_ms=0, outcome="met", minor=0, service_ms=0),
        CREDIT.format(number=2, start_ms=50, outcome="credited", minor=0, service_ms=0),
        CREDIT.format(number=2, start_ms=50, outcome="met", minor=0, service_ms=5),
        CREDIT.format(number=2, start_ms=50, outcome="maybe", minor=0, service_ms=0),
    ],
    ids=["the same period twice", "a credit of nothing", "service time without a credit", "an unknown outcome"],
)
def test_the_new_constraints_of_credits_hold(first, credit):
    engine, _ = first
    upgrade(engine, SECOND)
    with pytest.raises(IntegrityError):
        execute(engine, credit)


def test_exclusions_of_one_unit_are_forgotten_on_the_way_down_and_not_made_exclusions_of_all(first):
    engine, before = first
    upgrade(engine, UNITS)
    execute(
        engine,
        "INSERT INTO exclusions (exclusion_id, kind, service, merchant_id, started_at_ms, ended_at_ms, reason, unit)"
        " VALUES ('X2', 'other', 'shop', 'M1', 10, 20, 'rain', 'kiel')",
    )
    downgrade(engine, SECOND)
    after = contents(engine)
    assert [row["exclusion_id"] for row in after["exclusions"]] == ["X1"]
    assert after["imports"] == before["imports"], "a file of impacts is as it was"


VOID_RUN = (
    "INSERT INTO runs (run_id, period, state, version, digest, tzdb_version, created_at_ms, created_by, kind, revision,"
    " voids, reason) VALUES (2, '2023-09', '{state}', 1, 'd', 't', 0, 'ann', 'correction', 2, 'S1', 'in error')"
)


def test_a_void_that_was_issued_stops_the_way_down(engine):
    downgrade(engine, VOIDS)
    execute(engine, VOID_RUN.format(state="issued"))
    with pytest.raises(RuntimeError, match="statements were voided"):
        downgrade(engine, MONEY)
    assert schema_revisions(engine)[0] == VOIDS


def test_a_void_on_its_way_is_rejected_on_the_way_down(engine):
    downgrade(engine, VOIDS)
    execute(engine, VOID_RUN.format(state="submitted"))
    downgrade(engine, MONEY)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT state FROM runs WHERE run_id = 2")).scalar_one() == "rejected"


def test_statements_of_before_get_the_account_that_their_merchant_has(engine):
    downgrade(engine, INCIDENTS)
    merchant = ROWS["merchants"].replace("NULL, NULL", "NULL, 'B-1'")
    execute(engine, f"INSERT INTO merchants VALUES ({merchant})")  # noqa: S608 - our own row
    execute(engine, VOID_RUN.format(state="draft").replace("'S1'", "NULL"))
    for number, kind, party in (("S1", "merchant", "M1"), ("S2", "partner", "M1"), ("S3", "merchant", "gone")):
        values = f"'{number}', '{kind}', 2, '2023-09', '{party}', 'USD', 2, 0, 'snapshot', 'digest'"
        names = "number, kind, run_id, period, party_id, currency, revision, issued_at_ms, snapshot, snapshot_sha256"
        execute(engine, f"INSERT INTO statements ({names}) VALUES ({values})")  # noqa: S608 - our own row
    upgrade(engine)
    with engine.connect() as connection:
        accounts = connection.execute(text("SELECT billing_ref FROM statements ORDER BY number")).scalars().all()
    assert accounts == ["B-1", None, None]
    downgrade(engine, INCIDENTS)
    assert "billing_ref" not in {column["name"] for column in inspect(engine).get_columns("statements")}
