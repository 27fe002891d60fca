"""Tables in the terminal: names left, numbers right, hairlines only under the head and above totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()
) -> Table:
    """A plain table.

    Args:
        title: What it shows.
        columns: Heads.
        rows: Cells; anything but text is printed as is.
        numbers: Heads of the columns that are aligned right.
    """
    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        right = column in numbers
        made.add_column(column, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in rows:
        # Names come from merchants: what looks like markup in them is not ours.
        made.add_row(*(Text(str(cell)) for cell in row))
    return made


def grouped(amount: str) -> str:
    """An amount with thousands separated: ``31,204.10``."""
    whole, dot, decimals = amount.partition(".")
    return f"{int(whole):,}{dot}{decimals}"
