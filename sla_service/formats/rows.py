"""Rows of text to columns of a noun: the one way in, for files and for the API alike.

Every problem is collected with its line and column, up to a limit; the total is counted to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from sla_service.domain.errors import InvalidValueError, Problem, shown
from sla_service.formats.nouns import Noun

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
