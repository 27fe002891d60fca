"""Some merchants of all: a range of their ids by code point, or a single one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, literal
from sqlmodel import Session

Among = tuple[str, str]
"""The first and the last merchant's id, both inclusive."""


CODE_POINT_COLLATIONS = frozenset({"C", "POSIX", "C.UTF-8", "C.utf8"})
_BY_CODE_POINT = "sorts_by_code_point"


def only(merchant_id: str | None) -> Among | None:
    """The range that holds a single merchant; None for all of them."""
    return None if merchant_id is None else (merchant_id, merchant_id)


def is_among(session: Session, column: ColumnElement[Any], among: Among) -> ColumnElement[bool]:
    """Whether a column lies in a range.

    Columns and SQLite compare by code point. PostgreSQL compares as its database was made to, unless it is told; an
    index serves a range only if it sorts in the same way, so that it is not told what it does anyway.
    """
    first, last = among
    if first == last:
        return column == first
    if not _is_by_code_point(session):
        column = column.collate("C")
    return (column >= literal(first, Text())) & (column <= literal(last, Text()))


def _is_by_code_point(session: Session) -> bool:
    """Whether the database compares texts by code point where nothing else is said; asked once in a session."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    if _BY_CODE_POINT not in session.info:
        asked = "SELECT datcollate FROM pg_database WHERE datname = current_database() AND datlocprovider <> 'i'"
        collation = session.connection().exec_driver_sql(asked).scalar_one_or_none()
        session.info[_BY_CODE_POINT] = collation in CODE_POINT_COLLATIONS
    return bool(session.info[_BY_CODE_POINT])


def within(session: Session, query: Select[Any], column: ColumnElement[Any], among: Among | None) -> Select[Any]:
    """A query for all merchants, or for those in a range."""
    return query if among is None else query.where(is_among(session, column, among))
