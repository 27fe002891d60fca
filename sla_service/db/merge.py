"""Staged rows merged into a table: new ones in, equal ones left alone, everything else refused with its line.

All checks run in the database over the whole file, so that a file of any size costs the same few statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Column, MetaData, Select, Table, and_, func, insert, or_, select
from sqlalchemy import update as change_rows
from sqlmodel import Session

from sla_service.db.audit import Change, Editor, record_rows, subject_of_row
from sla_service.db.bulk import copy_in
from sla_service.db.tables import BIG, metadata
from sla_service.domain.errors import InvalidValueError, Problem, shown

MAX_PROBLEMS = 1_000
"""As many as are shown for a file; the rest is counted."""
CHANGES = 2_000
"""Rows that are replaced, in memory at one time."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column whose value must exist elsewhere."""

    column: str
    table: str
    target: str
    same: tuple[str, ...] = ()
    """Columns that must say the same here as there: an impact's service is its incident's."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a file did."""

    rows: int
    added: int
    changed: int = 0

    @property
    def unchanged(self) -> int:
        """Rows that were there already, equal."""
        return self.rows - self.added - self.changed


def merge(
    session: Session,
    table_name: str,
    rows: pa.Table,
    references: Sequence[Reference],
    *,
    update: Editor | None = None,
) -> Merged:
    """Add staged rows to a table.

    Args:
        session: Open; nothing is committed.
        table_name: Of ``tables``; its primary key is the rows' key.
        rows: ``line`` and the table's columns.
        references: What must exist before.
        update: Who replaces rows whose key exists with other content, each with an entry in the audit log that says
            what it was and what it is; None refuses them.

    Raises:
        InvalidValueError: Two rows with the same key in the file; a reference to nothing; a row whose key exists with
            other content. Every such line, with what differs.
    """
    table = metadata.tables[table_name]
    staged = _stage(session, table, rows)
    found = [*_twice(table, staged)]
    for reference in references:
        found += [_unknown(staged, reference), *_different(staged, reference)]
    problems = [problem for query in found for problem in _problems(session, query)]
    if update is None:
        problems += _conflicts(session, table, staged)
    if problems:
        problems.sort(key=lambda problem: (problem.line or 0, problem.column or ""))
        raise InvalidValueError(problems[:MAX_PROBLEMS], total=len(problems))
    changed = _replace(session, table, staged, update) if update else 0
    before = _count(session, table)
    names = [name for name in rows.column_names if name != "line"]
    fresh = select(*(staged.c[name] for name in names)).select_from(staged)
    fresh = fresh.outerjoin(table, _same_key(table, staged)).where(_first_key(table).is_(None))
    session.connection().execute(insert(table).from_select(names, fresh))
    merged = Merged(rows.num_rows, _count(session, table) - before, changed)
    # Only now: a refusal or a failure takes the staged table with it when the transaction rolls back.
    staged.drop(session.connection())
    return merged


def _stage(session: Session, table: Table, rows: pa.Table) -> Table:
    columns = [Column("line", BIG), *(Column(c.name, c.type) for c in table.columns if c.name in rows.column_names)]
    staged = Table(f"staged_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])
    staged.create(session.connection())
    copy_in(session, staged, rows)
    return staged


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _first_key(table: Table) -> Column[Any]:
    return next(iter(table.primary_key.columns))


def _same_key(table: Table, staged: Table) -> Any:  # noqa: ANN401 - a SQL condition
    return and_(*(table.c[name] == staged.c[name] for name in _key(table)))


def _count(session: Session, table: Table) -> int:
    return int(session.connection().execute(select(func.count()).select_from(table)).scalar_one())


Query = tuple[Select[Any], str, str, str]
"""A query for line and value, and the rule, message and column of the problem that each row is."""


def _twice(table: Table, staged: Table) -> Iterator[Query]:
    key = [staged.c[name] for name in _key(table)]
    query = select(func.max(staged.c.line), func.min(staged.c.line)).group_by(*key).having(func.count() > 1)
    yield query, "duplicate_row", "this row has the same key as the row on line {value}; keep one", ""


def _unknown(staged: Table, reference: Reference) -> Query:
    target = metadata.tables[reference.table]
    column, known = staged.c[reference.column], target.c[reference.target]
    query = select(staged.c.line, column).select_from(staged.outerjoin(target, known == column))
    query = query.where(column.is_not(None), known.is_(None))
    noun = reference.table.removesuffix("s")
    message = f"there is no such {noun}; import {reference.table} first (a spreadsheet may have changed the id)"
    return query, f"{noun}_unknown", message, reference.column


def _different(staged: Table, reference: Reference) -> Iterator[Query]:
    target = metadata.tables[reference.table]
    noun = reference.table.removesuffix("s")
    for name in reference.same:
        query = select(staged.c.line, target.c[name])
        query = query.join_from(staged, target, target.c[reference.target] == staged.c[reference.column])
        query = query.where(target.c[name] != staged.c[name])
        yield query, f"{name}_mismatch", f"the {noun} is about {{value}}; an impact counts for that {name}", name


def _problems(session: Session, query: Query) -> Iterator[Problem]:
    select_, rule, message, column = query
    rows: Any = session.connection().execute(select_)
    for line, value in rows:
        found = None if "{value}" in message else shown(value)
        yield Problem(rule, message.format(value=value), line=line, column=column or None, value=found)


def _content(table: Table, staged: Table) -> list[str]:
    return [c.name for c in staged.columns if c.name not in {"line", *_key(table)}]


def _differs(table: Table, staged: Table) -> Any:  # noqa: ANN401 - a SQL condition
    return or_(*(staged.c[name].is_distinct_from(table.c[name]) for name in _content(table, staged)))


def _replace(session: Session, table: Table, staged: Table, editor: Editor) -> int:
    record_rows(session, _changes(session, table, staged), action=f"row.{table.name}", editor=editor)
    values = {name: staged.c[name] for name in _content(table, staged)}
    change = change_rows(table).values(values).where(_same_key(table, staged), _differs(table, staged))
    result: Any = session.connection().execute(change)
    return int(result.rowcount)


def _changes(session: Session, table: Table, staged: Table) -> Iterator[Change]:
    """Every row that is about to be replaced, as it is and as it will be; some thousand in memory at a time."""
    key, names = _key(table), [*_key(table), *_content(table, staged)]
    now = [table.c[name].label(f"{name}_now") for name in names]
    query = select(*(staged.c[name] for name in names), *now).join_from(staged, table, _same_key(table, staged))
    query = query.where(_differs(table, staged)).order_by(staged.c.line).execution_options(yield_per=CHANGES)
    for row in session.connection().execute(query).mappings():
        yield (
            subject_of_row(table.name, [str(row[name]) for name in key], row.get("merchant_id")),
            {name: row[f"{name}_now"] for name in names},
            {name: row[name] for name in names},
        )


def _conflicts(session: Session, table: Table, staged: Table) -> Iterator[Problem]:
    names, differs = _content(table, staged), _differs(table, staged)
    columns = [column for name in names for column in (staged.c[name], table.c[name].label(f"{name}_now"))]
    query = select(staged.c.line, *columns).join_from(staged, table, _same_key(table, staged)).where(differs)
    for row in session.connection().execute(query).mappings():
        for name in names:
            if row[name] != row[f"{name}_now"]:
                message = f"already imported with {shown(row[f'{name}_now'])} here; a key keeps its content"
                yield Problem("exists_with_different", message, line=row["line"], column=name, value=shown(row[name]))
