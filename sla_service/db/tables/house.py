"""What the house keeps for itself: imports, keys, counters."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy import PrimaryKeyConstraint as Key

from sla_service.db.tables.columns import STRICT, Record, big, optional_big, text


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
