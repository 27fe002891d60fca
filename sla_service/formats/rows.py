"""Rows of text to columns of a noun: the one way in, for files and for the API alike.

Every problem is collected with its line and column, up to a limit; the total is counted to the end.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from sla_service.domain.errors import InvalidValueError, Problem, shown
from sla_service.formats.nouns import Column, Noun

MAX_PROBLEMS = 1_000
"""Problems that are kept and shown; beyond, they are only counted, so that a wrong file of any size fits in memory."""
MAX_ROWS = 5_000_000
REMEMBERED_CELLS = 50_000
"""Times, names and zones repeat from row to row; a cell that was parsed lately is not parsed again."""


class Problems:
    """What was refused: the first ``MAX_PROBLEMS`` whole, the rest as a number."""

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.total = 0

    def add(self, problem: Problem) -> None:
        """Note one."""
        self.total += 1
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(problem)

    def finish(self) -> None:
        """Raise what was noted.

        Raises:
            InvalidValueError: Anything was.
        """
        if self.total:
            raise InvalidValueError(self.kept, total=self.total)


def check_headers(noun: Noun, headers: Sequence[str], *, line: int | None) -> None:
    """Refuse columns that are not the noun's.

    Args:
        noun: Whose columns are known.
        headers: As the file has them.
        line: Where they stand in the file; None if it has no lines.

    Raises:
        InvalidValueError: Every column that is unknown, there twice, or missing though required.
    """
    known = [column.name for column in noun.columns]
    problems = []
    for name in headers:
        if name in known and headers.count(name) > 1:
            problems.append(Problem("header_duplicate", "this column is there twice", line=line, column=name))
        elif name not in known:
            near = difflib.get_close_matches(name.strip().lower(), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(known)}"
            problems.append(Problem("header_unknown", f"there is no such column; {hint}", line=line, column=name))
    problems += [
        Problem("header_missing", "add this column", line=line, column=column.name)
        for column in noun.columns
        if column.required and column.name not in headers
    ]
    if problems:
        raise InvalidValueError(dict.fromkeys(problems))


class RowParser:
    """Parses the rows of one noun into columns; ``table`` gives them, or raises everything that was refused."""

    def __init__(self, noun: Noun, headers: Sequence[str]) -> None:
        """The headers must already be known ones; a column that is absent is empty in every row."""
        self.noun = noun
        self.problems = Problems()
        position = {name: i for i, name in enumerate(headers)}
        self._cells = [(column, position.get(column.name), _remembering(column.parse)) for column in noun.columns]
        self._rows: list[tuple[Any, ...]] = []
        self._batches: list[pa.RecordBatch] = []
        self._schema = pa.schema([("line", pa.int64()), *noun.stored])

    def add(self, line: int, cells: Sequence[str]) -> None:
        """Parse one row; what is wrong with it is noted."""
        if line > MAX_ROWS:
            raise InvalidValueError([Problem("row_limit", f"split the file: at most {MAX_ROWS:,} lines", line=line)])
        values: list[Any] = []
        good = True
        for column, at, parse in self._cells:
            cell = cells[at] if at is not None else ""
            if not cell:
                values.append(None)
                if column.required:
                    self._refuse("required", "fill this in", line, column.name, None)
                    good = False
                continue
            try:
                values.append(parse(cell))
            except InvalidValueError as error:
                problem = error.problems[0]
                self._refuse(problem.rule, problem.message, line, column.name, cell)
                good = False
        if good:
            self._build(line, values)

    def add_columns(self, first_line: int, columns: Sequence[Sequence[str]]) -> None:
        """Parse rows that come as columns, in order of the headers: the same as ``add`` on each, but faster."""
        lines = range(first_line, first_line + len(columns[0]))
        try:
            values = [
                [None] * len(lines) if at is None else _parsed(column, parse, columns[at])
                for column, at, parse in self._cells
            ]
            self._flush()
            self._rows = [(line, *self.noun.build(*row)) for line, *row in zip(lines, *values, strict=True)]
        except InvalidValueError:
            # Row by row, to name every problem where it stands.
            for line, row in zip(lines, zip(*columns, strict=True), strict=True):
                self.add(line, row)
        self._flush()

    def table(self) -> pa.Table:
        """All rows as ``line`` and the noun's stored columns.

        Raises:
            InvalidValueError: Anything was refused; or there was no row.
        """
        self.problems.finish()
        self._flush()
        if not self._batches:
            raise InvalidValueError.of("no_rows", "there is a header but no row under it")
        return pa.Table.from_batches(self._batches)

    def _build(self, line: int, values: list[Any]) -> None:
        try:
            self._rows.append((line, *self.noun.build(*values)))
        except InvalidValueError as error:
            problem = error.problems[0]
            self._refuse(problem.rule, problem.message, line, problem.column, problem.value)
        if len(self._rows) >= REMEMBERED_CELLS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            arrays = [
                pa.array(values, type_)
                for values, type_ in zip(zip(*self._rows, strict=True), self._schema.types, strict=True)
            ]
            self._batches.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
            self._rows = []

    def _refuse(self, rule: str, message: str, line: int, column: str | None, value: str | None) -> None:
        found = None if value is None else shown(value)
        self.problems.add(Problem(rule, message, line=line, column=column, value=found))


def rows_from_mappings(noun: Noun, mappings: Iterable[Mapping[str, str | None]]) -> pa.Table:
    """Rows given as mappings of text, numbered from 1; unknown names must have been refused before.

    Raises:
        InvalidValueError: As ``RowParser.table``.
    """
    headers = [column.name for column in noun.columns]
    parser = RowParser(noun, headers)
    for number, mapping in enumerate(mappings, start=1):
        parser.add(number, [mapping.get(name) or "" for name in headers])
    return parser.table()


def _parsed(column: Column, parse: Callable[[str], Any], cells: Sequence[str]) -> list[Any]:
    """A column's values, each distinct cell parsed once."""
    known = {cell: parse(cell) for cell in set(cells) if cell}
    if not column.required:
        known[""] = None
    elif "" in cells:
        raise InvalidValueError.of("required", "fill this in")
    return [known[cell] for cell in cells]


def _remembering(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    known: dict[str, Any] = {}

    def remembered(cell: str) -> Any:  # noqa: ANN401 - whatever the column's parser gives
        if cell in known:
            return known[cell]
        if len(known) >= REMEMBERED_CELLS:
            known.clear()
        value = known[cell] = parse(cell)
        return value

    return remembered
