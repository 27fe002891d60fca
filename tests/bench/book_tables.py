"""The made-up book as columns of the database's own tables: a million merchants in a minute, without a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sla_service.db.bulk import schema_of, table_of
from sla_service.db.tables import metadata
from sla_service.usecases.demo_book.contracts import contracts_of
from sla_service.usecases.demo_book.exclusions import PLATFORM_WIDE, exclusions_of
from sla_service.usecases.demo_book.impacts import impacts_of
from sla_service.usecases.demo_book.merchants import merchant_at, partner_at, partners_by_region, sketch_at

SEED = "2023-09-19"
TILE = 100_000
"""Merchants that are made up; a larger book has them several times, under other ids."""
OWN_IDS = ("merchant_id", "exclusion_id", "billing_ref")
NOUNS = ("partners", "merchants", "contracts", "impacts", "exclusions")


def write_book(folder: Path, merchants: int, windows: int) -> None:
    """Make up a tile of the book, as one Parquet file for each noun."""
    folder.mkdir(parents=True, exist_ok=True)
    partners = min(900, max(1, merchants // 40))
    for noun, rows in _rows(min(merchants, TILE), partners, windows).items():
        schema = schema_of(metadata.tables[noun])
        values = (tuple(row.get(name) for name in schema.names) for row in rows)
        pq.write_table(table_of(values, schema), folder / f"{noun}.parquet")


def read_book(folder: Path, noun: str, merchants: int) -> Iterator[pa.Table]:
    """The rows of one noun, tile by tile."""
    rows = pq.read_table(folder / f"{noun}.parquet")
    if noun == "partners" or merchants <= TILE:
        yield rows
        return
    for number in range(merchants // TILE):
        yield _renamed(rows, number) if number else rows


def _renamed(rows: pa.Table, number: int) -> pa.Table:
    for name in set(OWN_IDS) & set(rows.column_names):
        column = pc.binary_join_element_wise(rows[name], str(number), "-")
        rows = rows.set_column(rows.column_names.index(name), name, column)
    # What hits everyone is once in the book.
    return rows.filter(pc.is_valid(rows["merchant_id"])) if "exclusion_id" in rows.column_names else rows


def _rows(merchants: int, partners: int, windows: int) -> dict[str, Iterable[dict[str, object]]]:
    def sketches():
        return (sketch_at(SEED, number) for number in range(1, merchants + 1))

    by_region = partners_by_region(SEED, partners)
    every = [*PLATFORM_WIDE, *(one for sketch in sketches() for one in exclusions_of(SEED, sketch))]
    return {
        "partners": (_plain(partner_at(SEED, number + 1)) for number in range(partners)),
        "merchants": (_plain(merchant_at(SEED, sketch, by_region)) for sketch in sketches()),
        "contracts": (_contract(one) for sketch in sketches() for one in contracts_of(SEED, sketch)),
        "impacts": (_during(one) for sketch in sketches() for one in impacts_of(SEED, sketch, windows)),
        "exclusions": map(_during, every),
    }


def _plain(value) -> dict[str, object]:
    row = {name: getattr(value, name) for name in value.__slots__}
    return {name: one.isoformat() if hasattr(one, "isoformat") else one for name, one in row.items()}


def _contract(contract) -> dict[str, object]:
    fee = contract.monthly_fee
    return {**_plain(contract), "monthly_fee_minor": fee.minor, "currency": fee.currency}


def _during(value) -> dict[str, object]:
    row = _plain(value)
    return row | {"started_at_ms": value.window.start_ms, "ended_at_ms": value.window.end_ms}
