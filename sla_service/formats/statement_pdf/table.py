"""Tables: columns with heads that are repeated on every page, figures aligned on the decimal sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from sla_service.formats.statement_pdf.measures import GRID_MM, INK, NOTE, QUIET, STRONG, TEXT, Colour, Style
from sla_service.formats.statement_pdf.sheet import Sheet

CELL_GAP_MM = 2.0
NOTE_GAP_MM = 0.8
"""Keeps a row's note away from the next row."""
RULE_BELOW_MM = 1.3
"""From a head's baseline to the hairline under it."""


class Align(Enum):
    """Where a column's cells stand."""

    LEFT = "left"
    RIGHT = "right"
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True)
class Column:
    """A column from ``x0`` to ``x1`` millimetres."""

    head: str
    x0: float
    x1: float
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns; an empty one prints nothing."""

    cells: tuple[str, ...]
    note: str = ""
    """A line of small print under the first cell."""
    is_strong: bool = False

    @property
    def height_mm(self) -> float:
        """What it takes on paper."""
        return GRID_MM + (NOTE.leading_mm + NOTE_GAP_MM if self.note else 0)


@dataclass(slots=True)
class Table:
    """A table being drawn; ``decimal`` is the reader's decimal sign."""

    sheet: Sheet
    columns: Sequence[Column]
    decimal: str
    rows: Sequence[Row]
    """All rows that there will be, to align them before the first is drawn."""

    def head(self) -> None:
        """Draw the heads and the hairline under them."""
        self.sheet.y += GRID_MM
        for column in self.columns:
            self._cell(column, column.head, NOTE, QUIET, is_head=True)
        self.sheet.rule(self.sheet.y + RULE_BELOW_MM, self.columns[0].x0, self.columns[-1].x1)
        self.sheet.y += RULE_BELOW_MM

    def body(self) -> None:
        """Draw the rows, with the heads again on each new page; totals get a hairline above."""
        for row in self.rows:
            if self.sheet.need(row.height_mm):
                self.head()
            self.draw(row)

    def draw(self, row: Row) -> None:
        """Draw one row at the cursor."""
        style = STRONG if row.is_strong else TEXT
        if row.is_strong:
            self.sheet.rule(self.sheet.y + RULE_BELOW_MM, self.columns[0].x0, self.columns[-1].x1)
            self.sheet.y += RULE_BELOW_MM
        self.sheet.y += GRID_MM
        for column, cell in zip(self.columns, row.cells, strict=True):
            self._cell(column, cell, style, INK)
        if row.note:
            self.sheet.y += NOTE.leading_mm
            first = self.columns[0]
            self.sheet.write(first.x0, self.sheet.y, row.note, NOTE, QUIET, width_mm=self.columns[-1].x1 - first.x0)
            self.sheet.y += NOTE_GAP_MM

    def _cell(self, column: Column, text: str, style: Style, colour: Colour, *, is_head: bool = False) -> None:
        y = self.sheet.y
        match column.align:
            case Align.LEFT:
                self.sheet.write(column.x0, y, text, style, colour, width_mm=self._room(column, text))
            case Align.DECIMAL if not is_head:
                whole = text.removesuffix(_tail(text, self.decimal))
                left = column.x1 - self._decimals_mm(column) - self.sheet.faces.width_mm(whole, style)
                self.sheet.write(left, y, text, style, colour)
            case _:
                self.sheet.write_right(column.x1, y, text, style, colour)

    def _room(self, column: Column, text: str) -> float:
        """Width of a left-aligned cell: its column's, or all up to the last one where the cells between are empty."""
        wide = text and any(row.cells[0] == text and not any(row.cells[1:-1]) for row in self.rows)
        return (self.columns[-1].x0 if wide and column is self.columns[0] else column.x1) - column.x0 - CELL_GAP_MM

    def _decimals_mm(self, column: Column) -> float:
        """Widest part behind the decimal sign in the column; in the heavier weight, so that totals fit too."""
        place = list(self.columns).index(column)
        tails = {_tail(row.cells[place], self.decimal) for row in self.rows}
        return max((self.sheet.faces.width_mm(tail, STRONG) for tail in tails), default=0.0)


def _tail(text: str, decimal: str) -> str:
    """What stands right of the place of the decimal sign: ``.5%``, or ``%`` of a whole percentage."""
    whole, sign, decimals = text.partition(decimal)
    return sign + decimals if sign else "%" * whole.endswith("%")
