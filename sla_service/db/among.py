"""Some merchants of all: a range of their ids by code point, or a single one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, literal
from sqlmodel import Session

Among = tuple[str, str]
"""The first and the last merchant's id, both inclusive."""


def only(merchant_id: str | None) -> Among | None:
    """The range that holds a single merchant; None for all of them."""
    return None if merchant_id is None else (merchant_id, merchant_id)


def is_among(session: Session, column: ColumnElement[Any], among: Among) -> ColumnElement[bool]:
    """Whether a column lies in a range.

    Columns and SQLite compare by code point. PostgreSQL compares as its database was made to, unless it is told; an
    index serves a range only if it sorts in the same way.
    """
    first, last = among
    if first == last:
        return column == first
    if session.get_bind().dialect.name == "postgresql":
        column = column.collate("C")
    return (column >= literal(first, Text())) & (column <= literal(last, Text()))


def within(session: Session, query: Select[Any], column: ColumnElement[Any], among: Among | None) -> Select[Any]:
    """A query for all merchants, or for those in a range."""
    return query if among is None else query.where(is_among(session, column, among))
