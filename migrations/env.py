"""Alembic's entry: runs the migrations over the connection that it is given, or over SLA_DATABASE_URL."""

from __future__ import annotations

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import BigInteger, Connection, Integer

from sla_service.config import Settings
from sla_service.db.engine import create_engine
from sla_service.db.tables import metadata


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | Literal[False]:  # noqa: ANN401 - alembic's signature
    """Write plain SQLAlchemy types into new migrations, not SQLModel's."""
    if kind == "type" and isinstance(item, BigInteger):
        return 'sa.BigInteger().with_variant(sa.Integer, "sqlite")'
    return False


def run(connection: Connection) -> None:
    """Run what is asked in one transaction, or in the caller's."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=_differs,
    )
    with context.begin_transaction():
        context.run_migrations()


def _differs(_context: Any, _inspected: Any, _column: Any, inspected: Any, declared: Any) -> bool | None:  # noqa: ANN401
    # SQLite's INTEGER holds 64 bits; the declared BIGINT variant is the same column there.
    if isinstance(inspected, Integer) and isinstance(declared, Integer):
        return False
    return None


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = create_engine(Settings.from_env(os.environ).url)
    with engine.connect() as opened:
        run(opened)
        opened.commit()
