"""The columns of our own files, noun by noun, and the rows that they become. See ``docs/files.md``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sla_service.domain.instants import parse_instant
from sla_service.domain.shares import parse_available_percent, parse_share
from sla_service.formats import cells, row_checks


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its header, its parser, and whether every row must fill it."""

    name: str
    parse: Callable[[str], Any]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of file."""

    name: str
    columns: tuple[Column, ...]
    stored: pa.Schema
    """The table's columns that a row fills."""
    build: Callable[..., tuple[Any, ...]]
    """Parsed cells in order of the columns (None where empty) to stored values; checks what needs several cells."""


def _columns(**parsers: Callable[[str], Any]) -> tuple[Column, ...]:
    """Columns by name; a trailing underscore marks one that may be empty or absent."""
    return tuple(Column(name.rstrip("_"), parse, not name.endswith("_")) for name, parse in parsers.items())


def _stored(names: str, integers: str = "") -> pa.Schema:
    whole = set(integers.split())
    return pa.schema([(name, pa.int64() if name in whole else pa.string()) for name in names.split()])


NOUNS: dict[str, Noun] = {
    noun.name: noun
    for noun in (
        Noun(
            "partners",
            _columns(
                partner_id=cells.parse_id,
                name=cells.parse_text,
                email=cells.parse_email,
                locale=cells.parse_locale,
                time_zone=cells.parse_zone,
                currency=cells.parse_currency,
            ),
            _stored("partner_id name email locale time_zone currency"),
            row_checks.as_they_are,
        ),
        Noun(
            "merchants",
            _columns(
                merchant_id=cells.parse_id,
                name=cells.parse_text,
                email=cells.parse_email,
                locale=cells.parse_locale,
                time_zone=cells.parse_zone,
                country=cells.parse_country,
                currency=cells.parse_currency,
                region=cells.parse_name,
                partner_id_=cells.parse_id,
                billing_ref_=cells.parse_id,
                active_from=cells.parse_day,
                active_to_=cells.parse_day,
            ),
            _stored(
                "merchant_id name email locale time_zone country currency region partner_id billing_ref "
                "active_from active_to",
            ),
            row_checks.merchant_row,
        ),
        Noun(
            "contracts",
            _columns(
                merchant_id=cells.parse_id,
                service=cells.parse_name,
                policy=cells.parse_name,
                monthly_fee=str,
                currency=cells.parse_currency,
                starts_on=cells.parse_day,
                ends_on_=cells.parse_day,
            ),
            _stored("merchant_id service policy monthly_fee_minor currency starts_on ends_on", "monthly_fee_minor"),
            row_checks.contract_row,
        ),
        Noun(
            "units",
            _columns(
                merchant_id=cells.parse_id,
                service=cells.parse_name,
                unit=cells.parse_id,
                starts_on=cells.parse_day,
                ends_on_=cells.parse_day,
                monthly_fee_=str,
                currency_=cells.parse_currency,
            ),
            _stored("merchant_id service unit starts_on ends_on monthly_fee_minor currency", "monthly_fee_minor"),
            row_checks.unit_row,
        ),
        Noun(
            "charges",
            _columns(
                merchant_id=cells.parse_id,
                service=cells.parse_name,
                month=cells.parse_month,
                kind=cells.parse_charge_kind,
                amount=cells.parse_exact_amount,
                currency=cells.parse_currency,
            ),
            _stored("merchant_id service month kind amount currency"),
            row_checks.as_they_are,
        ),
        Noun(
            "incidents",
            _columns(
                incident_id=cells.parse_id,
                title=cells.parse_text,
                service=cells.parse_name,
                region_=cells.parse_name,
                cause=cells.parse_text,
                upstream_=cells.parse_text,
                started_at=parse_instant,
                ended_at_=parse_instant,
                source=cells.parse_text,
                source_ref=cells.parse_text,
                confirmed_at_=parse_instant,
            ),
            _stored(
                "incident_id title service region cause upstream started_at_ms ended_at_ms source source_ref "
                "confirmed_at_ms",
                "started_at_ms ended_at_ms confirmed_at_ms",
            ),
            row_checks.incident_row,
        ),
        Noun(
            "timeline",
            _columns(
                incident_id=cells.parse_id,
                at=parse_instant,
                share_available=parse_available_percent,
                text_=cells.parse_text,
                source_=cells.parse_text,
            ),
            _stored("incident_id at_ms available_ppm text source", "at_ms available_ppm"),
            row_checks.as_they_are,
        ),
        Noun(
            "impacts",
            _columns(
                incident_id=cells.parse_id,
                merchant_id=cells.parse_id,
                service=cells.parse_name,
                unit_=cells.parse_id,
                started_at=parse_instant,
                ended_at=parse_instant,
                share=parse_share,
                orders_expected_=cells.parse_count,
                orders_actual_=cells.parse_count,
                confirmed_at_=parse_instant,
                ticket_at_=parse_instant,
                reported_at_=parse_instant,
            ),
            _stored(
                "incident_id merchant_id service unit started_at_ms ended_at_ms share_ppm orders_expected "
                "orders_actual confirmed_at_ms ticket_at_ms reported_at_ms",
                "started_at_ms ended_at_ms share_ppm orders_expected orders_actual confirmed_at_ms ticket_at_ms "
                "reported_at_ms",
            ),
            row_checks.impact_row,
        ),
        Noun(
            "exclusions",
            _columns(
                exclusion_id=cells.parse_id,
                kind=cells.parse_exclusion_kind,
                service=cells.parse_name,
                region_=cells.parse_name,
                merchant_id_=cells.parse_id,
                started_at=parse_instant,
                ended_at=parse_instant,
                announced_at_=parse_instant,
                reason=cells.parse_text,
                upstream_=cells.parse_text,
                confirmed_at_=parse_instant,
                unit_=cells.parse_id,
            ),
            _stored(
                "exclusion_id kind service region merchant_id started_at_ms ended_at_ms announced_at_ms reason "
                "upstream confirmed_at_ms unit",
                "started_at_ms ended_at_ms announced_at_ms confirmed_at_ms",
            ),
            row_checks.exclusion_row,
        ),
        Noun(
            "usage",
            _columns(
                merchant_id=cells.parse_id,
                service=cells.parse_name,
                unit_=cells.parse_id,
                started_at=parse_instant,
                ended_at=parse_instant,
                requests_=cells.parse_count,
                failed_=cells.parse_count,
                tolerated_=cells.parse_count,
                users_=cells.parse_count,
                users_affected_=cells.parse_count,
                value_=cells.parse_nano,
            ),
            _stored(
                "merchant_id service unit started_at_ms ended_at_ms requests failed tolerated users users_affected "
                "value_nano",
                "started_at_ms ended_at_ms requests failed tolerated users users_affected value_nano",
            ),
            row_checks.usage_row,
        ),
        Noun(
            "claims",
            _columns(
                merchant_id=cells.parse_id,
                service=cells.parse_name,
                month=cells.parse_month,
                claimed_at=parse_instant,
                aware_at_=parse_instant,
            ),
            _stored("merchant_id service month claimed_at_ms aware_at_ms", "claimed_at_ms aware_at_ms"),
            row_checks.as_they_are,
        ),
    )
}
"""Every kind of file by name."""
