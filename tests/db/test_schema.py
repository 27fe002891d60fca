"""The schema is what the migrations make, on both databases."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Integer, inspect, text
from sqlalchemy.exc import IntegrityError

from sla_service.db.engine import downgrade, schema_revisions, upgrade, writing
from sla_service.db.tables import metadata


def test_migrations_and_models_agree(engine):
    def differs(_context, _inspected, _column, inspected, declared):
        return False if isinstance(inspected, Integer) and isinstance(declared, Integer) else None

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": differs})
        assert compare_metadata(context, metadata) == []


def test_the_stairway_goes_down_and_up_again(engine):
    downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    upgrade(engine)
    at, head = schema_revisions(engine)
    assert at == head
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())


def test_sqlite_tables_are_strict(sqlite_engine):
    with sqlite_engine.connect() as connection:
        loose = connection.execute(
            text(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'"
            ),
        ).scalars()
        assert set(loose) == {"alembic_version"}


def test_every_constraint_has_a_name(engine):
    inspector = inspect(engine)
    for table in metadata.tables:
        names = [key["name"] for key in inspector.get_foreign_keys(table)]
        names += [key["name"] for key in inspector.get_unique_constraints(table)]
        names += [check["name"] for check in inspector.get_check_constraints(table)]
        names.append(inspector.get_pk_constraint(table)["name"])
        assert all(names), table


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO counters VALUES ('x', 0)",
        "INSERT INTO merchants (merchant_id, name, email, locale, time_zone, country, currency, region, partner_id, "
        "active_from) VALUES ('M', 'n', 'e', 'en', 'UTC', 'DE', 'EUR', 'europe', 'NOBODY', '2023-01-01')",
        "INSERT INTO runs (run_id, period, state, version, digest, tzdb_version, created_at_ms, created_by, "
        "approved_by)"
        " VALUES (1, '2023-09', 'approved', 1, 'd', 't', 0, 'ann', 'ann')",
    ],
    ids=["a number below one", "a partner that does not exist", "an approval by the creator"],
)
def test_the_database_itself_refuses(engine, statement):
    with pytest.raises(IntegrityError), writing(engine) as session:
        session.connection().execute(text(statement))


def test_a_period_has_one_live_run(engine):
    insert = (
        "INSERT INTO runs (run_id, period, state, version, digest, tzdb_version, created_at_ms, created_by)"
        " VALUES ({}, '2023-09', '{}', 1, 'd', 't', 0, 'ann')"
    )
    with writing(engine) as session:
        session.connection().execute(text(insert.format(1, "rejected")))
        session.connection().execute(text(insert.format(2, "calculated")))
    with pytest.raises(IntegrityError), writing(engine) as session:
        session.connection().execute(text(insert.format(3, "issued")))
