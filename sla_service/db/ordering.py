"""Text in order of its code points: the same on every database and in every language."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, collate
from sqlmodel import Session


def by_code_point(session: Session, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text column to sort or compare by."""
    return collate(column, "C" if session.get_bind().dialect.name == "postgresql" else "BINARY")
