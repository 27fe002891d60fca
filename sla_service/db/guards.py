"""Append-only, by triggers: what was issued, booked or logged is never changed, whoever's code asks.

The database's owner can take the triggers away; the chains (``db/chain``) are there to show it.
"""

from __future__ import annotations

from sqlalchemy import Connection

APPEND_ONLY = ("ledger_entries", "chain_blocks", "audit_log", "statements", "statement_credits", "exports")
"""No update, no delete, no truncate."""
DRAFTS = ("credits", "credit_lines")
"""No update, no truncate; deleted only while their run is a draft, which is calculated anew."""
KEPT = ("runs", "outbox", "statement_documents", "run_batches")
"""Not truncated, and changed only as the conditions below allow."""

_IS_DRAFT = "EXISTS (SELECT 1 FROM runs WHERE run_id = OLD.run_id AND state = 'draft')"
_OTHER_MESSAGE = (
    "NEW.number <> OLD.number OR NEW.recipient <> OLD.recipient OR NEW.message_id <> OLD.message_id"
    " OR OLD.state = 'accepted'"
)
_CONDITIONS = (
    *((table, event, "") for table in APPEND_ONLY for event in ("UPDATE", "DELETE")),
    *((table, "UPDATE", "") for table in DRAFTS),
    *((table, "DELETE", f"NOT {_IS_DRAFT}") for table in DRAFTS),
    ("runs", "UPDATE", "OLD.state IN ('issued', 'rejected', 'superseded')"),
    ("runs", "DELETE", ""),
    ("run_batches", "UPDATE", "OLD.state = 'issued'"),
    ("run_batches", "DELETE", ""),
    ("outbox", "DELETE", ""),
    ("outbox", "UPDATE", _OTHER_MESSAGE),
    ("statement_documents", "UPDATE", "OLD.pdf IS NOT NULL"),
    ("statement_documents", "DELETE", "OLD.pdf IS NOT NULL"),
)  # fmt: skip
"""Table, event, and when it is refused; always, if nothing is said."""


def install(connection: Connection) -> None:
    """Put every guard in place; those that are there are made anew."""
    remove(connection)
    if connection.dialect.name == "sqlite":
        for table, event, condition in _CONDITIONS:
            when = f"WHEN {condition}" if condition else ""
            connection.exec_driver_sql(
                f"CREATE TRIGGER {_name(table, event)} BEFORE {event} ON {table} {when} "
                f"BEGIN SELECT RAISE(ABORT, '{_message(table, event)}'); END"
            )
        return
    for table, event, condition in _CONDITIONS:
        _guard(connection, table, event, condition)
    for table in (*APPEND_ONLY, *DRAFTS, *KEPT):
        _guard(connection, table, "TRUNCATE", "")


def remove(connection: Connection) -> None:
    """Take the guards away, so that a migration can change what they watch."""
    if connection.dialect.name == "sqlite":
        for table, event, _condition in _CONDITIONS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_name(table, event)}")
        return
    found = connection.exec_driver_sql(
        "SELECT proname FROM pg_proc WHERE proname LIKE 'guard\\_%%' AND pronamespace = current_schema()::regnamespace"
    )
    for name in list(found.scalars()):
        connection.exec_driver_sql(f"DROP FUNCTION {name}() CASCADE")


def missing(connection: Connection) -> list[str]:
    """Guards that are not in place, by name; empty if all are."""
    if connection.dialect.name == "sqlite":
        wanted = {_name(table, event) for table, event, _condition in _CONDITIONS}
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        wanted = {_name(table, event) for table, event, _condition in _CONDITIONS}
        wanted |= {_name(table, "TRUNCATE") for table in (*APPEND_ONLY, *DRAFTS, *KEPT)}
        query = (
            "SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
            " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND c.relnamespace = current_schema()::regnamespace"
        )
    return sorted(wanted - set(connection.exec_driver_sql(query).scalars()))


def _guard(connection: Connection, table: str, event: str, condition: str) -> None:
    """A trigger of PostgreSQL with a function of its own: its conditions may look into other tables."""
    name, message = _name(table, event), _message(table, event)
    refuse = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation';"
    each, kept = ("STATEMENT", "NULL") if event == "TRUNCATE" else ("ROW", "OLD" if event == "DELETE" else "NEW")
    body = f"IF {condition} THEN {refuse} END IF; RETURN {kept};" if condition else refuse
    connection.exec_driver_sql(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN {body} END $guard$"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}()"
    )


def _name(table: str, event: str) -> str:
    return f"guard_{table}_{event.lower()}"


def _message(table: str, event: str) -> str:
    return f"{table} keeps what it says: no {event.lower()}"
