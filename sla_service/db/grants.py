"""What the application may do on PostgreSQL as a role of its own: all that it needs, and nothing that changes the past.

The tables' owner makes and upgrades them; the application connects as this role, owns nothing, and so cannot take the
guards away, update what was issued, or truncate anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from sla_service.db.guards import APPEND_ONLY, DRAFTS
from sla_service.db.job_queue import SCHEMA
from sla_service.db.tables import metadata

FORGETTING = ("idempotency_keys", "run_stops")
"""What is deleted once it has served."""
WRITTEN_ONCE = ("policies", "imports")
LOCKED = ("chain_blocks", "audit_log")
"""Locked by whoever appends."""
MAINTAIN_SINCE = 170_000
"""The version of PostgreSQL from which there is a right to lock without one to change."""


def grant(connection: Connection, role: str) -> None:
    """Give a role exactly what the application needs; whatever else it had on our tables is taken away."""
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    for statement in statements(connection, quoted):
        connection.execute(text(statement))


def statements(connection: Connection, role: str) -> Iterator[str]:
    """What is granted, in SQL; ``role`` is quoted."""
    run_sql = connection.exec_driver_sql
    schema, database = run_sql("SELECT current_schema(), quote_ident(current_database())").one()
    version = int(run_sql("SHOW server_version_num").scalar_one())
    for name in (schema, SCHEMA):
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {name} FROM {role}"
        yield f"GRANT USAGE ON SCHEMA {name} TO {role}"
    yield f"GRANT TEMPORARY ON DATABASE {database} TO {role}"
    yield f"GRANT SELECT ON alembic_version TO {role}"
    for table in metadata.tables:
        yield f"GRANT {', '.join(rights_on(table))} ON {table} TO {role}"
    # Until then a lock needs a right to update, which the guards refuse to use.
    right = "MAINTAIN" if version >= MAINTAIN_SINCE else "UPDATE"
    yield f"GRANT {right} ON {', '.join(LOCKED)} TO {role}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {role}"


def rights_on(table: str) -> tuple[str, ...]:
    """What the application does with a table."""
    if table in (*APPEND_ONLY, *WRITTEN_ONCE):
        return ("SELECT", "INSERT")
    if table in (*DRAFTS, "statement_documents"):
        return ("SELECT", "INSERT", "DELETE")
    return ("SELECT", "INSERT", "UPDATE", "DELETE") if table in FORGETTING else ("SELECT", "INSERT", "UPDATE")
