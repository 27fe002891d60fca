"""A made-up book of merchants for September 2023, the same bytes for the same arguments on every machine.

The demo closes the month for 1,000 merchants under 25 partners; the benchmark makes 100,000 with five windows each.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import attrgetter

from sla_service.domain.exclusions import Exclusion
from sla_service.domain.impacts import Impact
from sla_service.domain.instants import format_instant
from sla_service.domain.parties import Contract, Partner
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.usecases.demo_book.contracts import contracts_of
from sla_service.usecases.demo_book.exclusions import PLATFORM_WIDE, exclusions_of
from sla_service.usecases.demo_book.impacts import MAX_WINDOWS, impacts_of
from sla_service.usecases.demo_book.merchants import Sketch, merchant_at, partner_at, partners_by_region, sketch_at

__all__ = ["COLUMNS", "Book", "generate_book"]

MAX_MERCHANTS = 999_999
"""As many as six digits of an id can number."""
MAX_PARTNERS = 999
CHUNK_ROWS = 5_000
"""Lines encoded at a time: a few hundred kilobytes."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "partners": ("partner_id", "name", "email", "locale", "time_zone", "currency"),
    "merchants": (
        *("merchant_id", "name", "email", "locale", "time_zone", "country", "currency", "region"),
        *("partner_id", "billing_ref", "active_from", "active_to"),
    ),
    "contracts": ("merchant_id", "service", "policy", "monthly_fee", "currency", "starts_on", "ends_on"),
    "impacts": (
        *("incident_id", "merchant_id", "service", "started_at", "ended_at", "share"),
        *("orders_expected", "orders_actual"),
    ),
    "exclusions": (
        *("exclusion_id", "kind", "service", "region", "merchant_id", "started_at", "ended_at", "announced_at"),
        "reason",
    ),
}
"""Nouns in the order in which they can be imported, each with its columns."""

Row = tuple[object, ...]
"""Cells of one line; None is an empty cell."""


@dataclass(frozen=True, slots=True)
class Book:
    """Files of a book, made when asked for: nothing is kept, so a large book costs no memory until it is joined."""

    merchant_count: int
    partner_count: int
    windows_per_merchant: int | None
    seed: str

    @property
    def partners(self) -> bytes:
        """``partners.csv``."""
        return b"".join(self.chunks("partners"))

    @property
    def merchants(self) -> bytes:
        """``merchants.csv``."""
        return b"".join(self.chunks("merchants"))

    @property
    def contracts(self) -> bytes:
        """``contracts.csv``."""
        return b"".join(self.chunks("contracts"))

    @property
    def impacts(self) -> bytes:
        """``impacts.csv``."""
        return b"".join(self.chunks("impacts"))

    @property
    def exclusions(self) -> bytes:
        """``exclusions.csv``."""
        return b"".join(self.chunks("exclusions"))

    def files(self) -> dict[str, bytes]:
        """Every file by its noun, in the order of ``COLUMNS``."""
        return {noun: b"".join(self.chunks(noun)) for noun in COLUMNS}

    def chunks(self, noun: str) -> Iterator[bytes]:
        """The CSV of one noun (a key of ``COLUMNS``) in pieces of whole lines: UTF-8, header first, lines end in LF."""
        lines = [_line(COLUMNS[noun])]
        for row in self._rows(noun):
            if len(lines) == CHUNK_ROWS:
                yield "".join(lines).encode()
                lines = []
            lines.append(_line(row))
        yield "".join(lines).encode()

    def _rows(self, noun: str) -> Iterable[Row]:
        seed, sketches = self.seed, self._sketches()
        match noun:
            case "partners":
                return (_partner_row(partner_at(seed, i + 1)) for i in range(self.partner_count))
            case "merchants":
                partners = partners_by_region(seed, self.partner_count)
                return (_merchant_row(merchant_at(seed, sketch, partners)) for sketch in sketches)
            case "contracts":
                return (_contract_row(contract) for sketch in sketches for contract in contracts_of(seed, sketch))
            case "impacts":
                windows = self.windows_per_merchant
                return (_impact_row(impact) for sketch in sketches for impact in impacts_of(seed, sketch, windows))
            case _:
                own = (exclusion for sketch in sketches for exclusion in exclusions_of(seed, sketch))
                return (_exclusion_row(exclusion) for exclusion in chain(PLATFORM_WIDE, own))

    def _sketches(self) -> Iterator[Sketch]:
        return (sketch_at(self.seed, number) for number in range(1, self.merchant_count + 1))


def generate_book(
    merchant_count: int,
    *,
    partner_count: int,
    windows_per_merchant: int | None = None,
    seed: str = "2023-09-19",
) -> Book:
    """Describe a book; its bytes follow from the arguments alone.

    Args:
        merchant_count: Merchants M000001 and so on. A larger book begins with the merchants of a smaller one.
        partner_count: Partners P001 and so on; about 70 % of the merchants have one.
        windows_per_merchant: Impact windows of every merchant, spread over the month; None for the demo's few.
        seed: Another seed, other people.

    Raises:
        ValueError: A count that ids or slots have no room for.
    """
    limits = ((merchant_count, 0, MAX_MERCHANTS), (partner_count, 0, MAX_PARTNERS))
    windows = () if windows_per_merchant is None else ((windows_per_merchant, 1, MAX_WINDOWS),)
    for count, least, most in (*limits, *windows):
        if not least <= count <= most:
            message = f"a book takes from {least} to {most}, not {count}"
            raise ValueError(message)
    return Book(merchant_count, partner_count, windows_per_merchant, seed)


def _line(row: Row) -> str:
    """One line of CSV; the writer, which looks at every character, is asked only where something must be quoted."""
    line = ",".join(["" if cell is None else str(cell) for cell in row])
    if line.count(",") == len(row) - 1 and '"' not in line:
        return line + "\n"
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(row)
    return buffer.getvalue()


def _partner_row(partner: Partner) -> Row:
    return (partner.partner_id, partner.name, partner.email, partner.locale, partner.time_zone, partner.currency)


_merchant_row = attrgetter(*COLUMNS["merchants"])


def _contract_row(contract: Contract) -> Row:
    fee = contract.monthly_fee
    who = (contract.merchant_id, contract.service, contract.policy)
    return (*who, fee.amount, fee.currency, contract.starts_on, contract.ends_on)


def _impact_row(impact: Impact) -> Row:
    return (
        impact.incident_id,
        impact.merchant_id,
        impact.service,
        _instant(impact.window.start_ms),
        _instant(impact.window.end_ms),
        _share(impact.share_ppm),
        impact.orders_expected,
        impact.orders_actual,
    )


def _exclusion_row(exclusion: Exclusion) -> Row:
    what = (exclusion.exclusion_id, exclusion.kind, exclusion.service, exclusion.region, exclusion.merchant_id)
    when = (exclusion.window.start_ms, exclusion.window.end_ms, exclusion.announced_at_ms)
    return (*what, *(None if ms is None else _instant(ms) for ms in when), exclusion.reason)


@cache
def _instant(ms: int) -> str:
    """ISO 8601; remembered, because a month has only 43,200 minutes and a large book a million ends of windows."""
    return format_instant(ms)


@cache
def _share(ppm: int) -> str:
    """A decimal from 0 to 1: ``0.5``, ``0.25``, ``1``."""
    whole, decimals = divmod(ppm, SHARE_FULL_PPM)
    return f"{whole}.{decimals:06d}".rstrip("0").rstrip(".")
