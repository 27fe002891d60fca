"""What the house keeps for itself: imports, exports, keys, counters."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy import PrimaryKeyConstraint as Key

from sla_service.db.tables.columns import STRICT, Record, big, empty, optional_big, optional_text, text


class ImportRecord(Record, table=True):
    __tablename__ = "imports"
    __table_args__ = (Key("noun", "sha256"), STRICT)

    noun: str = text()
    sha256: str = text()
    name: str = text()
    rows: int = big()
    added: int = big()
    imported_at_ms: int = big()
    imported_by: str = text()


class ApiKeyRecord(Record, table=True):
    __tablename__ = "api_keys"
    __table_args__ = (Key("key_id"), UniqueConstraint("secret_sha256"), STRICT)

    key_id: str = text()
    name: str = text()
    secret_sha256: str = text()
    created_at_ms: int = big()
    created_by: str = text()
    revoked_at_ms: int | None = optional_big()


class CounterRecord(Record, table=True):
    __tablename__ = "counters"
    __table_args__ = (Key("series"), CheckConstraint("next_number > 0", name="positive"), STRICT)

    series: str = text()
    next_number: int = big()


class IdempotencyRecord(Record, table=True):
    __tablename__ = "idempotency_keys"
    __table_args__ = (Key("caller", "key"), CheckConstraint("state IN ('running', 'done')", name="state"), STRICT)

    caller: str = text()
    key: str = text()
    operation: str = text()
    body_sha256: str = text()
    body: str = text()
    state: str = text()
    status: int | None = optional_big()
    answer: str | None = optional_text()
    created_at_ms: int = big()
    updated_at_ms: int = big()


class ExportRecord(Record, table=True):
    __tablename__ = "exports"
    __table_args__ = (Key("run_id", "kind", "options"), ForeignKeyConstraint(["run_id"], ["runs.run_id"]), STRICT)

    run_id: int = big()
    kind: str = text()
    options: str = empty()
    sha256: str = text()
    bytes: int = big()
    rows: int = big()
    made_at_ms: int = big()
    made_by: str = text()
