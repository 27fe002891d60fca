"""Columns, constraint names and options that all tables share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    MetaData,
    Text,
)
from sqlmodel import Field, SQLModel

BIG = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both: SQLite's INTEGER is, and its STRICT tables know no other name for it."""

STRICT: dict[str, Any] = {"sqlite_strict": True}

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)


class Record(SQLModel):
    """Common ground of all records: one metadata with named constraints."""

    metadata = metadata


def text() -> Any:  # noqa: ANN401 - what SQLModel's Field returns
    """A required text column."""
    return Field(sa_type=Text)


def big() -> Any:  # noqa: ANN401
    """A required 64-bit column."""
    return Field(sa_type=BIG)


def unit() -> Any:  # noqa: ANN401
    """Which unit of a contract, empty where none is told: part of keys, so never null."""
    return Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})


def zero() -> Any:  # noqa: ANN401
    """A required 64-bit column that is 0 where nothing else is said."""
    return Field(default=0, sa_type=BIG, sa_column_kwargs={"server_default": "0"})


def empty() -> Any:  # noqa: ANN401
    """A required text column that is empty where nothing else is said."""
    return Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})


def one() -> Any:  # noqa: ANN401
    """A required 64-bit column that is 1 where nothing else is said."""
    return Field(default=1, sa_type=BIG, sa_column_kwargs={"server_default": "1"})


def optional_text() -> Any:  # noqa: ANN401
    """A text column that may be null."""
    return Field(default=None, sa_type=Text)


def optional_big() -> Any:  # noqa: ANN401
    """A 64-bit column that may be null."""
    return Field(default=None, sa_type=BIG)
